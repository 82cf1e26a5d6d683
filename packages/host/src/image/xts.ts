// SPDX-License-Identifier: Apache-2.0
// AES-XTS over the sectors of a disk as dm-crypt does it (aes-xts-plain64, IEEE 1619): the tweak is the
// number of the sector, counted in 512 bytes whatever the sector's size is.

import { createCipheriv, createDecipheriv } from "node:crypto";

/** Which sectors, and with what. */
export interface XtsParameters {
  /** Both keys, one after the other: 32 bytes (AES-128) or 64 bytes (AES-256). */
  readonly key: Uint8Array;
  readonly sectorSize: number;
  /** Where the data begins, in bytes from the beginning of the encrypted segment. */
  readonly offset: number;
}

const TWEAK_UNIT = 512;

/** Encrypts whole sectors. */
export function xtsEncrypt(data: Uint8Array, parameters: XtsParameters): Uint8Array {
  return sectors(data, parameters, (name, key, tweak) => createCipheriv(name, key, tweak));
}

/** Decrypts whole sectors. */
export function xtsDecrypt(data: Uint8Array, parameters: XtsParameters): Uint8Array {
  return sectors(data, parameters, (name, key, tweak) => createDecipheriv(name, key, tweak));
}

function sectors(
  data: Uint8Array,
  { key, sectorSize, offset }: XtsParameters,
  open: (name: string, key: Uint8Array, tweak: Uint8Array) => { update(data: Uint8Array): Buffer },
): Uint8Array {
  if (data.length % sectorSize !== 0 || offset % sectorSize !== 0) {
    throw new RangeError("only whole sectors can be encrypted");
  }
  const name = key.length === 32 ? "aes-128-xts" : "aes-256-xts";
  const target = new Uint8Array(data.length);
  const tweak = Buffer.alloc(16);
  for (let at = 0; at < data.length; at += sectorSize) {
    tweak.writeBigUInt64LE(BigInt((offset + at) / TWEAK_UNIT));
    target.set(open(name, key, tweak).update(data.subarray(at, at + sectorSize)), at);
  }
  return target;
}
