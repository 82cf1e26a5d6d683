// SPDX-License-Identifier: Apache-2.0
// Transport keys of a launch session, as tools leave them in files.

import { base64Decode, hexDecode } from "@greenlight/core/bytes";
import { UsageError } from "../command/usage-error.ts";
import { readBounded } from "./file.ts";

const TIK_SIZE = 16;

/**
 * The transport integrity key in a file: 16 bytes raw, in hexadecimal or in base64.
 * @throws {UsageError} `bad-value`, without showing the content; file errors.
 */
export function readTik(path: string): Uint8Array {
  const raw = readBounded(path, 4096);
  if (raw.length === TIK_SIZE) return raw;
  const text = Buffer.from(raw).toString("latin1").trim();
  if (/^[0-9a-f]{32}$/i.test(text)) return hexDecode(text);
  if (/^[A-Za-z0-9+/]{22}==$/.test(text)) return base64Decode(text);
  throw new UsageError(
    "bad-value",
    `${JSON.stringify(path)} does not hold a transport integrity key`,
    "a TIK is 16 bytes: raw, as 32 hexadecimal digits, or in base64",
  );
}
