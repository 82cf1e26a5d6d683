// SPDX-License-Identifier: Apache-2.0
// Bytes with the fields in them, as the field table and the hexdump show them beside one another.

import type { Annotation } from "@greenlight/core/bytes";

/** What a field is about; fields of one kind have one tint. */
export type Tint = "launch" | "guest" | "platform" | "form" | "signature" | "reserved" | "data";

/** What each tint stands for, for the legend. */
export const TINT_WORDS: Readonly<Record<Tint, string>> = {
  launch: "what was launched",
  guest: "what the guest asked for",
  platform: "chip and firmware",
  form: "form and keys",
  signature: "signature",
  reserved: "reserved",
  data: "data",
};

/** A field in its bytes. */
export interface FieldRow {
  readonly offset: number;
  readonly size: number;
  /** Dotted path from the structure. */
  readonly name: string;
  readonly text: string;
  readonly doc: string;
  readonly tint: Tint;
  /** Why it breaks its layout. */
  readonly problem?: string;
  /** What the value means in detail, a line each: the bits of a mask, for one. */
  readonly details?: readonly string[];
}

/** Bytes and their fields, in order of offset and without overlap; bytes may lie between them. */
export interface ByteView {
  /** Unique on the page. */
  readonly id: string;
  readonly title: string;
  /** One sentence under the title. */
  readonly about: string;
  readonly bytes: Uint8Array;
  readonly rows: readonly FieldRow[];
  /** The range a signature or hash covers, and what that is; absent when nothing covers any. */
  readonly covered?: { readonly from: number; readonly to: number; readonly by: string };
}

/** A row of an annotated structure. */
export function rowOf(annotation: Annotation, tint: Tint): FieldRow {
  const { offset, size, path, text, doc, type, problem } = annotation;
  return {
    offset,
    size,
    name: path,
    text,
    doc,
    tint: type.startsWith("mbz[") ? "reserved" : tint,
    ...(problem === undefined ? {} : { problem }),
  };
}

/** Index of the row that holds the byte at `offset`, or -1. */
export function rowAt(rows: readonly FieldRow[], offset: number): number {
  let low = 0;
  let high = rows.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const row = rows[middle]!;
    if (offset < row.offset) high = middle - 1;
    else if (offset >= row.offset + row.size) low = middle + 1;
    else return middle;
  }
  return -1;
}

/** Whether the signature of the view leaves this byte out. */
export function isUncovered({ covered }: ByteView, offset: number): boolean {
  return covered !== undefined && (offset < covered.from || offset >= covered.to);
}

/** What stands at a byte, in one sentence, for those who cannot see the tints. */
export function describeByte(view: ByteView, offset: number): string {
  const byte = view.bytes[offset];
  if (byte === undefined) return "";
  const place = `offset 0x${offset.toString(16)}: byte ${byte.toString(16).padStart(2, "0")}`;
  const row = view.rows[rowAt(view.rows, offset)];
  const field =
    row === undefined
      ? "in no known field"
      : `${row.name}${row.size > 1 ? `, byte ${offset - row.offset + 1} of ${row.size}` : ""}`;
  return `${place}, ${field}${isUncovered(view, offset) ? ", not signed" : ""}`;
}
