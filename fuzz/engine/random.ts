// SPDX-License-Identifier: Apache-2.0
// Deterministic pseudo-random numbers: sfc32 (Chris Doty-Humphrey, PractRand), 32-bit arithmetic.

/** One stream of numbers, wholly determined by a seed and a label. Not for cryptography. */
export class Random {
  #a: number;
  #b: number;
  #c = 0x9e3779b9;
  #counter = 1;

  /** The label (a target's name) keeps streams of one seed apart. */
  constructor(seed: number, label = "") {
    let hash = 0x811c9dc5;
    for (const char of label) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
    this.#a = seed | 0;
    this.#b = hash;
    for (let i = 0; i < 12; i++) this.u32();
  }

  /** Uniform in 0 .. 2^32-1. */
  u32(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Uniform in 0 .. limit-1; 0 when the limit is 0. */
  below(limit: number): number {
    return Math.floor((this.u32() / 0x1_0000_0000) * limit);
  }

  /** In 1 .. limit, small values far likelier: every power of two has the same weight. */
  small(limit: number): number {
    const bits = this.below(Math.floor(Math.log2(Math.max(1, limit))) + 1);
    return Math.min(limit, (1 << bits) + this.below(1 << bits));
  }

  /** True once in n times on average. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  /** One of the items. Throws RangeError for an empty list, which is a mistake of the caller. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("pick from an empty list");
    return items[this.below(items.length)] as T;
  }
}
