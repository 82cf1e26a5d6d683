// SPDX-License-Identifier: Apache-2.0
// struct(): a layout declared once, with every field pinned to the offset its specification prints.
// Types, decoder, encoder, annotated views and documentation all come from the declaration.

import { hexNumber } from "./codec.ts";
import type { Codec, Part, Site } from "./codec.ts";
import { LayoutError } from "./error.ts";

/** A field: where it is, how it is coded, what it means. Made by {@link at}. */
export interface Field<T> {
  readonly offset: number;
  readonly codec: Codec<T>;
  readonly doc: string;
}

/** Places a codec at a byte offset of its structure. */
export function at<T>(offset: number, codec: Codec<T>, doc = ""): Field<T> {
  return { offset, codec, doc };
}

// oxlint-disable-next-line typescript/no-explicit-any -- fields of any value type, constrained below
type Fields = Readonly<Record<string, Field<any>>>;

type Visible<F extends Fields> = {
  [K in keyof F]: F[K] extends Field<infer T> ? ([T] extends [void] ? never : K) : never;
}[keyof F];

/** The value a structure decodes to: its fields without the fixed and must-be-zero ones. */
export type Decoded<F extends Fields> = {
  readonly [K in Visible<F>]: F[K] extends Field<infer T> ? T : never;
};

/** The decoded type of a structure: `type Report = Infer<typeof REPORT>`. */
export type Infer<S> = S extends Struct<infer T> ? T : never;

/** What a structure is called, how large it is and which document says so. */
export interface StructOptions {
  /** Size in bytes; checked against the fields when the module is loaded. */
  readonly size: number;
  /** Document, revision, section or table. */
  readonly source: string;
  readonly endian?: "little" | "big";
  /** Field whose value opens and closes `gated()` fields. It must come before them. */
  readonly versionField?: string;
}

/** A declared layout. It is itself a codec, so structures nest. */
export interface Struct<T> extends Codec<T> {
  readonly name: string;
  readonly source: string;
  readonly endian: "little" | "big";
  readonly parts: readonly Part[];
  /** Field whose value opens and closes gated fields, where there are any. */
  readonly versionField: string | undefined;
  /**
   * Decodes bytes that are exactly this structure.
   * @throws {LayoutError} for a wrong length or any field that breaks its rule.
   */
  decode(bytes: Uint8Array): T;
  /**
   * Decodes the structure at `offset` of a larger buffer. Byte strings in the result are views.
   * @throws {LayoutError} `truncated` when it does not fit, or for any field that breaks its rule.
   */
  decodeAt(bytes: Uint8Array, offset: number): T;
  /**
   * Encodes into new bytes of exactly the structure's size.
   * @throws {LayoutError} `out-of-range` or `bad-length` for a value that does not fit its field.
   */
  encode(value: T): Uint8Array;
  /** Offset of a field, for code that patches a prepared buffer. */
  offsetOf(field: keyof T & string): number;
}

/** What is the same whenever a structure of one version is read. */
interface Kept {
  readonly sites: readonly Site[];
  /** The keys a value has, without values. */
  shape?: Readonly<Record<string, undefined>>;
}

/** Versions of a structure whose sites are kept; no structure has as many. */
const MOST_KEPT_VERSIONS = 16;

/**
 * Declares a layout. Fields are listed in order of offset and must cover the size without gap or
 * overlap (a mistake there is a bug of ours and throws a plain Error on load).
 */
