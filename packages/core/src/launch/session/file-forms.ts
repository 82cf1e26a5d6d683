// SPDX-License-Identifier: Apache-2.0
// The files that other tools write and read for a session: sevctl's, sev-tool's, and what
// virt-qemu-sev-validate takes. Contents only; where they are kept is for others to decide.

import { LayoutError, base64Decode, base64Encode, hexDecode } from "../../bytes/index.ts";
import { SessionError } from "./error.ts";
import { KEY_SIZE } from "./layout.ts";
import type { SessionKeys } from "./layout.ts";
import type { LaunchSession } from "./session.ts";

/** How bytes stand in a file. */
export type FileForm = "binary" | "base64" | "hexadecimal";

/** Whose names and forms the files of a session have. */
export type SessionFileForm = "sevctl" | "sev-tool";

/** A file to be written. */
export interface SessionFile {
  readonly name: string;
  readonly content: Uint8Array | string;
  /** Whether it holds transport keys, and must be readable by nobody else. */
  readonly secret: boolean;
  /** What it is for. */
  readonly use: string;
}

/**
 * The files of a session. sevctl: `NAME_godh.b64`, `NAME_session.b64` (base64 without a newline, as
 * QEMU and libvirt take it), `NAME_tik.bin`, `NAME_tek.bin`. sev-tool: `godh.cert`, `launch_blob.bin`,
 * `tmp_tk.bin` (TEK and TIK), which virt-qemu-sev-validate takes as --tk.
 */
export function sessionFiles(
  { godh, session, keys }: LaunchSession,
  form: SessionFileForm,
  name = "vm",
): readonly SessionFile[] {
  const host = (file: string, content: Uint8Array | string, use: string): SessionFile => ({
    name: file,
    content,
    secret: false,
    use,
  });
  const kept = (file: string, content: Uint8Array, use: string): SessionFile => ({
    name: file,
    content,
    secret: true,
    use,
  });
  if (form === "sevctl") {
    return [
      host(`${name}_godh.b64`, base64Encode(godh), "for the host: dh-cert-file, dhCert"),
      host(`${name}_session.b64`, base64Encode(session), "for the host: session-file, session"),
      kept(`${name}_tik.bin`, keys.tik, "kept by the owner: integrity key"),
      kept(`${name}_tek.bin`, keys.tek, "kept by the owner: encryption key"),
    ];
  }
  return [
    host("godh.cert", godh, "for the host, in base64: dh-cert-file, dhCert"),
    host("launch_blob.bin", session, "for the host, in base64: session-file, session"),
    kept("tmp_tk.bin", joinKeys(keys), "kept by the owner: encryption and integrity key"),
  ];
}

/** TEK and TIK in one file of 32 bytes, TEK first. */
export function joinKeys({ tek, tik }: SessionKeys): Uint8Array {
  const joined = new Uint8Array(2 * KEY_SIZE);
  joined.set(tek);
  joined.set(tik, KEY_SIZE);
  return joined;
}

/** Key files of a session: both keys in one file, or one file each. */
export type KeyFiles =
  | { readonly both: Uint8Array }
  | { readonly tek: Uint8Array; readonly tik: Uint8Array };

/**
 * Transport keys from the content of files: raw, hexadecimal or base64.
 * @throws {SessionError} `keys-unrecognised`, never showing the content.
 */
export function readSessionKeys(files: KeyFiles): SessionKeys {
  if ("both" in files) {
    const both = readKey(files.both, 2 * KEY_SIZE, "TEK and TIK");
    return { tek: both.slice(0, KEY_SIZE), tik: both.slice(KEY_SIZE) };
  }
  return { tek: readKey(files.tek, KEY_SIZE, "TEK"), tik: readKey(files.tik, KEY_SIZE, "TIK") };
}

function readKey(content: Uint8Array, size: number, what: string): Uint8Array {
  const found = tryForms(content, size);
  if (found !== undefined) return found.bytes;
  throw new SessionError(
    "keys-unrecognised",
    `the file does not hold the ${what} of a session (${content.length} bytes)`,
    `it must hold ${size} bytes: raw, in hexadecimal or in base64`,
  );
}

/** Bytes out of a file, and how they stood there. */
export interface FileBytes {
  readonly bytes: Uint8Array;
  readonly form: FileForm;
}

/**
 * The `size` bytes that a file holds: raw, in base64 or in hexadecimal.
 * @param what Name for the error.
 * @throws {LayoutError} `bad-length` when it holds them in no form.
 */
export function readSized(content: Uint8Array, size: number, what: string): FileBytes {
  const found = tryForms(content, size);
  if (found !== undefined) return found;
  throw new LayoutError({
    code: "bad-length",
    structure: what,
    reason: `has ${content.length} bytes and is no text of ${size} bytes either`,
    hint: `it must be ${size} bytes: raw, in base64 or in hexadecimal`,
  });
}

/**
 * What a file of any length holds: base64 when all of it is base64 (QMP, virsh), raw bytes otherwise
 * (sevctl). An encrypted payload looks like base64 by chance once in 2^32 or more.
 */
export function readPayload(content: Uint8Array): FileBytes {
  const text = asciiText(content);
  const bytes = text === undefined ? undefined : tryText(() => base64Decode(text));
  return bytes === undefined || bytes.length === 0
    ? { bytes: content, form: "binary" }
    : { bytes, form: "base64" };
}

function tryForms(content: Uint8Array, size: number): FileBytes | undefined {
  if (content.length === size) return { bytes: content, form: "binary" };
  // Text has some blanks around it at most; anything longer is something else.
  if (content.length > 2 * size + 64) return undefined;
  const text = asciiText(content);
  if (text === undefined) return undefined;
  const hex = text.length === 2 * size ? tryText(() => hexDecode(text)) : undefined;
  if (hex?.length === size) return { bytes: hex, form: "hexadecimal" };
  const base64 = tryText(() => base64Decode(text));
  return base64?.length === size ? { bytes: base64, form: "base64" } : undefined;
}

/** The content as text without line breaks and blanks around it; undefined when it is no ASCII. */
function asciiText(content: Uint8Array): string | undefined {
  if (content.some((byte) => byte > 0x7e)) return undefined;
  return new TextDecoder()
    .decode(content)
    .replaceAll(/[\r\n]/g, "")
    .trim();
}

function tryText(decode: () => Uint8Array): Uint8Array | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof LayoutError) return undefined;
    throw error;
  }
}
