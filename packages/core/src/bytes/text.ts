// SPDX-License-Identifier: Apache-2.0
// Bytes as text: strict hexadecimal and base64, in plain JavaScript so that Node and browsers agree
// on what is refused.

import { LayoutError } from "./error.ts";

/** The two digits of every byte. */
const DIGITS: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, "0"),
);

/** Arrays that convert themselves (ECMAScript 2026), ten times as fast. */
interface SelfConverting {
  toHex(): string;
}

const canConvert = (bytes: Uint8Array): bytes is Uint8Array & SelfConverting => "toHex" in bytes;

/** Lower-case hexadecimal, two digits a byte, no prefix. */
export function hexEncode(bytes: Uint8Array): string {
  if (canConvert(bytes)) return bytes.toHex();
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += DIGITS[bytes[i]!]!;
  return text;
}

/**
 * Bytes of hexadecimal text, either case, with or without `0x`.
 * @param what Name used in the error.
 * @throws {LayoutError} `bad-hex` for anything else than pairs of digits.
 */
export function hexDecode(text: string, what = "hexadecimal text"): Uint8Array {
  const digits = /^0x/i.test(text) ? text.slice(2) : text;
  const wrong = digits.search(/[^0-9a-f]/i);
  if (wrong >= 0 || digits.length % 2 !== 0) {
    throw new LayoutError({
      code: "bad-hex",
      structure: what,
      reason:
        wrong >= 0
          ? `has ${quote(digits[wrong]!)} where a hexadecimal digit must be (character ${wrong + 1})`
          : `has an odd number of hexadecimal digits (${digits.length})`,
    });
  }
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16);
  }
  return bytes;
}

/** The text in quotes, all but printable ASCII escaped: foreign text must not steer a terminal. */
export function quote(text: string): string {
  const escape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(text).replaceAll(/[^ -~]/g, escape);
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Standard base64 with padding (RFC 4648 section 4). */
export function base64Encode(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += ALPHABET[group >> 18]! + ALPHABET[(group >> 12) & 63]!;
    text += i + 1 < bytes.length ? ALPHABET[(group >> 6) & 63]! : "=";
    text += i + 2 < bytes.length ? ALPHABET[group & 63]! : "=";
  }
  return text;
}

/**
 * Bytes of standard base64. Padding is required, unused bits must be zero and no other character is
 * allowed, so that every byte string has one text.
 * @param what Name used in the error.
 * @throws {LayoutError} `bad-base64`.
 */
export function base64Decode(text: string, what = "base64 text"): Uint8Array {
  const fail = (reason: string): never => {
    throw new LayoutError({ code: "bad-base64", structure: what, reason });
  };
  if (text.length % 4 !== 0) fail(`has ${text.length} characters, must be a multiple of 4`);
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let group = 0;
  for (let i = 0; i < text.length; i++) {
    const isPadding = i >= text.length - padding;
    const value = isPadding ? 0 : ALPHABET.indexOf(text[i]!);
    if (value < 0) {
      fail(`has ${quote(text[i]!)} at character ${i + 1}, which is not a base64 digit`);
    }
    group = (group << 6) | value;
    if (i % 4 === 3) {
      const start = (i >> 2) * 3;
      for (let k = 0; k < 3; k++) {
        const byte = (group >> (16 - 8 * k)) & 0xff;
        if (start + k < bytes.length) bytes[start + k] = byte;
        else if (byte !== 0) fail("has bits set after its last byte");
      }
      group = 0;
    }
  }
  return bytes;
}
