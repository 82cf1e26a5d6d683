// SPDX-License-Identifier: Apache-2.0
// Numbers and bytes: conversions, modular arithmetic, and the byte stream that keys are derived from.
// For worthless keys only: nothing here takes equal time for different secrets.

import { createHash, createHmac } from "node:crypto";

/** The number that big-endian bytes stand for. */
export function toNumber(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

/** A number as big-endian bytes of a fixed length. */
export function toBytes(value: bigint, length: number): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(2 * length, "0"), "hex"));
}

/** A number as base64url without padding, as JSON Web Keys have it; `length` fixes the size. */
export function toBase64Url(
  value: bigint,
  length = Math.ceil(value.toString(16).length / 2),
): string {
  return Buffer.from(toBytes(value, length)).toString("base64url");
}

/** The inverse of `value` modulo `modulus`, which must be coprime. */
export function inverse(value: bigint, modulus: bigint): bigint {
  let [r, next] = [modulus, ((value % modulus) + modulus) % modulus];
  let [t, nextT] = [0n, 1n];
  while (next !== 0n) {
    const quotient = r / next;
    [r, next] = [next, r - quotient * next];
    [t, nextT] = [nextT, t - quotient * nextT];
  }
  return ((t % modulus) + modulus) % modulus;
}

/** `length` bytes that depend on the label and nothing else (HMAC-SHA-512 in counter mode). */
export function derive(label: string, length: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let i = 0; i * 64 < length; i++) {
    blocks.push(createHmac("sha512", label).update(`block ${i}`).digest());
  }
  return Uint8Array.from(Buffer.concat(blocks).subarray(0, length));
}

/** A digest by OpenSSL's name of it. */
export function digest(name: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash(name);
  for (const part of parts) hash.update(part);
  return Uint8Array.from(hash.digest());
}
