// SPDX-License-Identifier: Apache-2.0
// What a DER file holds, as far as its beginning says. Whether it really is one, its decoder finds out.

/** What is told apart. */
type DerKind = "private-key" | "public-key" | "certificate" | "crl";

const SEQUENCE = 0x30;
const INTEGER = 0x02;

/** What the signed part begins with: version 3 in brackets, and version 2 (written 1) bare. */
const CERTIFICATE = [0xa0, 0x03, 0x02, 0x01];
const CRL = [0x02, 0x01, 0x01, SEQUENCE];

/** Keys are small; anything larger that begins like one is something else. */
const KEY_LIMIT = 4096;

/**
 * The kind of a DER file. A private key begins with a version, a public key with its algorithm; a
 * certificate with the signed part, in which a version in brackets comes first, a revocation list with
 * one that has a bare version (RFC 5280 sections 4.1 and 5.1). Keys must be complete to be taken for
 * one; of the others the beginning is enough, so that their decoder can say what is missing.
 */
export function derBeginning(bytes: Uint8Array): DerKind | undefined {
  const outer = contentOf(bytes, 0);
  if (outer === undefined) return undefined;
  const inner = contentOf(bytes, outer.start);
  if (inner !== undefined && has(bytes, inner.start, CERTIFICATE)) return "certificate";
  if (inner !== undefined && has(bytes, inner.start, CRL)) return "crl";
  if (outer.end !== bytes.length || bytes.length > KEY_LIMIT) return undefined;
  if (inner !== undefined) return "public-key";
  return has(bytes, outer.start, [INTEGER, 1]) ? "private-key" : undefined;
}

function has(bytes: Uint8Array, offset: number, wanted: readonly number[]): boolean {
  return wanted.every((byte, i) => bytes[offset + i] === byte);
}

/** Where the content of the SEQUENCE at `offset` starts and ends; undefined when there is none. */
function contentOf(
  bytes: Uint8Array,
  offset: number,
): { readonly start: number; readonly end: number } | undefined {
  if (bytes[offset] !== SEQUENCE) return undefined;
  const first = bytes[offset + 1] ?? 0;
  const long = first < 0x80 ? 0 : first - 0x80;
  if (long > 4) return undefined;
  let length = long === 0 ? first : 0;
  for (let i = 0; i < long; i++) length = length * 256 + (bytes[offset + 2 + i] ?? 0);
  const start = offset + 2 + long;
  return { start, end: start + length };
}
