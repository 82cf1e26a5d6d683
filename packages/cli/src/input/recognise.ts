// SPDX-License-Identifier: Apache-2.0
// From a file, or from text on the command line, to a recognised artefact; or to an error that says
// what was tried.

import { closeSync, openSync, readSync } from "node:fs";
import { LayoutError, base64Decode, hexDecode } from "@greenlight/core/bytes";
import { UsageError } from "../command/usage-error.ts";
import { DETECTORS, titleOf } from "./artefact.ts";
import type { Artefact, ArtefactKind } from "./artefact.ts";
import { naming } from "./named-error.ts";
import { MAX_FIRMWARE_SIZE, fileSize, readBounded } from "./file.ts";
import { HEAD_SIZE, isText, lookalike } from "./lookalike.ts";
import { shownName } from "../output/name.ts";

/** How the bytes stood in the file. */
export type Encoding = "binary" | "hex" | "base64" | "base64url";

/** An artefact and where it came from. */
export interface Loaded {
  /** What to call it in outputs. */
  readonly name: string;
  readonly encoding: Encoding;
  /** Its bytes, decoded when they stood there as text. */
  readonly bytes: Uint8Array;
  readonly artefact: Artefact;
}

/** Narrows what is looked for. */
export interface RecogniseOptions {
  /** Take the bytes as this kind without looking whether they are. */
  readonly as?: ArtefactKind | undefined;
  /** Kinds that come into question; all when absent. */
  readonly kinds?: readonly ArtefactKind[];
}

/** Text longer than this is not taken for encoded bytes: hexadecimal of 16 MiB of flash. */
const MAX_TEXT = 34 * 1024 * 1024;

/**
 * Loads a file and recognises it.
 * @param path `-` for standard input.
 * @throws {UsageError} `unreadable-file`, `empty-file`, `file-too-large`, `unrecognised-file`.
 * @throws {LayoutError} {KeyError} when it is of a known kind and broken.
 */
export async function loadArtefact(path: string, options: RecogniseOptions = {}): Promise<Loaded> {
  if (path === "-") {
    const { readStdin } = await import("./stdin.ts");
    return recognise(await readStdin(MAX_FIRMWARE_SIZE), "standard input", options);
  }
  if (fileSize(path) > MAX_FIRMWARE_SIZE) throw tooLarge(path);
  return recognise(readBounded(path, MAX_FIRMWARE_SIZE), path, options);
}

/**
 * Recognises bytes, also when they are hexadecimal or base64 text.
 * @throws {UsageError} `empty-file`, `unrecognised-file`.
 * @throws {LayoutError} {KeyError} when they are of a known kind and broken.
 */
export async function recognise(
  bytes: Uint8Array,
  name: string,
  options: RecogniseOptions = {},
): Promise<Loaded> {
  if (bytes.length === 0) {
    throw new UsageError("empty-file", `${quote(name)} is empty`, RIGHT_FILE);
  }
  const decoded = decodeText(bytes);
  if (options.as !== undefined) return asKind(bytes, decoded, name, options.as);
  const found = detect(bytes, options.kinds);
  if (found !== undefined) {
    return {
      name,
      encoding: "binary",
      bytes,
      artefact: await naming(name, () => found.decode(bytes)),
    };
  }
  if (decoded !== undefined) {
    const inner = detect(decoded.bytes, options.kinds);
    if (inner !== undefined) {
      return { name, ...decoded, artefact: await naming(name, () => inner.decode(decoded.bytes)) };
    }
  }
  throw unrecognised(bytes, decoded, name, options.kinds);
}

async function asKind(
  bytes: Uint8Array,
  decoded: Decoded | undefined,
  name: string,
  kind: ArtefactKind,
): Promise<Loaded> {
  const detector = DETECTORS.find((row) => row.kind === kind)!;
  // Text is decoded only for kinds that are not text themselves.
  const fitsRaw = detector.refuse(bytes) === undefined;
  const use = fitsRaw || decoded === undefined ? { encoding: "binary" as const, bytes } : decoded;
  return { name, ...use, artefact: await naming(name, () => detector.decode(use.bytes)) };
}

function detect(bytes: Uint8Array, kinds: readonly ArtefactKind[] | undefined) {
  return DETECTORS.find(
    ({ kind, refuse }) => (kinds?.includes(kind) ?? true) && refuse(bytes) === undefined,
  );
}

interface Decoded {
  readonly encoding: Exclude<Encoding, "binary">;
  readonly bytes: Uint8Array;
}

