// SPDX-License-Identifier: Apache-2.0
// What the idblock commands take: digests, ids, keys, and blocks as files or as text.

import { existsSync } from "node:fs";
import { importSigningKey } from "@greenlight/core/id-block";
import type { SigningKey } from "@greenlight/core/id-block";
import { hexDecode } from "@greenlight/core/bytes";
import { UsageError } from "../../command/usage-error.ts";
import type { ArtefactKind } from "../../input/artefact.ts";
import { parseBytes } from "../../input/digest.ts";
import { readBounded } from "../../input/file.ts";
import { naming } from "../../input/named-error.ts";
import { parseNumber, parseUnsigned } from "../../input/number.ts";
import { loadArtefact, recognise } from "../../input/recognise.ts";
import type { Loaded, RecogniseOptions } from "../../input/recognise.ts";

/** Key files are about 300 bytes. */
const MAX_KEY_FILE = 0x10000;

/** Text on the command line that is shorter than an ID block in base64 is a file's name. */
const LEAST_TEXT = 128;

/**
 * A launch digest, 48 bytes: hexadecimal, base64, base64 of the hexadecimal text (which snpguest
 * prints), or `-` for the same on standard input.
 * @throws {UsageError} `bad-value`, `file-too-large`.
 */
export async function parseLaunchDigest(text: string, option: string): Promise<Uint8Array> {
  const given = (text === "-" ? await stdinText() : text).trim();
  if (text === "-" && given === "") {
    throw new UsageError(
      "bad-value",
      `${option}: standard input is empty`,
      "pipe a digest into it",
    );
  }
  const digits = hexInBase64(given);
  return digits === undefined ? parseBytes(given, option, 48) : hexDecode(digits);
}

async function stdinText(): Promise<string> {
  const { readStdin } = await import("../../input/stdin.ts");
  return Buffer.from(await readStdin(0x1_0000)).toString("latin1");
}

/** The hexadecimal digits inside base64 of 96 of them. */
function hexInBase64(text: string): string | undefined {
  if (!/^[A-Za-z0-9+/]{128}$/.test(text)) return undefined;
  const inner = Buffer.from(text, "base64").toString("latin1");
  return /^[0-9a-f]{96}$/i.test(inner) ? inner : undefined;
}

/** A family or image id: exactly 32 hexadecimal digits, as snpguest takes it.
 * @throws {UsageError} `bad-value`.
 */
export function parseId(text: string | undefined, option: string): Uint8Array | undefined {
  if (text === undefined) return undefined;
  if (/^(0x)?[0-9a-f]{32}$/i.test(text)) return hexDecode(text);
  throw new UsageError(
    "bad-value",
    `${option} is ${JSON.stringify(text.slice(0, 60))}`,
    "give 32 hexadecimal digits (16 bytes)",
  );
}

/** A security version, 32 bits.
 * @throws {UsageError} `bad-value`.
 */
export function parseSvn(text: string | undefined, option: string): number | undefined {
  return text === undefined ? undefined : parseNumber(text, option, 0xffff_ffff);
}

/** A guest policy, 64 bits, decimal or with 0x.
 * @throws {UsageError} `bad-value`.
 */
export function parsePolicy(text: string | undefined, option: string): bigint | undefined {
  return text === undefined ? undefined : parseUnsigned(text, option, 0xffff_ffff_ffff_ffffn);
}

/** The digest of a key, 48 bytes.
 * @throws {UsageError} `bad-value`.
 */
export function parseKeyDigest(text: string | undefined, option: string): Uint8Array | undefined {
  return text === undefined ? undefined : parseBytes(text, option, 48);
}

/**
 * A private key from its file.
 * @throws {UsageError} when the file cannot be read. @throws {KeyError} {LayoutError} when it holds
 * no usable key; neither repeats anything of it.
 */
export async function readSigningKey(path: string): Promise<SigningKey> {
  const bytes = readBounded(path, MAX_KEY_FILE);
  try {
    return await naming(path, () => importSigningKey(bytes));
  } finally {
    bytes.fill(0);
  }
}

/**
 * An artefact from a file, or from base64 or hexadecimal text given in the file's place.
 * @param option Name for errors.
 * @throws {UsageError} {LayoutError} as loadArtefact().
 */
export async function loadFileOrText(
  given: string,
  option: string,
  options: RecogniseOptions,
): Promise<Loaded> {
  const isText = given.length >= LEAST_TEXT && /^[A-Za-z0-9+/=\s]+$/.test(given);
  if (!isText || existsSync(given)) return loadArtefact(given, options);
  return recognise(Buffer.from(given, "latin1"), option, options);
}

/** The raw bytes of an ID block or ID authentication information, whatever is in them.
 * @throws {UsageError} {LayoutError} as loadArtefact().
 */
export async function loadBytes(
  given: string,
  option: string,
  as: Extract<ArtefactKind, "id-block" | "id-auth">,
): Promise<Uint8Array> {
  return (await loadFileOrText(given, option, { as })).bytes;
}
