// SPDX-License-Identifier: Apache-2.0
// SHA-256, SHA-384 and SHA-512 in plain JavaScript, for browsers, whose own hashes do not answer at
// once.
// Source: NIST FIPS 180-4; the comments name its sections, the code uses its symbols.

/**
 * 64-bit words as two arrays of halves: JavaScript has no fast 64-bit integers. SHA-256, whose words
 * have 32 bits, works on the high halves alone.
 */
interface Words {
  readonly high: Int32Array;
  readonly low: Int32Array;
}

/** What each of them does in its own way. */
interface Variant {
  /** Bytes of a word; 16 words are a block, and two the length at the end of the message. */
  readonly wordSize: 4 | 8;
  readonly digestSize: 32 | 48 | 64;
  /** H(0), the initial hash value (5.3). */
  readonly initial: Words;
  /** Takes the block at an offset into the hash value (6.2.2, 6.4.2). */
  readonly compress: (hash: Words, data: DataView, offset: number) => void;
}

/** A hash in the making. */
export class Sha2 {
  readonly #variant: Variant;
  readonly #hash: Words;
  readonly #block: Uint8Array;
  #length = 0;
  #ended = false;

  constructor(variant: Variant) {
    const { wordSize, initial } = variant;
    this.#variant = variant;
    this.#hash = { high: initial.high.slice(), low: initial.low.slice() };
    this.#block = new Uint8Array(16 * wordSize);
  }

