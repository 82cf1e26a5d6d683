// SPDX-License-Identifier: Apache-2.0
// P-384 keys of a platform: made from its source of randomness, kept in the form that OpenSSL works on
// without converting again, because every launch uses them.

import { createECDH, createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { toBase64Url, toBytes, toNumber } from "../hierarchy/bits.ts";
import { P384_ORDER, signEcdsa } from "../hierarchy/p384-key.ts";
import type { EcdsaHash } from "../hierarchy/p384-key.ts";
import type { RandomSource } from "./random.ts";

const BYTES = 48;
const CURVE = "secp384r1";

/** A P-384 key pair. The scalar is secret. */
export interface EcKey {
  /** Big-endian, 48 bytes. */
  readonly scalar: Uint8Array;
  /** X and Y, big-endian, 96 bytes. */
  readonly point: Uint8Array;
  /**
   * The X coordinate that both sides of an ECDH reach, 48 bytes; undefined when the other side's point
   * is not on the curve.
   */
  sharedX(point: Uint8Array): Uint8Array | undefined;
  /**
   * Signs with ECDSA: r and s, big-endian, 96 bytes. With a seeded source the nonce is that of RFC 6979,
   * with the system's it is random, which is faster by far.
   */
  sign(message: Uint8Array, hash: EcdsaHash, random: RandomSource): Uint8Array;
}

/**
 * The key of a private value.
 * @throws {RangeError} for one that is not between 0 and the group's order.
 */
export function ecKey(scalar: Uint8Array): EcKey {
  const value = toNumber(scalar);
  if (scalar.length !== BYTES || value === 0n || value >= P384_ORDER) {
    throw new RangeError("the private value is not one of P-384");
  }
  const pair = createECDH(CURVE);
  pair.setPrivateKey(scalar);
  const point = Uint8Array.from(pair.getPublicKey().subarray(1));
  let signer: KeyObject | undefined;
  return {
    scalar,
    point,
    sharedX(peer) {
      try {
        const x = pair.computeSecret(Buffer.concat([Buffer.of(0x04), peer]));
        const padded = new Uint8Array(BYTES);
        padded.set(x, BYTES - x.length);
        return padded;
      } catch {
        // OpenSSL refuses points that are not on the curve and has no other reason to.
        return undefined;
      }
    },
    sign(message, hash, random) {
      if (random.kind === "seeded") return signEcdsa({ scalar: value }, message, hash);
      const key = { ...publicJwk(point), d: toBase64Url(value, BYTES) };
      signer ??= createPrivateKey({ format: "jwk", key });
      return Uint8Array.from(sign(hash, message, { key: signer, dsaEncoding: "ieee-p1363" }));
    },
  };
}

/** A new key. */
export function generateEcKey(random: RandomSource): EcKey {
  // 64 bits more than the order has, so that the remainder is as good as even (FIPS 186-5, A.2.1).
  return ecKey(toBytes((toNumber(random.bytes(BYTES + 8)) % (P384_ORDER - 1n)) + 1n, BYTES));
}

/** Whether a signature (r and s, big-endian, 96 bytes) of the point's key is right. */
export function verifyEcdsa(
  point: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
  hash: EcdsaHash,
): boolean {
  const key = publicKey(point);
  return key !== undefined && verify(hash, message, { key, dsaEncoding: "ieee-p1363" }, signature);
}

/** Whether X and Y are on the curve. */
export function isOnCurve(point: Uint8Array): boolean {
  return publicKey(point) !== undefined;
}

function publicKey(point: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({ format: "jwk", key: publicJwk(point) });
  } catch {
    return undefined;
  }
}

function publicJwk(point: Uint8Array): { kty: string; crv: string; x: string; y: string } {
  const half = (part: Uint8Array): string => Buffer.from(part).toString("base64url");
  return {
    kty: "EC",
    crv: "P-384",
    x: half(point.subarray(0, BYTES)),
    y: half(point.subarray(BYTES)),
  };
}
