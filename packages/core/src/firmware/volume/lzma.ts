// SPDX-License-Identifier: Apache-2.0
// Decompression of LZMA ("LZMA alone": properties, dictionary size, size, stream), bounded by what the
// caller allows. Source: LZMA specification, 7-Zip LZMA SDK, lzma-specification.txt.

import { LayoutError, at, struct, u32, u64, u8 } from "../../bytes/index.ts";
import { RangeDecoder, newModels } from "./range-decoder.ts";

const SOURCE = "7-Zip LZMA SDK, lzma-specification.txt";

/** Header before the compressed stream. */
export const LZMA_HEADER = struct(
  "LZMA header",
  { size: 13, source: SOURCE },
  {
    properties: at(0, u8, "(pb * 5 + lp) * 9 + lc"),
    dictionarySize: at(1, u32),
    size: at(5, u64, "bytes when decompressed; all ones when it is not known"),
  },
);

/** Kinds of match lengths below which positions are coded apart. */
const LENGTH_STATES = 4;
const SHORTEST_MATCH = 2;
/** First slot whose low bits are not all modelled one by one. */
const FIRST_ALIGNED_SLOT = 14;
const ALIGN_BITS = 4;

/** Models of a length: which of three ranges, and the length in it. */
class LengthDecoder {
  readonly #range: RangeDecoder;
  readonly #choice = newModels(2);
  readonly #low = newModels(16 << 3);
  readonly #middle = newModels(16 << 3);
  readonly #high = newModels(1 << 8);

  constructor(range: RangeDecoder) {
    this.#range = range;
  }

  /** Length less the shortest match. */
  decode(posState: number): number {
    const range = this.#range;
    if (range.bit(this.#choice, 0) === 0) return range.tree(this.#low, posState << 3, 3);
    if (range.bit(this.#choice, 1) === 0) return 8 + range.tree(this.#middle, posState << 3, 3);
    return 16 + range.tree(this.#high, 0, 8);
  }
}

/**
 * Decompresses.
 * @param limit Most bytes that may come out; the header's size is checked against it before anything is
 * set aside.
 * @throws {LayoutError} for bytes that are no LZMA, end too early, or want more room.
 */
export function decompressLzma(data: Uint8Array, limit: number): Uint8Array {
  const { properties, size: stated } = LZMA_HEADER.decodeAt(data, 0);
  if (properties >= 9 * 5 * 5) throw corrupt(0, "has properties that do not exist");
  if (stated > BigInt(limit))
    throw corrupt(5, `states ${stated} bytes, at most ${limit} are taken`);
  const range = new RangeDecoder(data, LZMA_HEADER.size);
  return decodeStream(range, properties, new Uint8Array(Number(stated)));
}

function decodeStream(range: RangeDecoder, properties: number, output: Uint8Array): Uint8Array {
  const lc = properties % 9;
  const lp = Math.floor(properties / 9) % 5;
  const posMask = (1 << Math.floor(properties / 45)) - 1;
  const literals = newModels(0x300 << (lc + lp));
  const isMatch = newModels(12 << 4);
  const isRep = newModels(12);
  const isRep0 = newModels(12);
  const isRep1 = newModels(12);
  const isRep2 = newModels(12);
  const isRep0Long = newModels(12 << 4);
  const slots = newModels(LENGTH_STATES << 6);
  const special = newModels(128);
  const align = newModels(1 << ALIGN_BITS);
  const matchLength = new LengthDecoder(range);
  const repLength = new LengthDecoder(range);

  let state = 0;
  let [rep0, rep1, rep2, rep3] = [0, 0, 0, 0];
  let out = 0;
  const { length: size } = output;

  const literal = (): void => {
    const before = out === 0 ? 0 : output[out - 1]!;
    const base = 0x300 * (((out & ((1 << lp) - 1)) << lc) + (before >> (8 - lc)));
    output[out] =
      state < 7
        ? range.tree(literals, base, 8)
        : range.matched(literals, base, output[out - rep0 - 1]!);
    out += 1;
    state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
  };

  const distance = (length: number): number => {
    const slot = range.tree(slots, Math.min(length, LENGTH_STATES - 1) << 6, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const high = (2 | (slot & 1)) * 2 ** bits;
    if (slot < FIRST_ALIGNED_SLOT) return high + range.reverseTree(special, high - slot, bits);
    const middle = range.direct(bits - ALIGN_BITS) * 2 ** ALIGN_BITS;
    return high + middle + range.reverseTree(align, 0, ALIGN_BITS);
  };

  /** Length of a repeated match, which becomes the latest one; zero for a single byte, then done. */
  const repeated = (posState: number): number => {
    if (range.bit(isRep0, state) === 0) {
      if (range.bit(isRep0Long, (state << 4) + posState) === 0) {
        state = state < 7 ? 9 : 11;
        return 0;
      }
    } else if (range.bit(isRep1, state) === 0) {
      [rep0, rep1] = [rep1, rep0];
    } else if (range.bit(isRep2, state) === 0) {
      [rep0, rep1, rep2] = [rep2, rep0, rep1];
    } else {
      [rep0, rep1, rep2, rep3] = [rep3, rep0, rep1, rep2];
    }
    state = state < 7 ? 8 : 11;
    return SHORTEST_MATCH + repLength.decode(posState);
  };

  while (out < size) {
    const posState = out & posMask;
    if (range.bit(isMatch, (state << 4) + posState) === 0) {
      literal();
      continue;
    }
    let length: number;
    if (range.bit(isRep, state) === 0) {
      [rep1, rep2, rep3] = [rep0, rep1, rep2];
      const coded = matchLength.decode(posState);
      state = state < 7 ? 7 : 10;
      rep0 = distance(coded);
      length = SHORTEST_MATCH + coded;
    } else {
      length = repeated(posState) || 1;
    }
    if (rep0 >= out) throw corrupt(range.offset, "points before its beginning");
    if (length > size - out) throw corrupt(range.offset, "is longer than it states");
    repeat(output, out, rep0 + 1, length);
    out += length;
  }
  return output;
}

/** From here on copying by one call is faster than byte by byte. */
const LONG_MATCH = 16;

/** Copies what stands `back` bytes before; a match may reach into itself. */
function repeat(output: Uint8Array, to: number, back: number, length: number): void {
  const from = to - back;
  if (length >= LONG_MATCH && back >= length) output.copyWithin(to, from, from + length);
  else if (length >= LONG_MATCH && back === 1) output.fill(output[from]!, to, to + length);
  else for (let i = 0; i < length; i++) output[to + i] = output[from + i]!;
}

function corrupt(offset: number, reason: string): LayoutError {
  return new LayoutError({
    code: "out-of-range",
    structure: "LZMA stream",
    offset,
    reason,
    source: SOURCE,
  });
}
