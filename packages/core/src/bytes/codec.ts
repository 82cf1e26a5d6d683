// SPDX-License-Identifier: Apache-2.0
// The building blocks of a layout: fixed-size codecs for integers, byte strings, GUIDs, constants,
// enumerations, bit fields and arrays. struct.ts puts them at offsets.

import { LayoutError } from "./error.ts";
import type { LayoutErrorCode } from "./error.ts";
import { guidDecode, guidEncode } from "./guid.ts";
import type { Guid, GuidOrder } from "./guid.ts";
import { hexEncode, quote } from "./text.ts";

/** What a codec needs to know of its surroundings: byte order, gate version, and names for errors. */
export interface Site {
  readonly littleEndian: boolean;
  readonly structure: string;
  readonly path: string;
  readonly source: string;
  /** Value of the structure's version field once it has been read or is about to be written. */
  readonly version: number | undefined;
}

/** Reads and writes one value of a fixed number of bytes. `void` values stand for fixed content. */
export interface Codec<T> {
  /** Type as the layout documentation prints it: `u32`, `bytes[48]`, `GUID`. */
  readonly type: string;
  /** Bytes taken. */
  readonly size: number;
  read(view: DataView, offset: number, site: Site): T;
  write(view: DataView, offset: number, value: T, site: Site): void;
  /** The value as one line of text; absent for composite codecs. */
  format?(value: T): string;
  /** Parts of a composite codec, with offsets relative to it. */
  readonly parts?: readonly Part[];
  /** Named values or bits, for the layout documentation. */
  readonly names?: readonly (readonly [string, string])[];
}

/** One placed part of a composite codec. */
export interface Part {
  readonly name: string;
  readonly offset: number;
  readonly codec: Codec<unknown>;
  readonly doc: string;
}

/** Type of the value a codec reads. */
export type ValueOf<C> = C extends Codec<infer T> ? T : never;

/** Throws the {@link LayoutError} for a field at `site`. */
export function failAt(
  site: Site,
  offset: number,
  code: LayoutErrorCode,
  reason: string,
  hint?: string,
): never {
  throw new LayoutError({
    code,
    structure: site.structure,
    ...(site.path === "" ? {} : { field: site.path }),
    offset,
    reason,
    ...(hint === undefined ? {} : { hint }),
    ...(site.source === "" ? {} : { source: site.source }),
  });
}

const hexNumber = (value: number | bigint): string => `0x${value.toString(16)}`;

interface IntegerCodec<T extends number | bigint> extends Codec<T> {
  readonly bitLength: number;
}

function integer(size: 1 | 2 | 4): IntegerCodec<number> {
  const limit = 2 ** (size * 8);
  return {
    type: `u${size * 8}`,
    size,
    bitLength: size * 8,
    read: (view, offset, site) =>
      size === 1
        ? view.getUint8(offset)
        : size === 2
          ? view.getUint16(offset, site.littleEndian)
          : view.getUint32(offset, site.littleEndian),
    write(view, offset, value, site) {
      if (!Number.isInteger(value) || value < 0 || value >= limit) {
        failAt(site, offset, "out-of-range", `${value} does not fit u${size * 8}`);
      }
      if (size === 1) view.setUint8(offset, value);
      else if (size === 2) view.setUint16(offset, value, site.littleEndian);
      else view.setUint32(offset, value, site.littleEndian);
    },
    format: hexNumber,
  };
}

/** Unsigned 8-bit integer. */
export const u8: IntegerCodec<number> = integer(1);
/** Unsigned 16-bit integer in the structure's byte order. */
export const u16: IntegerCodec<number> = integer(2);
/** Unsigned 32-bit integer in the structure's byte order. */
export const u32: IntegerCodec<number> = integer(4);
/** Unsigned 64-bit integer in the structure's byte order, as a bigint. */
export const u64: IntegerCodec<bigint> = {
  type: "u64",
  size: 8,
  bitLength: 64,
  read: (view, offset, site) => view.getBigUint64(offset, site.littleEndian),
  write(view, offset, value, site) {
    if (typeof value !== "bigint" || value < 0n || value >= 1n << 64n) {
      failAt(site, offset, "out-of-range", `${value} does not fit u64`);
    }
    view.setBigUint64(offset, value, site.littleEndian);
  },
  format: hexNumber,
};

