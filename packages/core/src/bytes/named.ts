// SPDX-License-Identifier: Apache-2.0
// Integers with names: enumerations, labelled values, bit fields.

import { failAt, hexNumber } from "./codec.ts";
import type { Codec, IntegerCodec } from "./codec.ts";

/**
 * An integer with a closed set of named values; a value outside it is refused. Two names for one
 * value are a bug of ours and throw a plain Error on load.
 */
export function enumeration<const N extends Readonly<Record<string, number>>>(
  codec: Codec<number>,
  names: N,
): Codec<keyof N & string> {
  const byValue = new Map(Object.entries(names).map(([name, value]) => [value, name]));
  if (byValue.size !== Object.keys(names).length) throw new Error("a value has two names");
  return {
    type: codec.type,
    size: codec.size,
    read: (view, offset, site) => {
      const found = codec.read(view, offset, site);
      const name = byValue.get(found);
      if (name !== undefined) return name;
      const known = Object.entries(names).map((row) => `${row[1]} ${row[0]}`);
      const reason = `is ${hexNumber(found)}, known: ${known.join(", ")}`;
      return failAt(site, offset, "unknown-value", reason);
    },
    write: (view, offset, value, site) => codec.write(view, offset, names[value]!, site),
    format: (value) => `${value} (${names[value]})`,
    names: Object.entries(names).map(([name, value]) => [hexNumber(value), name] as const),
  };
}

/** An integer shown with a name where one is known; every value is kept, for a judge to refuse. */
export function labelled(
  codec: Codec<number>,
  names: Readonly<Record<string, number>>,
): Codec<number> {
  const byValue = new Map(Object.entries(names).map(([name, value]) => [value, name]));
  return {
    ...codec,
    format: (value) => `${hexNumber(value)} (${byValue.get(value) ?? "unknown"})`,
    names: Object.entries(names).map(([name, value]) => [hexNumber(value), name] as const),
  };
}

/** One bit (its number) or a range of bits as `[high, low]`, the way AMD's tables write `7:0`. */
export type BitPosition = number | readonly [high: number, low: number];

type BitValue<P extends BitPosition> = P extends number ? boolean : number;

/** Decoded bit fields: a boolean for a single bit, a number for a range (at most 32 bits wide). */
export type BitFields<B extends Readonly<Record<string, BitPosition>>> = {
  readonly [K in keyof B]: BitValue<B[K]>;
};

/**
 * Named bits of an integer. Bits without a name are reserved and must be zero. Bits that overlap or
 * lie outside the integer are a bug of ours and throw a plain Error on load.
 */
export function bits<const B extends Readonly<Record<string, BitPosition>>>(
  codec: IntegerCodec<number> | IntegerCodec<bigint>,
  layout: B,
): Codec<BitFields<B>> {
  const wide: Codec<number | bigint> = codec;
  const places = Object.entries(layout).map(([name, position]) => {
    const [high, low] = typeof position === "number" ? [position, position] : position;
    return { name, low, width: high - low + 1, single: typeof position === "number" };
  });
  const maskOf = (p: { low: number; width: number }): bigint =>
    ((1n << BigInt(p.width)) - 1n) << BigInt(p.low);
  let known = 0n;
  for (const place of places) {
    const { name, low, width } = place;
    const fits = low >= 0 && width >= 1 && width <= 32 && low + width <= codec.bitLength;
    if (!fits) throw new Error(`bits ${name} do not fit ${codec.type}`);
    if ((known & maskOf(place)) !== 0n) throw new Error(`bits ${name} overlap others`);
    known |= maskOf(place);
  }
  const asInteger = (value: bigint): number | bigint =>
    codec.bitLength === 64 ? value : Number(value);
  return {
    type: `${codec.type} bits`,
    size: codec.size,
    read(view, offset, site) {
      const raw = BigInt(wide.read(view, offset, site));
      if ((raw & ~known) !== 0n) {
        failAt(site, offset, "reserved-bits", `has reserved bits set: ${hexNumber(raw & ~known)}`);
      }
      const fields = places.map((place) => {
        const value = (raw & maskOf(place)) >> BigInt(place.low);
        return [place.name, place.single ? value === 1n : Number(value)] as const;
      });
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one entry for each key of B
      return Object.fromEntries(fields) as BitFields<B>;
    },
    write(view, offset, value, site) {
      let raw = 0n;
      for (const place of places) {
        const part = Number(value[place.name]);
        if (!Number.isInteger(part) || part < 0 || part >= 2 ** place.width) {
          failAt(
            { ...site, path: `${site.path}.${place.name}` },
            offset,
            "out-of-range",
            `${part} does not fit ${place.width} bits`,
          );
        }
        raw |= BigInt(part) << BigInt(place.low);
      }
      wide.write(view, offset, asInteger(raw), site);
    },
    format: (value) =>
      places
        .filter((place) => Number(value[place.name]) !== 0)
        .map((place) => (place.single ? place.name : `${place.name}=${Number(value[place.name])}`))
        .join(" ") || "none set",
    names: places.map((place) => {
      const range = place.single ? `${place.low}` : `${place.low + place.width - 1}:${place.low}`;
      return [`bit ${range}`, place.name] as const;
    }),
  };
}
