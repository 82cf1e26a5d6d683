// SPDX-License-Identifier: Apache-2.0
// Transport keys of a launch session, as tools leave them in files.

import { base64Decode, hexDecode } from "@greenlight/core/bytes";
import { SessionError, readSessionKeys } from "@greenlight/core/session";
import { UsageError } from "../command/usage-error.ts";
import { readBounded } from "./file.ts";

const TIK_SIZE = 16;
const MAX_KEY_FILE = 4096;

/** Where the integrity key is: a file of its own, or one with both keys. */
export interface IntegrityKeyOptions {
  readonly tik?: string | undefined;
  readonly tk?: string | undefined;
}

/**
 * The transport integrity key in the file of --tik or --tk: raw, in hexadecimal or in base64.
 * @throws {UsageError} `bad-value`, without showing the content; `conflicting-options`; file errors.
 */
export function readIntegrityKey({ tik, tk }: IntegrityKeyOptions): Uint8Array {
  if (tk === undefined) return readTik(tik ?? "");
  if (tik === undefined) return readBoth(tk);
  throw new UsageError("conflicting-options", "--tk holds both keys", "leave --tik out");
}

function readBoth(path: string): Uint8Array {
  try {
    return readSessionKeys({ both: readBounded(path, MAX_KEY_FILE) }).tik;
  } catch (error) {
    if (!(error instanceof SessionError)) throw error;
    throw new UsageError("bad-value", `${JSON.stringify(path)}: ${error.message}`, error.hint);
  }
}

function readTik(path: string): Uint8Array {
  const raw = readBounded(path, MAX_KEY_FILE);
  if (raw.length === TIK_SIZE) return raw;
  const text = Buffer.from(raw).toString("latin1").trim();
  if (/^[0-9a-f]{32}$/i.test(text)) return hexDecode(text);
  if (/^[A-Za-z0-9+/]{22}==$/.test(text)) return base64Decode(text);
  throw new UsageError(
    "bad-value",
    `${JSON.stringify(path)} does not hold a transport integrity key`,
    "a TIK is 16 bytes: raw, as 32 hexadecimal digits, or in base64; --tk takes 32 bytes with both keys",
  );
}
