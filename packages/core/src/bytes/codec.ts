// SPDX-License-Identifier: Apache-2.0
// What a codec is, and the plain ones: integers, byte strings, GUIDs. Fixed content is in fixed.ts,
// named values in named.ts, arrays and version gates in composite.ts; struct.ts puts them at offsets.

import { LayoutError } from "./error.ts";
import type { LayoutErrorCode } from "./error.ts";
import { guidDecode, guidEncode } from "./guid.ts";
import type { Guid, GuidOrder } from "./guid.ts";
import { hexEncode } from "./text.ts";

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
  /** Whether the content is fixed, so that there is no value to give when writing. */
  readonly fixed?: true;
  /** For a field that does not exist in all versions: in which it does, and its codec there. */
  readonly gated?: { readonly gate: Gate; readonly codec: Codec<unknown> };
  /** Parts of a composite codec, with offsets relative to it. */
  readonly parts?: readonly Part[];
  /** Named values or bits, for the layout documentation. */
  readonly names?: readonly (readonly [string, string])[];
}

/** First and last version a field exists in. */
export interface Gate {
  readonly from: number;
  readonly to?: number;
}

/** One placed part of a composite codec. */
export interface Part {
  readonly name: string;
  readonly offset: number;
  readonly codec: Codec<unknown>;
  readonly doc: string;
}

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
    field: site.path || undefined,
    offset,
    reason,
    hint,
    source: site.source || undefined,
  });
}

/** `0x` and lower-case hexadecimal. */
export const hexNumber = (value: number | bigint): string => `0x${value.toString(16)}`;

/** An integer of a known width. */
export interface IntegerCodec<T extends number | bigint> extends Codec<T> {
  readonly bitLength: number;
}

function integer(bitLength: 8 | 16 | 32): IntegerCodec<number> {
  return {
    type: `u${bitLength}`,
    size: bitLength / 8,
    bitLength,
    read: (view, offset, site) => view[`getUint${bitLength}`](offset, site.littleEndian),
    write(view, offset, value, site) {
      if (!Number.isInteger(value) || value < 0 || value >= 2 ** bitLength) {
        failAt(site, offset, "out-of-range", `${value} does not fit u${bitLength}`);
      }
      view[`setUint${bitLength}`](offset, value, site.littleEndian);
    },
    format: hexNumber,
  };
}

/** Unsigned 8-bit integer. */
export const u8: IntegerCodec<number> = integer(8);
/** Unsigned 16-bit integer in the structure's byte order. */
export const u16: IntegerCodec<number> = integer(16);
/** Unsigned 32-bit integer in the structure's byte order. */
export const u32: IntegerCodec<number> = integer(32);
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
