// SPDX-License-Identifier: Apache-2.0
// `#crypto` in Bun, on which the single-file binary runs: the functions of node.ts on what Bun brings
// itself. Loading its `node:crypto` takes longer than measuring a firmware.

import { Buffer } from "node:buffer";

/** The part of Bun's API that is used here (bun.sh/docs, "Hashing"). */
declare const Bun: {
  readonly CryptoHasher: new (algorithm: "sha256") => Hasher;
  readonly SHA256: OneShot;
  readonly SHA384: OneShot;
  readonly SHA512: OneShot;
};

interface Hasher {
  update(data: Uint8Array): unknown;
  digest(): Uint8Array;
  copy(): Hasher;
}

interface OneShot {
  /** Writes the digest to the beginning of `target`. */
  hash(data: Uint8Array, target: Uint8Array): unknown;
}

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
  const digest = new Uint8Array(32);
  Bun.SHA256.hash(data, digest);
  return digest;
}

/** SHA-384 (FIPS 180-4) of the data: 48 bytes. */
export function sha384(data: Uint8Array): Uint8Array {
  const digest = new Uint8Array(48);
  Bun.SHA384.hash(data, digest);
  return digest;
}

/** SHA-512 (FIPS 180-4) of the data: 64 bytes. */
export function sha512(data: Uint8Array): Uint8Array {
  const digest = new Uint8Array(64);
  Bun.SHA512.hash(data, digest);
  return digest;
}

function wrap(state: Hasher): Sha256 {
  // Bun's own starts again after digest().
  let isOpen = true;
  const open = (): Hasher => {
    if (isOpen) return state;
    throw new Error("the digest was already taken");
  };
  return {
    update: (data) => void open().update(data),
    digest() {
      const digest = Uint8Array.from(open().digest());
      isOpen = false;
      return digest;
    },
    fork: () => wrap(open().copy()),
  };
}

/** A new incremental SHA-256. */
export function sha256Stream(): Sha256 {
  return wrap(new Bun.CryptoHasher("sha256"));
}

/**
 * SHA-384 of `data` written to `target` at `offset`.
 * @throws {RangeError} when the 48 bytes do not fit.
 */
export function sha384Into(data: Uint8Array, target: Uint8Array, offset: number): void {
  if (offset < 0 || offset + 48 > target.length) {
    throw new RangeError("the digest does not fit at its offset");
  }
  Bun.SHA384.hash(data, target.subarray(offset, offset + 48));
}

/**
 * Whether two ranges of `length` bytes of the same array are equal (not constant-time).
 * @throws {RangeError} when a range is not inside the array.
 */
export function sameRange(data: Uint8Array, a: number, b: number, length: number): boolean {
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return buffer.compare(data, a, a + length, b, b + length) === 0;
}

/** A zeroed array. */
export function allocate(length: number): Uint8Array {
  return new Uint8Array(length);
}
