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
  /** Range and code. As elements of such an array they stay integers, twice as fast as fields. */
  readonly #state = new Uint32Array(2);

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
    let code = 0;
    for (let i = 0; i < 4; i++) code = code * 256 + this.#next();
    this.#state[0] = 0xffff_ffff;
    this.#state[1] = code;
  }

  /** Offset of the next byte of the input. */
  get offset(): number {
    return this.#offset;
  }

  /** The next bit, of the model at `index`. */
  bit(models: Uint16Array, index: number): 0 | 1 {
    const state = this.#state;
    const model = models[index]!;
    let range = state[0]!;
    let code = state[1]!;
    // At most 32 bits: a range of 21 times a model of 11.
    const bound = Math.imul(range >>> MODEL_BITS, model) >>> 0;
    let bit: 0 | 1;
    if (code < bound) {
      range = bound;
      models[index] = model + (((1 << MODEL_BITS) - model) >> MOVE_BITS);
      bit = 0;
    } else {
      range = (range - bound) >>> 0;
      code = (code - bound) >>> 0;
      models[index] = model - (model >> MOVE_BITS);
      bit = 1;
    }
    if (range < TOP) {
      range = (range << 8) >>> 0;
      code = ((code << 8) | this.#next()) >>> 0;
    }
    state[0] = range;
    state[1] = code;
    return bit;
  }

  /** A number of `bits` bits, the highest first, of a tree of models at `base`. */
  tree(models: Uint16Array, base: number, bits: number): number {
    const state = this.#state;
    let range = state[0]!;
    let code = state[1]!;
    const top = 1 << bits;
    let node = 1;
    while (node < top) {
      const model = models[base + node]!;
      const bound = Math.imul(range >>> MODEL_BITS, model) >>> 0;
      if (code < bound) {
        range = bound;
        models[base + node] = model + (((1 << MODEL_BITS) - model) >> MOVE_BITS);
        node <<= 1;
      } else {
        range = (range - bound) >>> 0;
        code = (code - bound) >>> 0;
        models[base + node] = model - (model >> MOVE_BITS);
        node = (node << 1) | 1;
      }
      if (range < TOP) {
        range = (range << 8) >>> 0;
        code = ((code << 8) | this.#next()) >>> 0;
      }
    }
    state[0] = range;
    state[1] = code;
    return node - top;
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
    const state = this.#state;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      let range = state[0]! >>> 1;
      let code = state[1]!;
      const bit = code >= range ? 1 : 0;
      if (bit === 1) code = (code - range) >>> 0;
      value = value * 2 + bit;
      if (range < TOP) {
        range = (range << 8) >>> 0;
        code = ((code << 8) | this.#next()) >>> 0;
      }
      state[0] = range;
      state[1] = code;
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
