// SPDX-License-Identifier: Apache-2.0
// AES-128 (FIPS 197) encryption of blocks without tables, so that no memory access depends on the key:
// for platforms whose own AES answers only with promises. Four bytes of the state are worked on at once.

const ROUNDS = 10;
const LOW_BITS = 0x01010101;

/** The 44 words of the key schedule (FIPS 197 section 5.2). @param key 16 bytes. */
export function expandKey(key: Uint8Array): Int32Array {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  const words = new Int32Array(4 * (ROUNDS + 1));
  for (let i = 0; i < 4; i++) words[i] = view.getInt32(4 * i);
  let constant = 1;
  for (let i = 4; i < words.length; i++) {
    let word = words[i - 1]!;
    if (i % 4 === 0) {
      word = substitute((word << 8) | (word >>> 24)) ^ (constant << 24);
      constant = double(constant);
    }
    words[i] = words[i - 4]! ^ word;
  }
  return words;
}

/**
 * Encrypts one block in place (FIPS 197 section 5.1).
 * @param block Four words, each a column of the state, most significant byte first.
 */
export function encryptBlock(schedule: Int32Array, block: Int32Array): void {
  for (let i = 0; i < 4; i++) block[i]! ^= schedule[i]!;
  for (let round = 1; round <= ROUNDS; round++) {
    for (let i = 0; i < 4; i++) block[i] = substitute(block[i]!);
    const [a = 0, b = 0, c = 0, d = 0] = block;
    const shifted = [rows(a, b, c, d), rows(b, c, d, a), rows(c, d, a, b), rows(d, a, b, c)];
    for (let i = 0; i < 4; i++) {
      const column = round === ROUNDS ? shifted[i]! : mixColumn(shifted[i]!);
      block[i] = column ^ schedule[4 * round + i]!;
    }
  }
}

/** The column that ShiftRows makes of the rows of four. */
function rows(a: number, b: number, c: number, d: number): number {
  return (a & 0xff000000) | (b & 0x00ff0000) | (c & 0x0000ff00) | (d & 0x000000ff);
}

function mixColumn(column: number): number {
  const turned = rotate(column, 8);
  const doubled = double(column ^ turned);
  return doubled ^ turned ^ rotate(column, 16) ^ rotate(column, 24);
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/** SubBytes of four bytes: the inverse in GF(2^8), then the affine map (FIPS 197 section 5.1.1). */
function substitute(word: number): number {
  const inverse = invert(word);
  let mapped = inverse;
  for (let shift = 1; shift <= 4; shift++) mapped ^= rotateBytes(inverse, shift);
  return mapped ^ 0x63636363;
}

/** x^254, which is the inverse of x, and zero for zero. */
function invert(x: number): number {
  const x2 = multiply(x, x);
  const x3 = multiply(x2, x);
  const x12 = square(square(x3));
  const x15 = multiply(x12, x3);
  const x240 = square(square(square(square(x15))));
  return multiply(multiply(x240, x12), x2);
}

function square(x: number): number {
  return multiply(x, x);
}

/** Products of four pairs of bytes in GF(2^8). */
function multiply(a: number, b: number): number {
  let product = 0;
  let power = a;
  for (let bit = 0; bit < 8; bit++) {
    product ^= power & spread((b >>> bit) & LOW_BITS);
    power = double(power);
  }
  return product;
}

/** Four bytes doubled in GF(2^8). */
function double(word: number): number {
  return ((word & 0x7f7f7f7f) << 1) ^ (spread((word >>> 7) & LOW_BITS) & 0x1b1b1b1b);
}

/** Bytes of all ones where the lowest bit of a byte is one. */
function spread(lowBits: number): number {
  return (lowBits << 8) - lowBits;
}

/** Each of four bytes turned left. */
function rotateBytes(word: number, by: number): number {
  const high = LOW_BITS * ((0xff << by) & 0xff);
  return ((word << by) & high) | ((word >>> (8 - by)) & ~high);
}
