// SPDX-License-Identifier: Apache-2.0
// Random layouts with random values that fit them, for properties.

import * as fc from "fast-check";
import {
  array,
  at,
  bigEndian,
  bits,
  bytes,
  constant,
  enumeration,
  gated,
  guid,
  labelled,
  mbz,
  signature,
  struct,
  u16,
  u32,
  u64,
  u8,
  version,
} from "../../src/bytes/index.ts";
import type { BitPosition, Codec, Field, Struct } from "../../src/bytes/index.ts";

/** A layout of any fields. */
export type AnyStruct = Struct<Readonly<Record<string, unknown>>>;

/** A codec and values for it; undefined values are those of fixed content. */
interface Piece {
  readonly codec: Codec<unknown>;
  readonly value: fc.Arbitrary<unknown>;
  /** Lowest version that has the piece, for gated ones. */
  readonly from?: number;
}

const piece = <T>(codec: Codec<T>, value: fc.Arbitrary<T>): Piece => ({ codec, value });
const fixed = (codec: Codec<void>): Piece => ({ codec, value: fc.constant(undefined) });

const NAMES = { NONE: 0, FIRST: 1, LAST: 255 } as const;
const byte = fc.nat(0xff);
const word = fc.nat(0xffff);
const long = fc.nat(0xffff_ffff);
const quad = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

const integerPiece = fc.constantFrom(
  piece(u8, byte),
  piece(u16, word),
  piece(u32, long),
  piece(u64, quad),
  piece(bigEndian(u16), word),
  piece(bigEndian(u32), long),
  piece(bigEndian(u64), quad),
);

const textPiece = fc.constantFrom(
  piece(guid(), fc.uuid()),
  piece(guid("rfc"), fc.uuid()),
  piece(enumeration(u8, NAMES), fc.constantFrom("NONE", "FIRST", "LAST")),
  piece(labelled(u16, NAMES), word),
  fixed(constant(u16, 0x1234)),
  fixed(constant(guid(), "96b582de-1fb2-45f7-baea-a366c55a082d")),
  fixed(signature("ASEV")),
);

const bytesPiece = fc
  .nat(9)
  .map((length) => piece(bytes(length), fc.uint8Array({ minLength: length, maxLength: length })));
const mbzPiece = fc.nat(4).map((length) => fixed(mbz(length)));
const arrayPiece = fc
  .nat(3)
  .map((count) => piece(array(u16, count), fc.array(word, { minLength: count, maxLength: count })));

/** Bit fields: alternating gaps and widths, as far as they fit. */
const bitsPiece = fc
  .tuple(
    fc.constantFrom(u8, u16, u32, bigEndian(u32)),
    fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 9 })), { maxLength: 6 }),
  )
  .map(([codec, spans]) => {
    const positions: Record<string, BitPosition> = {};
    const values: Record<string, fc.Arbitrary<boolean | number>> = {};
    let low = 0;
    for (const [i, [gap, width]] of spans.entries()) {
      low += gap;
      if (low + width > codec.bitLength) break;
      positions[`b${i}`] = width === 1 ? low : [low + width - 1, low];
      values[`b${i}`] = width === 1 ? fc.boolean() : fc.nat(2 ** width - 1);
      low += width;
    }
    return piece(bits(codec, positions), fc.record(values, { noNullPrototype: true }));
  });

const leaf = fc.oneof(integerPiece, textPiece, bytesPiece, mbzPiece, arrayPiece, bitsPiece);

const gatedPiece = fc
  .tuple(leaf, fc.integer({ min: 1, max: 4 }))
  // Fixed content has no value that could be absent, so it cannot be gated.
  .filter(([{ codec }]) => !/mbz|=/.test(codec.type))
  .map(([{ codec, value }, from]): Piece => ({ codec: gated({ from }, codec), value, from }));

/** A layout with an arbitrary of values that fit it. */
export interface RandomLayout {
  readonly layout: AnyStruct;
  readonly value: fc.Arbitrary<Readonly<Record<string, unknown>>>;
}

/** Puts pieces behind each other; `versioned` puts a version field first. */
function assemble(
  pieces: readonly Piece[],
  endian: "little" | "big",
  versioned: boolean,
): RandomLayout {
  const fields: Record<string, Field<unknown>> = {};
  const values: Record<string, Piece> = {};
  let size = 0;
  const add = (name: string, added: Piece): void => {
    fields[name] = at(size, added.codec);
    values[name] = added;
    size += added.codec.size;
  };
  if (versioned) add("version", { codec: version(u8, [1, 2, 3]), value: fc.constantFrom(1, 2, 3) });
  for (const [i, each] of pieces.entries()) add(`f${i}`, each);
  const options = { size, source: "random", endian };
  const layout: AnyStruct = struct(
    "RANDOM",
    versioned ? { ...options, versionField: "version" } : options,
    fields,
  );
  const arbitraries = Object.fromEntries(
    Object.entries(values).map(([name, p]) => [name, p.value]),
  );
  const value = fc.record(arbitraries, { noNullPrototype: true }).map((record) =>
    Object.fromEntries(
      Object.entries(record).filter(([name, found]) => {
        const from = values[name]?.from;
        return found !== undefined && (from === undefined || Number(record["version"]) >= from);
      }),
    ),
  );
  return { layout, value };
}

const endian = fc.constantFrom("little", "big");

const inner = fc
  .tuple(fc.array(leaf, { maxLength: 4 }), endian)
  .map(([pieces, order]) => assemble(pieces, order, false))
  .map(({ layout, value }) => piece<Readonly<Record<string, unknown>>>(layout, value));

/** Layouts of up to eight fields, in both byte orders, with nested and gated fields. */
export const randomLayout: fc.Arbitrary<RandomLayout> = fc.oneof(
  fc
    .tuple(fc.array(fc.oneof({ weight: 3, arbitrary: leaf }, inner), { maxLength: 8 }), endian)
    .map(([pieces, order]) => assemble(pieces, order, false)),
  fc
    .tuple(fc.array(fc.oneof(leaf, gatedPiece), { maxLength: 8 }), endian)
    .map(([pieces, order]) => assemble(pieces, order, true)),
);

/** A random layout with one value that fits it. */
export const layoutAndValue = randomLayout.chain(({ layout, value }) =>
  fc.tuple(fc.constant(layout), value),
);
