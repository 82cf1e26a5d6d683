// SPDX-License-Identifier: Apache-2.0
// P-384 keys and signatures between AMD's fields (little-endian, zero-extended) and WebCrypto's
// (big-endian, joined), and the SHA-384 key digests that attestation reports carry.

import { sha384 } from "#crypto";
import { LayoutError } from "../../bytes/index.ts";
import { P384_BYTES } from "../../crypto/p384-key.ts";
import { CURVES, ECDSA_PUBLIC_KEY, ECDSA_SIGNATURE } from "./layout.ts";

/** WebCrypto's name of the keys. */
export const P384_KEY = { name: "ECDSA", namedCurve: "P-384" } as const;

/** WebCrypto's name of the signatures. */
export const P384_SIGNATURE = { name: "ECDSA", hash: "SHA-384" } as const;

/**
 * AMD's 1028-byte public key of a point.
 * @param point X and Y, big-endian, 96 bytes.
 * @throws {LayoutError} `bad-length`.
 */
export function publicKeyToAmd(point: Uint8Array): Uint8Array {
  const [qx, qy] = reversedHalves(point, "public key");
  return ECDSA_PUBLIC_KEY.encode({ curve: CURVES["P-384"], qx, qy });
}

/**
 * The point of AMD's 1028-byte public key: X and Y, big-endian, 96 bytes. Its curve number is not
 * looked at, and the point is not yet known to be on the curve.
 * @throws {LayoutError} for another length, a coordinate above 384 bits or reserved bytes not zero.
 */
export function publicKeyFromAmd(key: Uint8Array): Uint8Array<ArrayBuffer> {
  const { qx, qy } = ECDSA_PUBLIC_KEY.decode(key);
  return joinReversed(qx, qy);
}

/**
 * AMD's 512-byte signature of a WebCrypto one.
 * @param signature R and S, big-endian, 96 bytes.
 * @throws {LayoutError} `bad-length`.
 */
export function signatureToAmd(signature: Uint8Array): Uint8Array {
  const [r, s] = reversedHalves(signature, "signature");
  return ECDSA_SIGNATURE.encode({ r, s });
}

/**
 * WebCrypto's form of AMD's 512-byte signature: R and S, big-endian, 96 bytes.
 * @throws {LayoutError} for another length, R or S above 384 bits or reserved bytes not zero.
 */
export function signatureFromAmd(signature: Uint8Array): Uint8Array<ArrayBuffer> {
  const { r, s } = ECDSA_SIGNATURE.decode(signature);
  return joinReversed(r, s);
}

/**
 * The digest of a public key as reports carry it (ID_KEY_DIGEST, AUTHOR_KEY_DIGEST): SHA-384 over
 * AMD's 1028 bytes. AMD 56860 rev. 1.58, section 8.18.
 * @throws {LayoutError} `bad-length`.
 */
export function keyDigest(publicKey: Uint8Array): Uint8Array {
  requireLength(publicKey, ECDSA_PUBLIC_KEY.size, ECDSA_PUBLIC_KEY.name);
  return sha384(publicKey);
}

/**
 * The bytes, if they have the length.
 * @throws {LayoutError} `bad-length`.
 */
export function requireLength(bytes: Uint8Array, length: number, structure: string): Uint8Array {
  if (bytes.length === length) return bytes;
  throw new LayoutError({
    code: "bad-length",
    structure,
    reason: `has ${bytes.length} bytes, must have ${length}`,
  });
}

function reversedHalves(joined: Uint8Array, what: string): [Uint8Array, Uint8Array] {
  requireLength(joined, 2 * P384_BYTES, what);
  return [joined.subarray(0, P384_BYTES).toReversed(), joined.subarray(P384_BYTES).toReversed()];
}

function joinReversed(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(2 * P384_BYTES);
  joined.set(a.toReversed());
  joined.set(b.toReversed(), P384_BYTES);
  return joined;
}