/** Bytes that stand as hexadecimal or base64 text; undefined when the text is neither. */
function decodeText(bytes: Uint8Array): Decoded | undefined {
  if (bytes.length > MAX_TEXT || !isText(bytes.subarray(0, 4096)) || !isText(bytes))
    return undefined;
  const text = Buffer.from(bytes).toString("latin1").replaceAll(/\s+/g, "");
  if (text === "") return undefined;
  try {
    // Looking for what does not belong, because a pattern that matches megabytes backtracks.
    const digits = text.startsWith("0x") || text.startsWith("0X") ? text.slice(2) : text;
    if (digits.length % 2 === 0 && !/[^0-9a-f]/i.test(digits)) {
      return { encoding: "hex", bytes: hexDecode(digits) };
    }
    if (/[-_]/.test(text)) return { encoding: "base64url", bytes: base64urlDecode(text) };
    const inner = base64Decode(text);
    // snpguest writes base64 of hexadecimal text.
    return { encoding: "base64", bytes: hexInside(inner) ?? inner };
  } catch (error) {
    if (error instanceof LayoutError) return undefined;
    throw error;
  }
}

function base64urlDecode(text: string): Uint8Array {
  const standard = text
    .replaceAll("-", "+")
    .replaceAll("_", "/")
    .replace(/={1,2}$/, "");
  return base64Decode(standard.padEnd(Math.ceil(standard.length / 4) * 4, "="));
}

function hexInside(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length % 2 !== 0 || !isText(bytes.subarray(0, 64))) return undefined;
  const text = Buffer.from(bytes).toString("latin1").trim();
  return text === "" || /[^0-9a-f]/i.test(text) || text.length % 2 !== 0
    ? undefined
    : hexDecode(text);
}

function unrecognised(
  bytes: Uint8Array,
  decoded: Decoded | undefined,
  name: string,
  kinds: readonly ArtefactKind[] | undefined,
): UsageError {
  const inner = decoded ?? { bytes, encoding: undefined };
  const other = detect(bytes, undefined) ?? detect(inner.bytes, undefined);
  if (other !== undefined) {
    const wanted = (kinds ?? []).map(titleOf).join(" or ");
    return new UsageError(
      "unrecognised-file",
      `${quote(name)} is ${other.title}, needed is ${wanted}`,
      "is it the right file? `greenlight inspect` shows what is in it",
    );
  }
  const like = lookalike(inner.bytes.subarray(0, HEAD_SIZE), inner.bytes.length);
  const text = inner.encoding === undefined ? "" : `${inner.encoding} text of `;
  const what = like === undefined ? "" : `; it looks like ${like.what}`;
  const tried = DETECTORS.filter(({ kind }) => kinds?.includes(kind) ?? true).map(
    ({ title, refuse }) => `  not ${title}: ${refuse(inner.bytes)!}`,
  );
  const hint = kinds === undefined ? "if you know what it is, say so with --as KIND" : RIGHT_FILE;
  return new UsageError(
    "unrecognised-file",
    `cannot tell what ${quote(name)} is (${text}${inner.bytes.length} bytes)${what}\n${tried.join("\n")}`,
    like?.hint ?? hint,
  );
}

const RIGHT_FILE = "is it the right file?";

function tooLarge(path: string): UsageError {
  const head = new Uint8Array(HEAD_SIZE);
  const file = openSync(path, "r");
  let length: number;
  try {
    length = readSync(file, head, 0, HEAD_SIZE, 0);
  } finally {
    closeSync(file);
  }
  const like = lookalike(head.subarray(0, length), fileSize(path));
  const what = like === undefined ? "" : `; it looks like ${like.what}`;
  return new UsageError(
    "file-too-large",
    `${quote(path)} is larger than ${MAX_FIRMWARE_SIZE} bytes, the most a firmware can have${what}`,
    like?.hint ?? RIGHT_FILE,
  );
}

function quote(name: string): string {
  return JSON.stringify(name);
}

/** Says which kinds `--as` takes. */
export const KIND_NAMES: readonly ArtefactKind[] = DETECTORS.map(({ kind }) => kind).toSorted();

/** The kind of that name, undefined for none. Options are checked against the names before. */
export function kindNamed(name: string | undefined): ArtefactKind | undefined {
  return KIND_NAMES.find((kind) => kind === name);
}

/** The first words of an output: the file, what it is, and how it stood there. */
export function describeLoaded({ name, encoding, artefact }: Loaded): string {
  const text = encoding === "binary" ? "" : `, ${encoding} text`;
  return `${shownName(name)}: ${titleOf(artefact.kind)}${text}`;
}
