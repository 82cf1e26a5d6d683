// SPDX-License-Identifier: Apache-2.0
// A structure's bytes field by field, for people: offset, size, name, value, and what is wrong. It
// shows broken structures too, where decode() would stop at the first problem.

import type { Codec, Part, Site } from "./codec.ts";
import { gateOpen } from "./composite.ts";
import { LayoutError } from "./error.ts";
import type { Struct } from "./struct.ts";
import { hexEncode } from "./text.ts";

/** One field of an annotated structure. */
export interface Annotation {
  /** Offset from the start of the bytes given. */
  readonly offset: number;
  readonly size: number;
  /** Dotted path from the structure: `cs.attrib`. */
  readonly path: string;
  readonly type: string;
  /** The value as text; long byte strings are shortened by the printer, not here. */
  readonly text: string;
  readonly doc: string;
  /** Why the field breaks its layout, when it does. */
  readonly problem?: string;
}

/**
 * Annotates the structure at `offset`. Never throws for broken content: a field that breaks its
 * rule carries a `problem`, and a field that is cut off ends the list with one.
 */
export function annotate<T>(
  layout: Struct<T>,
  bytes: Uint8Array,
  offset = 0,
): readonly Annotation[] {
  const rows: Annotation[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  walk(layout, offset, { path: "", littleEndian: true, version: undefined }, rows, view);
  return rows;
}

/** A composite codec as far as the walk looks at it. */
interface Composite {
  readonly parts?: readonly Part[];
  readonly endian?: "little" | "big";
  readonly versionField?: string | undefined;
}

/** What the parts of a composite take over from around it. Arrays have no order or version of their own. */
interface Surroundings {
  readonly path: string;
  readonly littleEndian: boolean;
  readonly version: number | undefined;
}

function walk(
  composite: Composite,
  base: number,
  outer: Surroundings,
  rows: Annotation[],
  view: DataView,
): boolean {
  const isStruct = composite.endian !== undefined;
  const littleEndian = isStruct ? composite.endian === "little" : outer.littleEndian;
  let version = isStruct ? undefined : outer.version;
  for (const part of composite.parts ?? []) {
    const path = joinPath(outer.path, part.name);
    const offset = base + part.offset;
    const codec = openGate(part.codec, version);
    if (codec.parts !== undefined) {
      if (!walk(codec, offset, { path, littleEndian, version }, rows, view)) return false;
      continue;
    }
    const row = { offset, size: codec.size, path, type: codec.type, doc: part.doc };
    if (offset + codec.size > view.byteLength) {
      const left = Math.max(0, view.byteLength - offset);
      const problem = `cut off: needs ${codec.size} bytes, ${left} are there`;
      rows.push({ ...row, size: left, text: "", problem });
      return false;
    }
    const site: Site = { littleEndian, structure: "", path, source: "", version };
    const leaf = readLeaf(codec, view, offset, site);
    if (part.name === composite.versionField) version = asVersion(leaf.value);
    rows.push({
      ...row,
      text: leaf.text,
      ...(leaf.problem === undefined ? {} : { problem: leaf.problem }),
    });
  }
  return true;
}

/** Parts or fixed content behind an open gate. A closed gate, or a value's, is shown as such. */
function openGate(codec: Codec<unknown>, version: number | undefined): Codec<unknown> {
  const { gated } = codec;
  if (gated === undefined) return codec;
  if (gated.codec.parts === undefined && gated.codec.fixed !== true) return codec;
  return gateOpen(gated.gate, version) ? gated.codec : codec;
}

/** A version as gates take it: the same conversion as in struct.ts, for values that were read. */
function asVersion(value: unknown): number | undefined {
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : undefined;
}

function readLeaf(
  codec: Codec<unknown>,
  view: DataView,
  offset: number,
  site: Site,
): { readonly value?: unknown; readonly text: string; readonly problem?: string } {
  try {
    const value = codec.read(view, offset, site);
    return { value, text: codec.format?.(value) ?? String(value) };
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    const raw = new Uint8Array(view.buffer, view.byteOffset + offset, codec.size);
    return { text: hexEncode(raw), problem: error.reason };
  }
}

function joinPath(path: string, name: string): string {
  return path === "" || name.startsWith("[") ? `${path}${name}` : `${path}.${name}`;
}
