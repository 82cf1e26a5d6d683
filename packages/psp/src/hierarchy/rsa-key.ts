// SPDX-License-Identifier: Apache-2.0
// RSA keys that follow from a label, and RSASSA-PSS signatures whose salt follows from what is
// signed: the same label and message always give the same bytes. Anybody can derive these keys, which
// is the point: they are worth nothing.

import { checkPrimeSync, constants, createPrivateKey, privateDecrypt } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { bitString, integer, nullValue, objectIdentifier, sequence } from "./der-writer.ts";
import { derive, digest, inverse, toBase64Url, toBytes, toNumber } from "./bits.ts";
import { FOUND_PRIMES } from "./found-primes.ts";

const EXPONENT = 65_537n;

/** Sizes that AMD's keys have: 2048 on Naples, 4096 on all later lines. */
export type RsaBits = 2048 | 4096;

/** An RSA key. */
export interface RsaKey {
  readonly label: string;
  readonly bits: RsaBits;
  /** Big-endian. */
  readonly modulus: Uint8Array;
  readonly privateKey: KeyObject;
  /** RSAPublicKey in DER (RFC 8017 appendix A.1.1). */
  readonly publicKey: Uint8Array;
  /** SubjectPublicKeyInfo in DER, of algorithm rsaEncryption. */
  readonly spki: Uint8Array;
}

/** How a signature is made, and what its AlgorithmIdentifier says about it. */
export interface PssParameters {
  /** OpenSSL's name of the digest. AMD: sha384. */
  readonly hash: "sha256" | "sha384" | "sha512";
  readonly mgfHash: "sha256" | "sha384" | "sha512";
  readonly saltLength: number;
}

/** AMD's parameters: SHA-384, MGF1 with SHA-384, 48 bytes of salt. */
export const AMD_PSS: PssParameters = { hash: "sha384", mgfHash: "sha384", saltLength: 48 };

/** AMD's parameters with keys of 2048 bits. */
export const AMD_PSS_2048: PssParameters = { hash: "sha256", mgfHash: "sha256", saltLength: 32 };

const keys = new Map<string, RsaKey>();

/**
 * The key of a label. Labels whose primes are not on record cost a second or two of search. A label has
 * one size, always the same.
 */
export function rsaKey(label: string, bits: RsaBits = 4096): RsaKey {
  const known = keys.get(label);
  if (known !== undefined) return known;
  const prime = (name: "p" | "q"): bigint =>
    candidate(label, name, FOUND_PRIMES[label]?.[name] ?? findPrime(label, name, bits), bits);
  const key = assemble(label, bits, prime("p"), prime("q"));
  keys.set(label, key);
  return key;
}

/** Position of the first candidate that is a prime; what found-primes.ts records. */
export function findPrime(label: string, name: "p" | "q", bits: RsaBits = 4096): number {
  for (let position = 0; ; position++) {
    const value = candidate(label, name, position, bits);
    if ((value - 1n) % EXPONENT !== 0n && checkPrimeSync(value)) return position;
  }
}

/** An odd number of half the bits with the upper two set, so that two of them make all the bits. */
function candidate(label: string, name: string, position: number, bits: RsaBits): bigint {
  const bytes = derive(`RSA prime ${name} ${position} of ${label}`, bits / 16);
  bytes[0]! |= 0xc0;
  bytes[bytes.length - 1]! |= 0x01;
  return toNumber(bytes);
}

function assemble(label: string, bits: RsaBits, p: bigint, q: bigint): RsaKey {
  const modulus = p * q;
  const d = inverse(EXPONENT, (p - 1n) * (q - 1n));
  const privateKey = createPrivateKey({
    format: "jwk",
    key: {
      kty: "RSA",
      n: toBase64Url(modulus),
      e: toBase64Url(EXPONENT),
      d: toBase64Url(d),
      p: toBase64Url(p),
      q: toBase64Url(q),
      dp: toBase64Url(d % (p - 1n)),
      dq: toBase64Url(d % (q - 1n)),
      qi: toBase64Url(inverse(q, p)),
    },
  });
  const publicKey = sequence(integer(modulus), integer(EXPONENT));
  const algorithm = sequence(objectIdentifier("1.2.840.113549.1.1.1"), nullValue());
  const spki = sequence(algorithm, bitString(publicKey));
  return { label, bits, modulus: toBytes(modulus, bits / 8), privateKey, publicKey, spki };
}

/**
 * Signs with RSASSA-PSS (RFC 8017 section 8.1.1). The salt is derived from the message.
 * @returns As many bytes as the modulus has.
 */
export function signPss(
  key: RsaKey,
  message: Uint8Array,
  { hash, mgfHash, saltLength }: PssParameters = AMD_PSS,
): Uint8Array {
  const messageDigest = digest(hash, message);
  const salt = derive(`salt for ${Buffer.from(messageDigest).toString("hex")}`, saltLength);
  // EMSA-PSS-ENCODE, RFC 8017 section 9.1.1, with emBits one less than the key has.
  const stamp = digest(hash, new Uint8Array(8), messageDigest, salt);
  const block = new Uint8Array(key.bits / 8 - stamp.length - 1);
  block[block.length - salt.length - 1] = 0x01;
  block.set(salt, block.length - salt.length);
  const mask = mgf1(mgfHash, stamp, block.length);
  for (let i = 0; i < block.length; i++) block[i]! ^= mask[i]!;
  block[0]! &= 0x7f;
  const encoded = Buffer.concat([block, stamp, Uint8Array.of(0xbc)]);
  const padding = constants.RSA_NO_PADDING;
  return Uint8Array.from(privateDecrypt({ key: key.privateKey, padding }, encoded));
}

function mgf1(hash: string, seed: Uint8Array, length: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let i = 0, size = 0; size < length; i++) {
    const block = digest(hash, seed, Uint8Array.of(0, 0, i >> 8, i & 0xff));
    blocks.push(block);
    size += block.length;
  }
  return Buffer.concat(blocks).subarray(0, length);
}