/** The codec in big-endian order whatever the structure's order is. */
export function bigEndian<T extends number | bigint>(codec: IntegerCodec<T>): IntegerCodec<T> {
  return {
    ...codec,
    type: `${codec.type}be`,
    read: (view, offset, site) => codec.read(view, offset, { ...site, littleEndian: false }),
    write: (view, offset, value, site) =>
      codec.write(view, offset, value, { ...site, littleEndian: false }),
  };
}

/** `length` bytes, read as a view into the input (not a copy). */
export function bytes(length: number): Codec<Uint8Array> {
  return {
    type: `bytes[${length}]`,
    size: length,
    read: (view, offset) => new Uint8Array(view.buffer, view.byteOffset + offset, length),
    write(view, offset, value, site) {
      if (value.length !== length) {
        failAt(site, offset, "bad-length", `has ${value.length} bytes, must have ${length}`);
      }
      new Uint8Array(view.buffer, view.byteOffset + offset, length).set(value);
    },
    format: hexEncode,
  };
}

/** A GUID as text, stored in EFI order unless told otherwise. */
export function guid(order: GuidOrder = "efi"): Codec<Guid> {
  const raw = bytes(16);
  return {
    type: order === "efi" ? "GUID" : "UUID",
    size: 16,
    read: (view, offset, site) => guidDecode(raw.read(view, offset, site), order),
    write(view, offset, value, site) {
      raw.write(view, offset, encodeGuidAt(site, offset, value, order), site);
    },
    format: (value) => value,
  };
}

/** guidEncode() whose error says which field the text was meant for. */
function encodeGuidAt(site: Site, offset: number, text: Guid, order: GuidOrder): Uint8Array {
  try {
    return guidEncode(text, order);
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    return failAt(site, offset, error.code, error.reason);
  }
}

/** `length` bytes that must be zero; not part of the decoded value. */
export function mbz(length: number): Codec<void> {
  const raw = bytes(length);
  return {
    type: `mbz[${length}]`,
    size: length,
    read(view, offset, site) {
      const wrong = raw.read(view, offset, site).findIndex((byte) => byte !== 0);
      if (wrong >= 0) {
        const found = hexNumber(view.getUint8(offset + wrong));
        failAt(site, offset + wrong, "must-be-zero", `is ${found}, must be zero`);
      }
    },
    write() {
      // Output buffers start zeroed, and zero is the only content allowed here.
    },
    format: () => "must be zero",
  };
}

/** A field that always has this one value (a signature, a length); not part of the decoded value. */
export function constant<T extends number | bigint | string>(
  codec: Codec<T>,
  value: T,
  code: LayoutErrorCode = "constant-mismatch",
): Codec<void> {
  const show = (v: T): string => codec.format?.(v) ?? String(v);
  return {
    type: `${codec.type} = ${show(value)}`,
    size: codec.size,
    read(view, offset, site) {
      const found = codec.read(view, offset, site);
      if (found !== value) {
        failAt(site, offset, code, `is ${show(found)}, must be ${show(value)}`);
      }
    },
    write: (view, offset, _value, site) => codec.write(view, offset, value, site),
    format: () => show(value),
  };
}

/** ASCII text of exactly this many characters that must be there, such as `ASEV`. */
export function signature(text: string): Codec<void> {
  const codec: Codec<string> = {
    type: `char[${text.length}]`,
    size: text.length,
    read: (view, offset) =>
      String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + offset, text.length)),
    write: (view, offset, value) => {
      for (let i = 0; i < text.length; i++) view.setUint8(offset + i, value.charCodeAt(i));
    },
    format: quote,
  };
  return constant(codec, text);
}

