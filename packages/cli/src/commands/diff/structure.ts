// SPDX-License-Identifier: Apache-2.0
// Comparing two structures of one layout field by field, over their raw bytes.

import { annotate } from "@greenlight/core/bytes";
import type { Struct } from "@greenlight/core/bytes";
import { rowsBlock } from "./comparison.ts";
import type { Comparison, ComparisonOptions, Row } from "./comparison.ts";

/** A run of bytes that differ. */
interface ByteRange {
  readonly offset: number;
  readonly size: number;
}

/** One field of both structures. */
interface FieldComparison {
  readonly path: string;
  readonly offset: number;
  readonly size: number;
  readonly a: string;
  readonly b: string;
  /** Empty when the field is the same in both. */
  readonly differs: readonly ByteRange[];
}

/**
 * Compares two structures.
 * @param summaries What each side is, in a few words.
 */
export function compareStructures<T>(
  layout: Struct<T>,
  a: Uint8Array,
  b: Uint8Array,
  summaries: Comparison["summaries"],
  options: ComparisonOptions,
): Comparison {
  const others = annotate(layout, b);
  const fields = annotate(layout, a).map(({ path, offset, size, text }, i): FieldComparison => {
    const differs = differingRanges(a, b, offset, size);
    return { path, offset, size, a: text, b: others[i]!.text, differs };
  });
  const changed = fields.filter(({ differs }) => differs.length > 0);
  const bytes = changed.flatMap(({ differs }) => differs).reduce((sum, { size }) => sum + size, 0);
  const shown = options.verbose ? fields : changed;
  return {
    equal: changed.length === 0,
    extent: `${changed.length} of ${fields.length} fields, ${bytes} of ${layout.size} bytes`,
    summaries,
    blocks: shown.length === 0 ? [] : [rowsBlock(shown.map(rowOf), "field", options)],
    json: { differingBytes: bytes, fields: options.verbose ? fields : changed },
  };
}

function rowOf({ path, a, b, differs }: FieldComparison): Row {
  return { name: path, bytes: differs.map(rangeText).join(" "), a, b };
}

function rangeText({ offset, size }: ByteRange): string {
  const hex = (value: number): string => value.toString(16).padStart(3, "0");
  return size === 1 ? hex(offset) : `${hex(offset)}-${hex(offset + size - 1)}`;
}

/** Bytes of a field that differ. Nearby ones are one run: a digest is not two dozen differences. */
function differingRanges(
  a: Uint8Array,
  b: Uint8Array,
  start: number,
  size: number,
): readonly ByteRange[] {
  const ranges: ByteRange[] = [];
  for (let offset = start; offset < start + size; offset++) {
    if (a[offset] === b[offset]) continue;
    const last = ranges.at(-1);
    if (last !== undefined && offset - (last.offset + last.size) < NEAR) {
      ranges[ranges.length - 1] = { offset: last.offset, size: offset + 1 - last.offset };
    } else {
      ranges.push({ offset, size: 1 });
    }
  }
  return ranges;
}

/** Runs of equal bytes shorter than this do not separate two differences. */
const NEAR = 8;
