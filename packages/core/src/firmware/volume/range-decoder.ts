// SPDX-License-Identifier: Apache-2.0
// The range decoder of LZMA: bits out of bytes, each with a probability that learns.
// Source: LZMA specification, 7-Zip LZMA SDK, lzma-specification.txt.

import { LayoutError } from "../../bytes/index.ts";

const MODEL_BITS = 11;
const MOVE_BITS = 5;
const TOP = 2 ** 24;

/** Probabilities of bits; each begins at one half. */
export function newModels(count: number): Uint16Array {
  return new Uint16Array(count).fill(1 << (MODEL_BITS - 1));
}

/** Reads bits; never a byte behind the end of its input. */
export class RangeDecoder {
  readonly #input: Uint8Array;
  #offset: number;
  #range = 0xffff_ffff;
  #code = 0;

  /** @throws {LayoutError} when the stream does not begin as one does. */
  constructor(input: Uint8Array, offset: number) {
    this.#input = input;
    this.#offset = offset;
    if (this.#next() !== 0) {
      throw new LayoutError({
        code: "constant-mismatch",
        structure: "LZMA stream",
        offset,
        reason: "does not begin with a zero byte",
      });
    }
    for (let i = 0; i < 4; i++) this.#code = this.#code * 256 + this.#next();
  }

  /** Offset of the next byte of the input. */
  get offset(): number {
    return this.#offset;
  }

  /** The next bit, of the model at `index`. */
  bit(models: Uint16Array, index: number): 0 | 1 {
    const model = models[index]!;
    const bound = (this.#range >>> MODEL_BITS) * model;
    let bit: 0 | 1;
    if (this.#code < bound) {
      this.#range = bound;
      models[index] = model + (((1 << MODEL_BITS) - model) >> MOVE_BITS);
      bit = 0;
    } else {
      this.#range -= bound;
      this.#code -= bound;
      models[index] = model - (model >> MOVE_BITS);
      bit = 1;
    }
    if (this.#range < TOP) {
      this.#range *= 256;
      this.#code = this.#code * 256 + this.#next();
    }
    return bit;
  }

  /** A number of `bits` bits, the highest first, of a tree of models at `base`. */
  tree(models: Uint16Array, base: number, bits: number): number {
    let node = 1;
    for (let i = 0; i < bits; i++) node = (node << 1) | this.bit(models, base + node);
    return node - (1 << bits);
  }

  /** The same with the lowest bit first. */
  reverseTree(models: Uint16Array, base: number, bits: number): number {
    let node = 1;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const bit = this.bit(models, base + node);
      node = (node << 1) | bit;
      value |= bit << i;
    }
    return value;
  }

  /** A byte after a match: its models depend on the byte that would have followed the match. */
  matched(models: Uint16Array, base: number, expected: number): number {
    let node = 1;
    let rest = expected;
    while (node < 0x100) {
      const guess = (rest >> 7) & 1;
      rest <<= 1;
      const bit = this.bit(models, base + ((1 + guess) << 8) + node);
      node = (node << 1) | bit;
      if (guess !== bit) break;
    }
    while (node < 0x100) node = (node << 1) | this.bit(models, base + node);
    return node & 0xff;
  }

  /** A number of bits without models. */
  direct(bits: number): number {
    let value = 0;
    for (let i = 0; i < bits; i++) {
      this.#range = Math.floor(this.#range / 2);
      const bit = this.#code >= this.#range ? 1 : 0;
      if (bit === 1) this.#code -= this.#range;
      value = value * 2 + bit;
      if (this.#range < TOP) {
        this.#range *= 256;
        this.#code = this.#code * 256 + this.#next();
      }
    }
    return value;
  }

  #next(): number {
    const byte = this.#input[this.#offset];
    if (byte === undefined) {
      throw new LayoutError({
        code: "truncated",
        structure: "LZMA stream",
        offset: this.#offset,
        reason: "ends before everything is decompressed",
      });
    }
    this.#offset += 1;
    return byte;
  }
}
