// SPDX-License-Identifier: Apache-2.0
// `#crypto` outside Node (browsers, workers): the same functions as node.ts on sha2.ts.

import { SHA_256, SHA_384, SHA_512, Sha2, digestOf } from "./sha2.ts";

/** An incremental SHA-256. */
export interface Sha256 {
  update(data: Uint8Array): void;
  /** Ends it; it cannot be updated afterwards. */
  digest(): Uint8Array;
  /** A state of its own that goes on from here. */
  fork(): Sha256;
}

/** SHA-256 (FIPS 180-4) of the data: 32 bytes. */
export function sha256(data: Uint8Array): Uint8Array {
  return digestOf(SHA_256, data);
}

/** SHA-384 (FIPS 180-4) of the data: 48 bytes. */
export function sha384(data: Uint8Array): Uint8Array {
  return digestOf(SHA_384, data);
}

/** SHA-512 (FIPS 180-4) of the data: 64 bytes. */
export function sha512(data: Uint8Array): Uint8Array {
  return digestOf(SHA_512, data);
}

/** A new incremental SHA-256. */
export function sha256Stream(): Sha256 {
  return new Sha2(SHA_256);
}

/**
 * SHA-384 of `data` written to `target` at `offset`.
 * @throws {RangeError} when the 48 bytes do not fit.
 */
export function sha384Into(data: Uint8Array, target: Uint8Array, offset: number): void {
  target.set(sha384(data), offset);
}

/**
 * Whether two ranges of `length` bytes of the same array are equal (not constant-time).
 * @throws {RangeError} when a range is not inside the array.
 */
export function sameRange(data: Uint8Array, a: number, b: number, length: number): boolean {
  if (Math.min(a, b) < 0 || Math.max(a, b) + length > data.length) {
    throw new RangeError("the range is not inside the array");
  }
  for (let i = 0; i < length; i++) if (data[a + i] !== data[b + i]) return false;
  return true;
}

/** A zeroed array. */
export function allocate(length: number): Uint8Array {
  return new Uint8Array(length);
}
