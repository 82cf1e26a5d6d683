// SPDX-License-Identifier: Apache-2.0
// AES-XTS over the sectors of a disk as dm-crypt does it (aes-xts-plain64, IEEE 1619): the tweak is the
// number of the sector, counted in 512 bytes whatever the sector's size is.

import { createCipheriv, createDecipheriv, getCiphers } from "node:crypto";

/** Which sectors, and with what. */
export interface XtsParameters {
  /** Both keys, one after the other: 32 bytes (AES-128) or 64 bytes (AES-256). */
  readonly key: Uint8Array;
  readonly sectorSize: number;
  /** Where the data begins, in bytes from the beginning of the encrypted segment. */
  readonly offset: number;
}

const TWEAK_UNIT = 512;
const BLOCK = 16;

type Direction = "encrypt" | "decrypt";
type SectorCipher = (sector: Uint8Array, tweak: Uint8Array) => Uint8Array;

/** Runtimes without XTS have the block cipher that it is made of. */
const HAS_XTS = getCiphers().includes("aes-256-xts");

/** Encrypts whole sectors. */
export function xtsEncrypt(data: Uint8Array, parameters: XtsParameters): Uint8Array {
  return sectors(data, parameters, "encrypt");
}

/** Decrypts whole sectors. */
export function xtsDecrypt(data: Uint8Array, parameters: XtsParameters): Uint8Array {
  return sectors(data, parameters, "decrypt");
}

function sectors(
  data: Uint8Array,
  { key, sectorSize, offset }: XtsParameters,
  direction: Direction,
): Uint8Array {
  if (data.length % sectorSize !== 0 || offset % sectorSize !== 0) {
    throw new RangeError("only whole sectors can be encrypted");
  }
  const cipher = HAS_XTS ? wholeSectors(key, direction) : xtsOfBlocks(key, direction);
  const target = new Uint8Array(data.length);
  const tweak = Buffer.alloc(BLOCK);
  for (let at = 0; at < data.length; at += sectorSize) {
    tweak.writeBigUInt64LE(BigInt((offset + at) / TWEAK_UNIT));
    target.set(cipher(data.subarray(at, at + sectorSize), tweak), at);
  }
  return target;
}

function wholeSectors(key: Uint8Array, direction: Direction): SectorCipher {
  const name = `aes-${key.length * 4}-xts`;
  const open = direction === "encrypt" ? createCipheriv : createDecipheriv;
  return (sector, tweak) => open(name, key, tweak).update(sector);
}

/**
 * XTS of a sector out of the block cipher: each block is masked with the encrypted tweak, which is
 * multiplied by x from block to block (IEEE 1619, section 5.3).
 */
export function xtsOfBlocks(key: Uint8Array, direction: Direction): SectorCipher {
  const half = key.length / 2;
  const name = `aes-${half * 8}-ecb`;
  const open = direction === "encrypt" ? createCipheriv : createDecipheriv;
  return (sector, tweak) => {
    const mask = masks(name, key.subarray(half), tweak, sector.length);
    const blocks = open(name, key.subarray(0, half), null).setAutoPadding(false);
    return xor(blocks.update(xor(sector, mask)), mask);
  };
}

/** The masks of a sector's blocks, one after the other. */
function masks(name: string, key: Uint8Array, tweak: Uint8Array, length: number): Uint8Array {
  const all = new Uint8Array(length);
  all.set(createCipheriv(name, key, null).setAutoPadding(false).update(tweak));
  for (let at = BLOCK; at < length; at += BLOCK) {
    let carry = 0;
    for (let i = 0; i < BLOCK; i++) {
      const byte = all[at - BLOCK + i]!;
      all[at + i] = (byte << 1) | carry;
      carry = byte >> 7;
    }
    if (carry === 1) all[at] = all[at]! ^ 0x87;
  }
  return all;
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, index) => byte ^ b[index]!);
}
