// SPDX-License-Identifier: Apache-2.0
// Hashes and other short byte strings given on the command line, in hexadecimal or base64.

import { LayoutError, base64Decode, hexDecode } from "@greenlight/core/bytes";
import { UsageError } from "../command/usage-error.ts";

/**
 * Exactly `length` bytes from hexadecimal (with or without 0x) or base64.
 * @param option Name for the error, with dashes.
 * @throws {UsageError} `bad-value`; the value itself is not repeated when `secret` is set.
 */
export function parseBytes(
  text: string,
  option: string,
  length: number,
  secret = false,
): Uint8Array {
  const trimmed = text.trim();
  const digits = trimmed.replace(/^0x/i, "");
  try {
    const isHex = digits.length === length * 2 && /^[0-9a-f]*$/i.test(digits);
    const bytes = isHex ? hexDecode(digits) : base64Decode(trimmed, option);
    if (bytes.length === length) return bytes;
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
  }
  const shown = secret ? "" : ` (${JSON.stringify(trimmed.slice(0, 100))})`;
  throw new UsageError(
    "bad-value",
    `${option} is not ${length} bytes in hexadecimal or base64${shown}`,
    `give ${length * 2} hexadecimal digits or ${4 * Math.ceil(length / 3)} base64 characters`,
  );
}

/**
 * One to `max` bytes from hexadecimal, with or without 0x.
 * @param option Name for the error, with dashes.
 * @throws {UsageError} `bad-value`.
 */
export function parseBytesUpTo(text: string, option: string, max: number): Uint8Array {
  const digits = text.trim().replace(/^0x/i, "");
  const fits = digits.length > 0 && digits.length <= 2 * max && digits.length % 2 === 0;
  if (fits && /^[0-9a-f]*$/i.test(digits)) return hexDecode(digits);
  throw new UsageError(
    "bad-value",
    `${option} is not 1 to ${max} bytes in hexadecimal (${JSON.stringify(text.slice(0, 60))})`,
    "give two hexadecimal digits for each byte",
  );
}
