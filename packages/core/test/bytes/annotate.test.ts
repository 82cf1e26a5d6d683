// SPDX-License-Identifier: Apache-2.0
// annotate(): every field of whole, broken and cut-off structures.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  annotate,
  array,
  at,
  bigEndian,
  bits,
  bytes,
  enumeration,
  gated,
  hexDecode,
  mbz,
  struct,
  u16,
  u32,
  u64,
  u8,
} from "../../src/bytes/index.ts";

const SEGMENT = struct(
  "SEGMENT",
  { size: 4, source: "S" },
  { selector: at(0, u16, "the selector"), attrib: at(2, bits(u16, { present: 7, type: [3, 0] })) },
);
const LAYOUT = struct(
  "LAYOUT",
  { size: 20, source: "S", versionField: "version" },
  {
    version: at(0, u8, "of the layout"),
    kind: at(1, enumeration(u8, { ONE: 1, TWO: 2 })),
    segments: at(2, array(SEGMENT, 2)),
    reserved: at(10, mbz(2), "reserved"),
    big: at(12, bigEndian(u32)),
    raw: at(16, bytes(2)),
    newer: at(18, gated({ from: 2 }, u16)),
  },
);
const GOOD = "02 02 0100 8300 0200 0000 0000 00000007 cafe 0900".replaceAll(" ", "");

test("a whole structure: offset, size, path, type, value and meaning of each field", () => {
  const rows = annotate(LAYOUT, hexDecode(GOOD));
  assert.deepEqual(
    rows.map(({ offset, size, path, type, text }) => [offset, size, path, type, text]),
    [
      [0, 1, "version", "u8", "0x2"],
      [1, 1, "kind", "u8", "TWO (2)"],
      [2, 2, "segments[0].selector", "u16", "0x1"],
      [4, 2, "segments[0].attrib", "u16 bits", "present type=3"],
      [6, 2, "segments[1].selector", "u16", "0x2"],
      [8, 2, "segments[1].attrib", "u16 bits", "none set"],
      [10, 2, "reserved", "mbz[2]", "must be zero"],
      [12, 4, "big", "u32be", "0x7"],
      [16, 2, "raw", "bytes[2]", "cafe"],
      [18, 2, "newer", "u16 (version 2+)", "0x9"],
    ],
  );
  assert.deepEqual(
    [rows[0]?.doc, rows[2]?.doc, rows[6]?.doc],
    ["of the layout", "the selector", "reserved"],
  );
  assert.ok(rows.every(({ problem }) => problem === undefined));
});

test("a broken structure: every problem is shown with the raw bytes, none stops the rest", () => {
  const rows = annotate(
    LAYOUT,
    hexDecode("01 09 0100 4000 0200 0000 0001 00000007 cafe 0900".replaceAll(" ", "")),
  );
  const broken = rows.filter(({ problem }) => problem !== undefined);
  assert.deepEqual(
    broken.map(({ path, text, problem }) => [path, text, problem]),
    [
      ["kind", "09", "is 0x9, known: 1 ONE, 2 TWO"],
      ["segments[0].attrib", "4000", "has reserved bits set: 0x40"],
      ["reserved", "0001", "is 0x1, must be zero"],
      ["newer", "0900", "is 0x9, must be zero"],
    ],
  );
  assert.equal(rows.length, 10);
});

test("a cut-off structure: the list ends with what is left of the field", () => {
  for (let length = 0; length < LAYOUT.size; length++) {
    const rows = annotate(LAYOUT, hexDecode(GOOD).subarray(0, length));
    const last = rows.at(-1)!;
    assert.equal(last.offset + last.size, length);
    assert.match(last.problem ?? "", /^cut off: needs \d bytes, \d are there$/);
    assert.equal(rows.filter(({ problem }) => problem !== undefined).length, 1);
  }
});

test("offsets are those of the bytes given", () => {
  const larger = Uint8Array.from([0xff, 0xff, 0xff, ...hexDecode(GOOD), 0xff]);
  const rows = annotate(LAYOUT, larger, 3);
  assert.deepEqual(
    rows.map(({ offset }) => offset - 3),
    annotate(LAYOUT, hexDecode(GOOD)).map(({ offset }) => offset),
  );
  assert.deepEqual(
    rows.map(({ text }) => text),
    annotate(LAYOUT, larger.subarray(3), 0).map(({ text }) => text),
  );
});

test("byte order and a 64-bit version are those that decode() uses", () => {
  const inner = struct("IN", { size: 2, source: "S" }, { a: at(0, u16) });
  const layout = struct(
    "OUT",
    { size: 14, source: "S", endian: "big", versionField: "version" },
    {
      version: at(0, u64),
      a: at(8, u16),
      inner: at(10, inner),
      newer: at(12, gated({ from: 2 }, u16)),
    },
  );
  const input = hexDecode("0000000000000002 0001 0100 0003".replaceAll(" ", ""));
  assert.deepEqual(layout.decode(input), { version: 2n, a: 1, inner: { a: 1 }, newer: 3 });
  assert.deepEqual(
    annotate(layout, input).map(({ path, text }) => [path, text]),
    [
      ["version", "0x2"],
      ["a", "0x1"],
      ["inner.a", "0x1"],
      ["newer", "0x3"],
    ],
  );
});

test("what stands behind a version gate is shown in its parts, or as not there", () => {
  const INNER = struct("INNER", { size: 2, source: "test", endian: "big" }, { value: at(0, u16) });
  const GATED = struct(
    "GATED",
    { size: 5, source: "test", versionField: "version" },
    {
      version: at(0, u8),
      inner: at(1, gated({ from: 2 }, INNER)),
      zero: at(3, gated({ from: 2 }, mbz(1))),
      list: at(4, array(gated({ from: 2 }, u8), 1)),
    },
  );
  const value = { version: 2, inner: { value: 0x1234 }, list: [7] };
  const encoded = GATED.encode(value);
  assert.deepEqual(encoded, Uint8Array.of(2, 0x12, 0x34, 0, 7));
  const shown = annotate(GATED, encoded).map(({ path, text }) => `${path} ${text}`);
  assert.deepEqual(shown, [
    "version 0x2",
    "inner.value 0x1234",
    "zero must be zero",
    "list[0] 0x7",
  ]);
  const old = annotate(GATED, Uint8Array.of(1, 0, 0, 0, 0)).map(({ text }) => text);
  assert.deepEqual(old.slice(1, 2), ["not in this version"]);
});
