// SPDX-License-Identifier: Apache-2.0
// What certificates and revocation lists have in common: a signed part, an algorithm and a signature
// (the SIGNED macro of X.509), serial numbers, and the limit on their size.

import { LayoutError } from "../bytes/index.ts";
import { DER_TAG } from "../crypto/der.ts";
import type { DerReader } from "../crypto/der.ts";
import { equalBytes } from "../crypto/equal.ts";
import { readExtensions } from "./extension.ts";
import type { Extension } from "./extension.ts";

/** Longest serial number in bytes (RFC 5280 section 4.1.2.2). */
const SERIAL_LIMIT = 20;

/** A signed structure taken apart. */
export interface SignedParts {
  /** The signed part as it stands, with tag and length: what the signature is over. */
  readonly tbs: Uint8Array;
  /** The same, to be read. */
  readonly body: DerReader;
  /** AlgorithmIdentifier as it stands, with tag and length. */
  readonly algorithm: Uint8Array;
  readonly signature: Uint8Array;
}

/**
 * Takes a signed structure apart; nothing may follow it.
 * @throws {LayoutError} for bytes that are none.
 */
export function readSigned(outer: DerReader, bodyName: string): SignedParts {
  const whole = outer.sequence("signed");
  outer.finish();
  const tbs = whole.peekElement(DER_TAG.sequence, bodyName);
  const body = whole.sequence(bodyName);
  const algorithm = whole.element(DER_TAG.sequence, "signatureAlgorithm");
  const signature = whole.bitString("signature");
  whole.finish();
  return { tbs, body, algorithm, signature };
}

/**
 * Asserts that the algorithm inside the signed part is the one outside (RFC 5280 sections 4.1.1.2 and
 * 5.1.1.2): the outer one is not protected by the signature.
 * @throws {LayoutError} `constant-mismatch`.
 */
export function requireSameAlgorithm(
  inner: Uint8Array,
  outer: Uint8Array,
  structure: string,
): void {
  if (equalBytes(inner, outer)) return;
  throw new LayoutError({
    code: "constant-mismatch",
    structure,
    field: "signatureAlgorithm",
    reason: "differs from the algorithm in the signed part",
    source: "RFC 5280 section 4.1.1.2",
  });
}

/**
 * Reads a serial number. Zero is let through: every VCEK and VLEK has it.
 * @throws {LayoutError} `out-of-range` for a negative one or one of more than 20 bytes.
 */
export function readSerial(reader: DerReader, field: string): bigint {
  const offset = reader.offset;
  const content = reader.integer(field);
  if (content[0]! < 0x80 && content.length <= SERIAL_LIMIT) return unsignedBigint(content);
  throw new LayoutError({
    code: "out-of-range",
    structure: "CertificateSerialNumber",
    field,
    offset,
    reason: `is negative or longer than ${SERIAL_LIMIT} bytes`,
    source: "RFC 5280 section 4.1.2.2",
  });
}

/**
 * Extensions behind an explicit tag, which stand last; none when it is not there.
 * @throws {LayoutError} for bytes that are none.
 */
export function readOptionalExtensions(body: DerReader, tag: number): readonly Extension[] {
  if (body.nextTag !== tag) return [];
  const wrapped = body.sequence("extensions", tag);
  const extensions = readExtensions(wrapped, "list");
  wrapped.finish();
  return extensions;
}

/**
 * Refuses what is too large before anything of it is read.
 * @throws {LayoutError} `bad-length`.
 */
export function requireLimit(der: Uint8Array, structure: string, limit: number): void {
  if (der.length <= limit) return;
  throw new LayoutError({
    code: "bad-length",
    structure,
    reason: `has ${der.length} bytes, at most ${limit} are read`,
  });
}

/** A non-negative INTEGER of a few bytes. */
export function unsignedBigint(content: Uint8Array): bigint {
  let low = 0;
  const near = Math.min(content.length, 6);
  for (let i = 0; i < near; i++) low = low * 256 + content[i]!;
  let value = BigInt(low);
  for (let i = near; i < content.length; i++) value = (value << 8n) | BigInt(content[i]!);
  return value;
}
