// SPDX-License-Identifier: Apache-2.0
// The annotated hexdump.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { annotate, at, bytes, guid, mbz, struct, u16, u32, u8 } from "@greenlight/core/bytes";
import { hexdump } from "../../src/output/hexdump.ts";
import { assertTidy } from "../support/lines.ts";

const INNER = struct("inner", { size: 4, source: "a test" }, { low: at(0, u16), high: at(2, u16) });
const SAMPLE = struct(
  "sample",
  { size: 96, source: "a test" },
  {
    kind: at(0, u8),
    small: at(1, bytes(3)),
    inner: at(4, INNER),
    reserved8: at(8, bytes(8)),
    id: at(16, guid()),
    zeros: at(32, mbz(40)),
    more: at(72, u32),
    tail: at(76, bytes(20)),
  },
);

function sample(): Uint8Array {
  const data = new Uint8Array(96);
  data.set([1, 0x61, 0x62, 0x63, 2, 0, 3, 0]);
  data.set(new TextEncoder().encode("0123456789abcdef"), 16);
  data.set(new TextEncoder().encode("tail"), 92);
  return data;
}

const dump = (data: Uint8Array, offset = 0): string =>
  hexdump({ title: "sample", bytes: data, fields: annotate(SAMPLE, data, offset) }, false);

test("fields stand below the row they begin in, rows of zeros are drawn together", () => {
  assert.equal(
    dump(sample()),
    `sample
000  01 61 62 63 02 00 03 00  00 00 00 00 00 00 00 00  |.abc............|
     000 kind 0x1                        001 small 616263
     004 inner.low 0x2                   006 inner.high 0x3
     008 reserved8 reserved, 0000000000000000
010  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|
     010 id 33323130-3534-3736-3839-616263646566
020-04f  00 x 48: zeros (mbz), more, tail
050  00 00 00 00 00 00 00 00  00 00 00 00 74 61 69 6c  |............tail|`,
  );
});

test("a field that breaks its rule is marked, and its zeros are not drawn together", () => {
  const data = sample();
  data[40] = 0xff;
  const text = dump(data);
  assert.match(text, /^ +020 zeros ! is 0xff, must be zero$/m);
  assert.match(text, /^030 {2}(00 ){8} /m);
});

test("a structure that is cut off says so", () => {
  assert.match(dump(sample().subarray(0, 24)), /010 id ! cut off: needs 16 bytes, 8 are there/);
});

test("offsets count in the whole file, rows from the structure", () => {
  const file = new Uint8Array(0x12_3456 + 96);
  file.set(sample(), 0x12_3456);
  assert.match(dump(file, 0x12_3456), /^123456 {2}01 61 62 63/m);
  assert.match(dump(file, 0x12_3456), /^123476-1234a5 {2}00 x 48: zeros/m);
});

test("colour changes nothing but colour", () => {
  const data = sample();
  data[40] = 0xff;
  const fields = annotate(SAMPLE, data);
  const coloured = hexdump({ title: "sample", bytes: data, fields }, true);
  assert.notEqual(coloured, dump(data));
  // oxlint-disable-next-line no-control-regex -- escape sequences are what is looked for
  assert.equal(coloured.replaceAll(/\u001b\[[0-9]+m/g, ""), dump(data));
});

/** The bytes that a dump shows. */
function bytesIn(text: string): readonly number[] {
  return text.split("\n").flatMap((line) => {
    const zeros = /^[0-9a-f]{3}-[0-9a-f]{3} {2}00 x ([0-9]+): /.exec(line)?.[1];
    if (zeros !== undefined) return Array.from({ length: Number(zeros) }, () => 0);
    const cells = /^[0-9a-f]{3} {2}([0-9a-f ]{48})  \|/.exec(line)?.[1] ?? "";
    return [...cells.matchAll(/[0-9a-f]{2}/g)].map(([cell]) => Number.parseInt(cell, 16));
  });
}

test("a dump holds every byte, in 80 columns", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 96, maxLength: 96 }), fc.nat(96), (data, zeroFrom) => {
      data.fill(0, zeroFrom);
      const text = dump(data);
      assertTidy(`${text}\n`);
      assert.deepEqual(bytesIn(text), [...data]);
    }),
  );
});
