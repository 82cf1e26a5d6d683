// SPDX-License-Identifier: Apache-2.0
// P-384 keys that follow from a label, and ECDSA signatures with the deterministic nonce of RFC 6979.
// Like the RSA keys of a hierarchy they are worth nothing: anybody can derive them.

import { createECDH, createHmac } from "node:crypto";
import { derive, digest, inverse, toBytes, toNumber } from "./bits.ts";
import { bitString, objectIdentifier, sequence } from "./der-writer.ts";

const BYTES = 48;

/** Order of the curve's group (FIPS 186-5, SP 800-186 section 3.2.1.4). */
export const P384_ORDER =
  0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n;

/** A P-384 key. */
export interface P384Key {
  readonly label: string;
  readonly scalar: bigint;
  /** X and Y, big-endian, 96 bytes. */
  readonly point: Uint8Array;
  /** SubjectPublicKeyInfo in DER, named curve, uncompressed point. */
  readonly spki: Uint8Array;
}

/** The key of a label. */
export function p384Key(label: string): P384Key {
  const scalar = (toNumber(derive(`P-384 key of ${label}`, BYTES + 8)) % (P384_ORDER - 1n)) + 1n;
  const point = multiplyBase(scalar);
  const algorithm = sequence(
    objectIdentifier("1.2.840.10045.2.1"),
    objectIdentifier("1.3.132.0.34"),
  );
  const encoded = Uint8Array.of(0x04, ...point);
  return { label, scalar, point, spki: sequence(algorithm, bitString(encoded)) };
}

/** Digests that go with P-384: neither is longer than the group's order. */
export type EcdsaHash = "sha256" | "sha384";

/**
 * Signs with ECDSA and the nonce of RFC 6979 section 3.2.
 * @param name The digest; SHA-256 is what legacy SEV certificates have.
 * @returns r || s, big-endian, 96 bytes.
 */
export function signEcdsa(
  key: Pick<P384Key, "scalar">,
  message: Uint8Array,
  name: EcdsaHash = "sha384",
): Uint8Array {
  const hash = digest(name, message);
  const z = toNumber(hash);
  for (const nonce of nonces(key.scalar, hash, name)) {
    const r = toNumber(multiplyBase(nonce).subarray(0, BYTES)) % P384_ORDER;
    const s = (inverse(nonce, P384_ORDER) * (z + r * key.scalar)) % P384_ORDER;
    if (r !== 0n && s !== 0n) return Buffer.concat([toBytes(r, BYTES), toBytes(s, BYTES)]);
  }
  throw new Error("the nonces of RFC 6979 have no end");
}

/** Candidates for the nonce, as section 3.2 of RFC 6979 makes them with HMAC of the same digest. */
function* nonces(scalar: bigint, hash: Uint8Array, name: EcdsaHash): Generator<bigint, void> {
  const mac = (mk: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array =>
    createHmac(name, mk).update(Buffer.concat(parts)).digest();
  const seed = Buffer.concat([toBytes(scalar, BYTES), toBytes(toNumber(hash) % P384_ORDER, BYTES)]);
  let v: Uint8Array = new Uint8Array(hash.length).fill(1);
  let k: Uint8Array = new Uint8Array(hash.length);
  for (const round of [0, 1]) {
    k = mac(k, v, Uint8Array.of(round), seed);
    v = mac(k, v);
  }
  for (;;) {
    let candidate = new Uint8Array(0);
    while (candidate.length < BYTES) {
      v = mac(k, v);
      candidate = Buffer.concat([candidate, v]);
    }
    const nonce = toNumber(candidate.subarray(0, BYTES));
    if (nonce > 0n && nonce < P384_ORDER) yield nonce;
    k = mac(k, v, Uint8Array.of(0));
    v = mac(k, v);
  }
}

/** A multiple of the base point: X and Y, 96 bytes. OpenSSL does the arithmetic of the curve. */
function multiplyBase(scalar: bigint): Uint8Array {
  const ecdh = createECDH("secp384r1");
  ecdh.setPrivateKey(toBytes(scalar, BYTES));
  return Uint8Array.from(ecdh.getPublicKey().subarray(1));
}
