// SPDX-License-Identifier: Apache-2.0
// Text around evidence: hexadecimal, base64, base64url, told apart by their digits and taken off.

import { LayoutError, base64Decode, hexDecode } from "../bytes/index.ts";
import type { EvidenceEncoding } from "./evidence.ts";

/** Bytes freed from a text encoding. */
export interface DecodedText {
  readonly encoding: EvidenceEncoding;
  readonly bytes: Uint8Array;
}

/** Bytes as text of one character each. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  // In pieces, because an argument list has a limit.
  for (let i = 0; i < bytes.length; i += 4096) {
    text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  }
  return text;
}

/** Whether bytes are ASCII text: printable characters, tabs and line ends. */
export function isAsciiText(bytes: Uint8Array): boolean {
  // A plain loop: evidence is read by the thousand, and may be megabytes of numbers in JSON.
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte < 0x20 ? byte !== 9 && byte !== 10 && byte !== 13 : byte > 0x7e) return false;
  }
  return true;
}

/** Fewer digits are a word, not evidence. */
const FEWEST_DIGITS = 32;

/**
 * Takes hexadecimal, base64 or base64url off; white space, a leading `0x` and missing padding do not
 * matter. Undefined when the text is none of them.
 * @throws {LayoutError} `bad-hex` or `bad-base64` for a text of only such digits that is broken.
 */
export function decodeTextForm(text: string): DecodedText | undefined {
  const compact = text.replaceAll(/\s+/g, "");
  const digits = compact.startsWith("0x") || compact.startsWith("0X") ? compact.slice(2) : compact;
  if (digits.length < FEWEST_DIGITS) return undefined;
  // Looked for is what does not belong: a pattern that matches megabytes backtracks.
  if (!/[^0-9a-f]/i.test(digits)) return { encoding: "hex", bytes: hexDecode(digits) };
  const unpadded = compact.endsWith("==")
    ? compact.slice(0, -2)
    : compact.endsWith("=")
      ? compact.slice(0, -1)
      : compact;
  if (/[^0-9a-z+/_-]/i.test(unpadded)) return undefined;
  return { encoding: /[-_]/.test(unpadded) ? "base64url" : "base64", bytes: anyBase64(compact) };
}

/**
 * Bytes of base64 or base64url, with or without padding; the two alphabets do not mix.
 * @param what Name used in the error.
 * @throws {LayoutError} `bad-base64`.
 */
export function anyBase64(text: string, what = "base64 text"): Uint8Array {
  const hasUrlDigits = /[-_]/.test(text);
  if (hasUrlDigits && /[+/]/.test(text)) {
    throw new LayoutError({
      code: "bad-base64",
      structure: what,
      reason: "mixes the digits of base64 and base64url",
    });
  }
  const standard = hasUrlDigits ? text.replaceAll("-", "+").replaceAll("_", "/") : text;
  const padding = standard.endsWith("=") ? "" : "=".repeat((4 - (standard.length % 4)) % 4);
  // Three missing characters cannot be padding; base64Decode says so.
  return base64Decode(padding.length === 3 ? standard : standard + padding, what);
}