export function struct<const F extends Fields>(
  name: string,
  options: StructOptions,
  fields: F,
): Struct<Decoded<F>> {
  type T = Decoded<F>;
  const { size, source, endian = "little", versionField } = options;
  const parts: readonly Part[] = Object.entries(fields).map(([key, field]) => ({
    name: key,
    ...field,
  }));
  checkCoverage(name, size, parts);
  if (versionField !== undefined && !Object.hasOwn(fields, versionField)) {
    throw new Error(`${name} has no field ${versionField} to take its version from`);
  }

  const rootSite: Site = {
    littleEndian: endian === "little",
    structure: name,
    path: "",
    source,
    version: undefined,
  };
  // Nested structures keep their own byte order and gates but report under the outermost name.
  const inner = (outer: Site): Site =>
    outer === rootSite ? rootSite : { ...rootSite, structure: outer.structure, path: outer.path };
  const fieldSite = (site: Site, field: string, gate: number | undefined): Site => ({
    ...site,
    path: site.path === "" ? field : `${site.path}.${field}`,
    version: gate,
  });
  // Reports are decoded by the thousand, and most of that is making sites and growing values field by
  // field: sites of the structure itself, and a value to copy the shape of, are kept for its few versions.
  const kept = new Map<number | undefined, Kept>();
  function keptFor(site: Site, gate: number | undefined): Kept {
    const known = site === rootSite ? kept.get(gate) : undefined;
    if (known !== undefined) return known;
    const made: Kept = { sites: parts.map((part) => fieldSite(site, part.name, gate)) };
    if (site === rootSite && kept.size < MOST_KEPT_VERSIONS) kept.set(gate, made);
    return made;
  }

  function read(view: DataView, base: number, outer: Site): T {
    const site = inner(outer);
    let current = keptFor(site, undefined);
    let value: Record<string, unknown> = { ...current.shape };
    for (let i = 0; i < parts.length; i++) {
      const { name: key, offset, codec } = parts[i]!;
      const part = codec.read(view, base + offset, current.sites[i]!);
      if (part !== undefined) value[key] = part;
      if (key === versionField) {
        current = keptFor(site, Number(part));
        // Only the first field is never overwritten by the copy.
        if (i === 0 && current.shape !== undefined) value = { ...current.shape, [key]: part };
      }
    }
    if (versionField === undefined || current.sites[0]?.version !== undefined) {
      current.shape ??= Object.fromEntries(Object.keys(value).map((key) => [key, undefined]));
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- filled field by field, by key
    return value as T;
  }

  function write(view: DataView, base: number, value: T, outer: Site): void {
    const site = inner(outer);
    const record = value as Readonly<Record<string, unknown>>;
    const gate = versionField === undefined ? undefined : Number(record[versionField]);
    for (const { name: key, offset, codec } of parts) {
      codec.write(view, base + offset, record[key], fieldSite(site, key, gate));
    }
  }

  function decodeAt(bytes: Uint8Array, offset: number): T {
    if (!Number.isInteger(offset) || offset < 0 || bytes.length - offset < size) {
      throw new LayoutError({
        code: "truncated",
        structure: name,
        offset,
        reason: `needs ${size} bytes, ${Math.max(0, bytes.length - Math.max(0, offset))} are there`,
        source,
      });
    }
    return read(viewOf(bytes), offset, rootSite);
  }

  return {
    name,
    type: name,
    source,
    endian,
    size,
    versionField,
    parts,
    read,
    write,
    decodeAt,
    decode(bytes) {
      if (bytes.length > size) {
        throw new LayoutError({
          code: "trailing-bytes",
          structure: name,
          offset: size,
          reason: `${bytes.length - size} bytes follow the ${size} of the structure`,
          source,
        });
      }
      return decodeAt(bytes, 0);
    },
    encode(value) {
      const bytes = new Uint8Array(size);
      write(viewOf(bytes), 0, value, rootSite);
      return bytes;
    },
    offsetOf: (field) => fields[field]!.offset,
  };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function checkCoverage(name: string, size: number, parts: readonly Part[]): void {
  let end = 0;
  for (const part of parts) {
    if (part.offset !== end) {
      throw new Error(
        `${name}.${part.name} is at ${hexNumber(part.offset)}, not ${hexNumber(end)}`,
      );
    }
    end += part.codec.size;
  }
  if (end !== size) throw new Error(`${name} covers ${end} bytes of ${size}`);
}
