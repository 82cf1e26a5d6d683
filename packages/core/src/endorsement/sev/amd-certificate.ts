// SPDX-License-Identifier: Apache-2.0
// Certificates of AMD's root key (ARK) and signing key (ASK) in the format of SEV and SEV-ES, read
// and written. Nothing is judged.

import { LayoutError } from "../../bytes/index.ts";
import type { Struct } from "../../bytes/index.ts";
import { littleEndian, numberOf } from "./certificate.ts";
import { AMD_CERTIFICATE_2048, AMD_CERTIFICATE_4096 } from "./layout.ts";
import type { AmdKeyBits } from "./layout.ts";

/** The certificate of an ARK or ASK. Byte strings are views of `bytes` except for the numbers. */
export interface AmdCertificate {
  /** The certificate as it stands: 832 bytes (2048 bits) or 1600 (4096 bits). */
  readonly bytes: Uint8Array;
  /** What the signature is over: all before it. */
  readonly signed: Uint8Array;
  readonly version: number;
  /** 16 bytes. */
  readonly keyId: Uint8Array;
  /** KEY_ID of the key that signed, 16 bytes. */
  readonly certifyingKeyId: Uint8Array;
  /** See SEV_USAGE: ARK or ASK. */
  readonly usage: number;
  /** Size of the modulus. */
  readonly bits: AmdKeyBits;
  /** Big-endian, without leading zeros. */
  readonly exponent: Uint8Array;
  /** Big-endian, without leading zeros. */
  readonly modulus: Uint8Array;
  /** Big-endian, as long as the modulus. */
  readonly signature: Uint8Array;
}

/** What {@link encodeAmdCertificate} writes. */
export interface AmdCertificateContent {
  readonly keyId: Uint8Array;
  readonly certifyingKeyId: Uint8Array;
  readonly usage: number;
  readonly bits: AmdKeyBits;
  /** Big-endian; 65537 when it is left out. */
  readonly exponent?: Uint8Array;
  /** Big-endian, as long as `bits` says. */
  readonly modulus: Uint8Array;
  /** Big-endian, as long as the signer's modulus; zeros when it is left out. */
  readonly signature?: Uint8Array;
}

/** The exponent of all of AMD's keys: 65537. */
const F4 = Uint8Array.of(1, 0, 1);

/** Bytes of the fields before the numbers. */
const HEAD = 0x40;

/** Bytes of an AMD certificate by the size of its key in bits. */
export const AMD_CERTIFICATE_SIZES = {
  2048: AMD_CERTIFICATE_2048.size,
  4096: AMD_CERTIFICATE_4096.size,
} as const;

/**
 * Reads an AMD certificate: exactly one. AMD SEV API 55766, AMD certificate.
 * @throws {LayoutError} for another length, another version, sizes of numbers that are neither 2048 nor
 * 4096 bits or differ from one another, and reserved bytes that are not zero.
 */
export function parseAmdCertificate(bytes: Uint8Array): AmdCertificate {
  const bits = keyBits(bytes);
  const layout = layoutOf(bits);
  const fields = layout.decode(bytes);
  for (const field of ["exponentBits", "modulusBits"] as const) {
    if (fields[field] === bits) continue;
    throw new LayoutError({
      code: "out-of-range",
      structure: layout.name,
      field,
      offset: layout.offsetOf(field),
      reason: `is ${fields[field]}, must be ${bits} in ${layout.size} bytes`,
      source: layout.source,
    });
  }
  const { version, keyId, certifyingKeyId, usage, exponent, modulus, signature } = fields;
  return {
    bytes,
    signed: bytes.subarray(0, layout.offsetOf("signature")),
    version,
    keyId,
    certifyingKeyId,
    usage,
    bits,
    exponent: numberOf(exponent),
    modulus: numberOf(modulus),
    signature: signature.toReversed(),
  };
}

/**
 * Writes an AMD certificate. To sign one, write it without a signature, sign all but the last
 * `bits / 8` bytes (see {@link AmdCertificate.signed}), and write it again.
 * @throws {LayoutError} `bad-length` for numbers or ids that do not fit.
 */
export function encodeAmdCertificate(content: AmdCertificateContent): Uint8Array {
  const { keyId, certifyingKeyId, usage, bits, exponent = F4, modulus, signature } = content;
  const wide = bits / 8;
  return layoutOf(bits).encode({
    version: 1,
    keyId,
    certifyingKeyId,
    usage,
    exponentBits: bits,
    modulusBits: bits,
    exponent: littleEndian(exponent, wide, "RSA exponent"),
    modulus: littleEndian(modulus, wide, "RSA modulus"),
    signature: littleEndian(signature ?? new Uint8Array(0), wide, "RSA signature"),
  });
}

function layoutOf(bits: AmdKeyBits): Struct<ReturnType<typeof AMD_CERTIFICATE_2048.decode>> {
  return bits === 2048 ? AMD_CERTIFICATE_2048 : AMD_CERTIFICATE_4096;
}

/** Size of the key, which the length of the certificate shows. */
function keyBits(bytes: Uint8Array): AmdKeyBits {
  if (bytes.length === AMD_CERTIFICATE_2048.size) return 2048;
  if (bytes.length === AMD_CERTIFICATE_4096.size) return 4096;
  const unsigned = HEAD + (2 * 2048) / 8;
  throw new LayoutError({
    code: bytes.length < AMD_CERTIFICATE_2048.size ? "truncated" : "bad-length",
    structure: "AMD_CERTIFICATE",
    reason: `has ${bytes.length} bytes, must have ${AMD_CERTIFICATE_2048.size} or ${AMD_CERTIFICATE_4096.size}`,
    source: AMD_CERTIFICATE_2048.source,
    hint:
      bytes.length === unsigned
        ? "AMD's first Naples ARK came without its signature; only exactly that one is known"
        : undefined,
  });
}