  /** @throws Error after digest(). */
  update(data: Uint8Array): void {
    if (this.#ended) throw new Error("the digest is already out");
    const { compress } = this.#variant;
    const blockSize = this.#block.length;
    const view = viewOf(data);
    let size: number;
    for (let from = 0; from < data.length; from += size) {
      const used = this.#length % blockSize;
      size = Math.min(blockSize - used, data.length - from);
      this.#length += size;
      if (size === blockSize) {
        compress(this.#hash, view, from);
        continue;
      }
      this.#block.set(data.subarray(from, from + size), used);
      if (used + size === blockSize) compress(this.#hash, viewOf(this.#block), 0);
    }
  }

  /**
   * Ends the message with its padding (5.1: a one bit, zeros, the length in bits).
   * @throws Error when called again.
   */
  digest(): Uint8Array {
    const { wordSize, digestSize } = this.#variant;
    const blockSize = this.#block.length;
    const lengthSize = 2 * wordSize;
    const zeros = blockSize - ((this.#length + lengthSize) % blockSize);
    const padding = new Uint8Array(zeros + lengthSize);
    padding[0] = 0x80;
    viewOf(padding).setBigUint64(padding.length - 8, BigInt(this.#length) * 8n);
    this.update(padding);
    this.#ended = true;

    const { high, low } = this.#hash;
    const digest = new Uint8Array(8 * wordSize);
    const view = viewOf(digest);
    for (let i = 0; i < 8; i++) {
      view.setInt32(i * wordSize, high[i]!);
      if (wordSize === 8) view.setInt32(i * wordSize + 4, low[i]!);
    }
    return digest.slice(0, digestSize);
  }

  /** A hash of its own that goes on from here. */
  fork(): Sha2 {
    const fork = new Sha2({ ...this.#variant, initial: this.#hash });
    fork.#block.set(this.#block);
    fork.#length = this.#length;
    fork.#ended = this.#ended;
    return fork;
  }
}

/** The digest of a message in one piece. */
export function digestOf(variant: Variant, data: Uint8Array): Uint8Array {
  const hash = new Sha2(variant);
  hash.update(data);
  return hash.digest();
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

const PRIMES: number[] = [];
for (let n = 2; PRIMES.length < 80; n++) {
  if (PRIMES.every((prime) => n % prime !== 0)) PRIMES.push(n);
}

/**
 * The first 64 bits of the fractional parts of primes' square (degree 2) or cube roots, from which
 * all constants are taken (4.2, 5.3). The roots are below 8 and found bit by bit.
 */
function rootFractions(primes: readonly number[], degree: bigint): Words {
  const roots = primes.map((prime) => {
    const power = BigInt(prime) << (64n * degree);
    let root = 0n;
    for (let bit = 1n << 66n; bit > 0n; bit >>= 1n) {
      if ((root + bit) ** degree <= power) root += bit;
    }
    return root;
  });
  const low32 = (value: bigint): number => Number(BigInt.asIntN(32, value));
  return {
    high: Int32Array.from(roots, (root) => low32(root >> 32n)),
    low: Int32Array.from(roots, low32),
  };
}

/** K, the constants of the steps; SHA-256 has the first 64 of them (4.2.2, 4.2.3). */
const { high: KH, low: KL } = rootFractions(PRIMES, 3n);

// Filled anew for every block. W is the message schedule. A and E hold the working variables of all
// steps: before step t, a to d are A[t+3] down to A[t] and e to h are E[t+3] down to E[t], since a step
// finds a new a and a new e, and the others move on by one.
const scratch = (): Int32Array => new Int32Array(84);
const [WH, WL] = [scratch(), scratch()];
const [AH, AL] = [scratch(), scratch()];
const [EH, EL] = [scratch(), scratch()];

/** Ch and Maj (4.1) work bit by bit, so on halves as on words. */
const choose = (x: number, y: number, z: number): number => z ^ (x & (y ^ z));
const majority = (x: number, y: number, z: number): number => (x & y) | (z & (x | y));

/**
 * One half of ROTR (3.2) for n < 32, given that half and the other; exchanged, they rotate by 32 more.
 * A 32-bit word is both.
 */
const rotate = (half: number, other: number, n: number): number =>
  (half >>> n) | (other << (32 - n));

/** What a sum of low halves, each `>>> 0`, adds to the high half. */
const carry = (sum: number): number => (sum / 2 ** 32) | 0;

/** The working variables before the first step: the hash value so far. */
function start(hash: Int32Array, a: Int32Array, e: Int32Array): void {
  for (let i = 0; i < 4; i++) {
    a[i] = hash[3 - i]!;
    e[i] = hash[7 - i]!;
  }
}

function compress32({ high }: Words, data: DataView, offset: number): void {
  for (let t = 0; t < 16; t++) WH[t] = data.getInt32(offset + t * 4);
  for (let t = 16; t < 64; t++) {
    const x = WH[t - 15]!;
    const y = WH[t - 2]!;
    const sigma0 = rotate(x, x, 7) ^ rotate(x, x, 18) ^ (x >>> 3);
    const sigma1 = rotate(y, y, 17) ^ rotate(y, y, 19) ^ (y >>> 10);
    WH[t] = sigma1 + WH[t - 7]! + sigma0 + WH[t - 16]!;
  }
  start(high, AH, EH);
  for (let t = 0; t < 64; t++) {
    const a = AH[t + 3]!;
    const e = EH[t + 3]!;
    const sum0 = rotate(a, a, 2) ^ rotate(a, a, 13) ^ rotate(a, a, 22);
    const sum1 = rotate(e, e, 6) ^ rotate(e, e, 11) ^ rotate(e, e, 25);
    const t1 = EH[t]! + sum1 + choose(e, EH[t + 2]!, EH[t + 1]!) + KH[t]! + WH[t]!;
    EH[t + 4] = AH[t]! + t1;
    AH[t + 4] = t1 + sum0 + majority(a, AH[t + 2]!, AH[t + 1]!);
  }
  for (let i = 0; i < 4; i++) {
    high[i]! += AH[67 - i]!;
    high[i + 4]! += EH[67 - i]!;
  }
}

function compress64({ high, low }: Words, data: DataView, offset: number): void {
  for (let t = 0; t < 16; t++) {
    WH[t] = data.getInt32(offset + t * 8);
    WL[t] = data.getInt32(offset + t * 8 + 4);
  }
  for (let t = 16; t < 80; t++) {
    const x = WH[t - 15]!;
    const xl = WL[t - 15]!;
    const y = WH[t - 2]!;
    const yl = WL[t - 2]!;
    const sigma0 = rotate(x, xl, 1) ^ rotate(x, xl, 8) ^ (x >>> 7);
    const sigma0l = rotate(xl, x, 1) ^ rotate(xl, x, 8) ^ rotate(xl, x, 7);
    const sigma1 = rotate(y, yl, 19) ^ rotate(yl, y, 29) ^ (y >>> 6);
    const sigma1l = rotate(yl, y, 19) ^ rotate(y, yl, 29) ^ rotate(yl, y, 6);
    const sum = (sigma1l >>> 0) + (WL[t - 7]! >>> 0) + (sigma0l >>> 0) + (WL[t - 16]! >>> 0);
    WH[t] = sigma1 + WH[t - 7]! + sigma0 + WH[t - 16]! + carry(sum);
    WL[t] = sum;
  }
  start(high, AH, EH);
  start(low, AL, EL);
  for (let t = 0; t < 80; t++) {
    const a = AH[t + 3]!;
    const al = AL[t + 3]!;
    const e = EH[t + 3]!;
    const el = EL[t + 3]!;
    const sum0 = rotate(a, al, 28) ^ rotate(al, a, 2) ^ rotate(al, a, 7);
    const sum0l = rotate(al, a, 28) ^ rotate(a, al, 2) ^ rotate(a, al, 7);
    const sum1 = rotate(e, el, 14) ^ rotate(e, el, 18) ^ rotate(el, e, 9);
    const sum1l = rotate(el, e, 14) ^ rotate(el, e, 18) ^ rotate(e, el, 9);
    const chl = choose(el, EL[t + 2]!, EL[t + 1]!);
    const majl = majority(al, AL[t + 2]!, AL[t + 1]!);
    const t1l = (EL[t]! >>> 0) + (sum1l >>> 0) + (chl >>> 0) + (KL[t]! >>> 0) + (WL[t]! >>> 0);
    const ch = choose(e, EH[t + 2]!, EH[t + 1]!);
    const t1 = (EH[t]! + sum1 + ch + KH[t]! + WH[t]! + carry(t1l)) | 0;
    const newE = (AL[t]! >>> 0) + (t1l >>> 0);
    EH[t + 4] = AH[t]! + t1 + carry(newE);
    EL[t + 4] = newE;
    const newA = (t1l >>> 0) + (sum0l >>> 0) + (majl >>> 0);
    AH[t + 4] = t1 + sum0 + majority(a, AH[t + 2]!, AH[t + 1]!) + carry(newA);
    AL[t + 4] = newA;
  }
  for (let i = 0; i < 4; i++) {
    const sumA = (low[i]! >>> 0) + (AL[83 - i]! >>> 0);
    high[i]! += AH[83 - i]! + carry(sumA);
    low[i] = sumA;
    const sumE = (low[i + 4]! >>> 0) + (EL[83 - i]! >>> 0);
    high[i + 4]! += EH[83 - i]! + carry(sumE);
    low[i + 4] = sumE;
  }
}

/** SHA-256. */
export const SHA_256: Variant = {
  wordSize: 4,
  digestSize: 32,
  initial: rootFractions(PRIMES.slice(0, 8), 2n),
  compress: compress32,
};

/** SHA-384. */
export const SHA_384: Variant = {
  wordSize: 8,
  digestSize: 48,
  initial: rootFractions(PRIMES.slice(8, 16), 2n),
  compress: compress64,
};

/** SHA-512. Marked as pure, so that a bundle without it leaves it out. */
export const SHA_512: Variant = {
  wordSize: 8,
  digestSize: 64,
  initial: /* @__PURE__ */ rootFractions(/* @__PURE__ */ PRIMES.slice(0, 8), 2n),
  compress: compress64,
};
