// SPDX-License-Identifier: Apache-2.0
// GUIDs in both byte orders: EFI's (first three groups little-endian, UEFI 2.11 appendix A) and
// RFC 9562's network order. As text always 36 lower-case characters.

import { LayoutError } from "./error.ts";
import { hexEncode, quote } from "./text.ts";

/** Byte order of a stored GUID. */
export type GuidOrder = "efi" | "rfc";

/** A GUID as text: `00112233-4455-6677-8899-aabbccddeeff`, lower case. */
export type Guid = string;

const TEXT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Position of text byte i in the stored EFI form; its own inverse. */
const EFI_ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] as const;

/**
 * Text of the 16-byte GUID stored at `offset`.
 * @throws {LayoutError} `truncated` when fewer than 16 bytes are there.
 */
export function guidDecode(bytes: Uint8Array, order: GuidOrder = "efi", offset = 0): Guid {
  if (!Number.isInteger(offset) || offset < 0 || bytes.length - offset < 16) {
    throw new LayoutError({
      code: "truncated",
      structure: "GUID",
      offset,
      reason: `needs 16 bytes, ${Math.max(0, bytes.length - Math.max(0, offset))} are there`,
    });
  }
  const stored = bytes.subarray(offset, offset + 16);
  const hex = hexEncode(order === "rfc" ? stored : Uint8Array.from(EFI_ORDER, (i) => stored[i]!));
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/**
 * The 16 stored bytes of a GUID given as text (any case, no braces).
 * @throws {LayoutError} `bad-guid` when the text is not a GUID.
 */
export function guidEncode(text: Guid, order: GuidOrder = "efi"): Uint8Array {
  const lower = text.toLowerCase();
  if (!TEXT.test(lower)) {
    throw new LayoutError({
      code: "bad-guid",
      structure: "GUID",
      reason: `${quote(text.slice(0, 60))} is not of the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`,
    });
  }
  const hex = lower.replaceAll("-", "");
  return Uint8Array.from(EFI_ORDER, (position, i) => {
    const index = order === "rfc" ? i : position;
    return Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16);
  });
}
