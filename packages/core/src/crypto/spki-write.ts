// SPDX-License-Identifier: Apache-2.0
// SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) of keys that come as bare numbers.

import { LayoutError } from "../bytes/index.ts";
import { P384_SPKI_HEAD } from "./spki.ts";

/** AlgorithmIdentifier { rsaEncryption, NULL } (RFC 3279 section 2.3.1). */
// prettier-ignore
const RSA_ALGORITHM = [
  0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
] as const;

/** The key of an RSA modulus and exponent (RFC 8017 appendix A.1.1), both big-endian. */
export function rsaSpki(modulus: Uint8Array, exponent: Uint8Array): Uint8Array {
  const key = tlv(0x30, integer(modulus), integer(exponent));
  return tlv(0x30, RSA_ALGORITHM, tlv(0x03, [0x00], key));
}

/**
 * The key of a point on P-384: X and Y, big-endian, 96 bytes. Whether it is on the curve is not looked
 * at.
 * @throws {LayoutError} `bad-length`.
 */
export function p384Spki(point: Uint8Array): Uint8Array {
  if (point.length !== 96) {
    throw new LayoutError({
      code: "bad-length",
      structure: "P-384 point",
      reason: `has ${point.length} bytes, must have 96`,
    });
  }
  return Uint8Array.of(...P384_SPKI_HEAD, ...point);
}

/** INTEGER of a number that is not negative. */
function integer(bigEndian: Uint8Array): Uint8Array {
  const start = bigEndian.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? [0] : bigEndian.subarray(start);
  return tlv(0x02, (digits[0] ?? 0) >= 0x80 ? [0] : [], digits);
}

function tlv(tag: number, ...parts: readonly ArrayLike<number>[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(4 + length);
  const header =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  bytes.set(header);
  let offset = header.length;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes.subarray(0, offset);
}
