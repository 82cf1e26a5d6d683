// SPDX-License-Identifier: Apache-2.0
// The annotated hexdump: 16 bytes a row, and below each row the fields that begin in it, with their
// offsets, names and values. Rows of zeros are drawn together; `mbz` is "must be zero". 80 columns.

import type { Annotation } from "@greenlight/core/bytes";
import { WIDTH, hang, paint } from "./style.ts";

const ROW = 16;
/** Width of a field's cell when two stand beside one another. */
const CELL = 36;
/** Byte strings up to this length are repeated as a value; longer ones can be read in the row. */
const SHORT_BYTES = 8;

/** A structure to dump. */
export interface DumpPart {
  readonly title: string;
  /** The bytes that the annotations' offsets count in. */
  readonly bytes: Uint8Array;
  readonly fields: readonly Annotation[];
}

/** The dump of one structure, with its title. Ends without newline. */
export function hexdump({ title, bytes, fields }: DumpPart, colour: boolean): string {
  const first = fields[0];
  const last = fields.at(-1);
  if (first === undefined || last === undefined) return title;
  const start = first.offset;
  const end = Math.min(bytes.length, last.offset + last.size);
  const digits = Math.max(3, (end - 1).toString(16).length);
  const lines = [title];
  // Rows count from the structure's start, so that its first field stands at the left.
  let row = start;
  while (row < end) {
    const next = zerosUntil(bytes, fields, row, end);
    if (next > row) {
      lines.push(zeroLine(row, next, fields, digits));
      row = next;
    } else {
      lines.push(byteRow(bytes, row, Math.min(end, row + ROW), fields, digits, colour));
      lines.push(...fieldLines(fieldsIn(fields, row, row + ROW), digits, colour));
      row += ROW;
    }
  }
  return lines.join("\n");
}

/**
 * End of the run of whole rows of zeros that begins at `from`; `from` itself when there is none. A
 * row in which a field breaks its layout is never drawn together with others.
 */
function zerosUntil(
  bytes: Uint8Array,
  fields: readonly Annotation[],
  from: number,
  end: number,
): number {
  let row = from;
  while (row < end) {
    const next = Math.min(end, row + ROW);
    const isZero = bytes.subarray(row, next).every((byte) => byte === 0);
    const isBroken = fields.some(
      ({ offset, size, problem }) => problem !== undefined && offset < next && offset + size > row,
    );
    if (!isZero || isBroken) break;
    row = next;
  }
  return row;
}

function zeroLine(from: number, to: number, fields: readonly Annotation[], digits: number): string {
  const range = `${hex(from, digits)}-${hex(to - 1, digits)}  `;
  const starting = fieldsIn(fields, from, to);
  const around = fields.find(({ offset, size }) => offset < from && offset + size > from);
  const names = starting.length > 0 ? starting : around === undefined ? [] : [around];
  const list = joinNames(names.map(({ path, type }) => path + (isMbz(type) ? " (mbz)" : "")));
  return hang(range, `00 x ${to - from}: ${list}`);
}

/** Names, with parts of one structure drawn together: `es.limit, es.base` is `es.{limit, base}`. */
function joinNames(paths: readonly string[]): string {
  const groups: { readonly parent: string; readonly names: string[] }[] = [];
  for (const path of paths) {
    const dot = path.lastIndexOf(".");
    const parent = path.slice(0, dot + 1);
    const name = path.slice(dot + 1);
    const open = groups.at(-1);
    if (open !== undefined && open.parent === parent) open.names.push(name);
    else groups.push({ parent, names: [name] });
  }
  return groups
    .map(({ parent, names }) =>
      parent === "" || names.length === 1
        ? names.map((name) => parent + name).join(", ")
        : `${parent}{${names.join(", ")}}`,
    )
    .join(", ");
}

function byteRow(
  bytes: Uint8Array,
  row: number,
  end: number,
  fields: readonly Annotation[],
  digits: number,
  colour: boolean,
): string {
  const broken = fields.filter(({ problem }) => problem !== undefined);
  const isBroken = (at: number): boolean =>
    broken.some(({ offset, size }) => at >= offset && at < offset + size);
  const cells: string[] = [];
  let text = "";
  for (let at = row; at < row + ROW; at++) {
    const byte = bytes[at] ?? 0;
    const cell = at < end ? hex(byte, 2) : "  ";
    if (at < end && isBroken(at)) cells.push(paint("red", cell, colour));
    else cells.push(byte === 0 ? paint("dim", cell, colour) : cell);
    text += at >= end ? " " : byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".";
  }
  const half = ROW / 2;
  const hexPart = `${cells.slice(0, half).join(" ")}  ${cells.slice(half).join(" ")}`;
  return `${hex(row, digits)}  ${hexPart}  |${text}|`;
}

function fieldLines(
  fields: readonly Annotation[],
  digits: number,
  colour: boolean,
): readonly string[] {
  const indent = " ".repeat(digits + 2);
  const lines: string[] = [];
  let waiting = "";
  const flush = (): void => {
    if (waiting !== "") lines.push(`${indent}${waiting.trimEnd()}`);
    waiting = "";
  };
  for (const field of fields) {
    const cell = `${hex(field.offset, digits)} ${field.path} ${valueOf(field)}`.trimEnd();
    if (field.problem !== undefined) {
      flush();
      lines.push(paint("red", hang(indent, `${cell} ! ${field.problem}`), colour));
    } else if (cell.length >= CELL) {
      flush();
      lines.push(fit(indent, cell));
    } else if (waiting === "") {
      waiting = cell.padEnd(CELL);
    } else {
      waiting += cell;
      flush();
    }
  }
  flush();
  return lines;
}

function fit(indent: string, cell: string): string {
  return indent.length + cell.length <= WIDTH ? indent + cell : hang(indent, cell);
}

/** What a cell says of a field's value. */
function valueOf({ type, text, size, path, problem }: Annotation): string {
  if (problem !== undefined) return text.length <= 2 * SHORT_BYTES ? text : "";
  if (isMbz(type)) return "must be zero";
  if (!type.startsWith("bytes[")) return text;
  const reserved = /(^|\.)(reserved|unused)/.test(path) ? "reserved, " : "";
  return size <= SHORT_BYTES ? `${reserved}${text}` : `(${reserved}${size} bytes)`;
}

function isMbz(type: string): boolean {
  return type.startsWith("mbz[");
}

function fieldsIn(fields: readonly Annotation[], from: number, to: number): readonly Annotation[] {
  return fields.filter(({ offset }) => offset >= from && offset < to);
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