/** Version number out of those supported; others are refused as `unsupported-version`. */
export function version<const V extends number>(
  codec: Codec<number>,
  supported: readonly V[],
): Codec<V> {
  return {
    type: `${codec.type} in {${supported.join(", ")}}`,
    size: codec.size,
    read(view, offset, site) {
      const found = codec.read(view, offset, site);
      const known = supported.find((v) => v === found);
      return (
        known ??
        failAt(
          site,
          offset,
          "unsupported-version",
          `is ${found}, supported: ${supported.join(", ")}`,
          "a newer Greenlight may know this version; it is not guessed at",
        )
      );
    },
    write(view, offset, value, site) {
      if (!supported.includes(value)) {
        const known = supported.join(", ");
        failAt(site, offset, "unsupported-version", `is ${value}, supported: ${known}`);
      }
      codec.write(view, offset, value, site);
    },
    format: String,
  };
}

/** An integer with a closed set of named values; a value outside it is refused. */
export function enumeration<const N extends Readonly<Record<string, number>>>(
  codec: Codec<number>,
  names: N,
): Codec<keyof N & string> {
  const byValue = new Map(Object.entries(names).map(([name, value]) => [value, name]));
  return {
    type: codec.type,
    size: codec.size,
    read: (view, offset, site) => {
      const found = codec.read(view, offset, site);
      const known = Object.entries(names).map(([name, value]) => `${value} ${name}`);
      return (
        byValue.get(found) ??
        failAt(site, offset, "unknown-value", `is ${hexNumber(found)}, known: ${known.join(", ")}`)
      );
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

/** `count` values of one codec, one after the other. */
export function array<T>(codec: Codec<T>, count: number): Codec<readonly T[]> {
  const indices = Array.from({ length: count }, (_, i) => i);
  const siteOf = (site: Site, i: number): Site => ({ ...site, path: `${site.path}[${i}]` });
  return {
    type: `${codec.type}[${count}]`,
    size: codec.size * count,
    read: (view, offset, site) =>
      indices.map((i) => codec.read(view, offset + i * codec.size, siteOf(site, i))),
    write(view, offset, value, site) {
      if (value.length !== count) {
        failAt(site, offset, "bad-length", `has ${value.length} elements, must have ${count}`);
      }
      value.forEach((v, i) => codec.write(view, offset + i * codec.size, v, siteOf(site, i)));
    },
    parts: indices.map((i) => ({
      name: `[${i}]`,
      offset: i * codec.size,
      codec,
      doc: "",
    })),
  };
}

/**
 * A field that exists only from version `from` up to and including `to` of its structure. Outside
 * that range the bytes must be zero and the value is undefined.
 */
export function gated<T>(
  gate: { readonly from: number; readonly to?: number },
  codec: Codec<T>,
): Codec<T | undefined> {
  const absent = mbz(codec.size);
  const present = (site: Site): boolean =>
    site.version !== undefined &&
    site.version >= gate.from &&
    site.version <= (gate.to ?? Number.POSITIVE_INFINITY);
  return {
    type: `${codec.type} (version ${gate.from}${gate.to === undefined ? "+" : `-${gate.to}`})`,
    size: codec.size,
    read: (view, offset, site) =>
      present(site) ? codec.read(view, offset, site) : (absent.read(view, offset, site), undefined),
    write(view, offset, value, site) {
      if (present(site) !== (value !== undefined)) {
        const verb = value === undefined ? "is missing in" : "does not exist in";
        failAt(site, offset, "out-of-range", `${verb} version ${site.version ?? "unknown"}`);
      }
      if (value !== undefined) codec.write(view, offset, value, site);
    },
    format: (value) =>
      value === undefined ? "not in this version" : (codec.format?.(value) ?? String(value)),
    ...(codec.names === undefined ? {} : { names: codec.names }),
  };
}
