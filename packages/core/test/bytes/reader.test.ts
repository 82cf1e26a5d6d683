// SPDX-License-Identifier: Apache-2.0
// Reader: never outside its window, whatever is asked of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  LayoutError,
  Reader,
  at,
  bytes,
  hexDecode,
  mbz,
  struct,
  u16,
} from "../../src/bytes/index.ts";

const PAIR = struct("PAIR", { size: 3, source: "S" }, { a: at(0, u16), zero: at(2, mbz(1)) });

test("bytes, structures and windows are read one after the other", () => {
  const reader = new Reader(hexDecode("aabb 0100 00 ccdd ee".replaceAll(" ", "")), "R");
  assert.equal(reader.peek(), 0xaa);
  assert.deepEqual(reader.bytes(2), hexDecode("aabb"));
  assert.deepEqual([reader.offset, reader.remaining], [2, 6]);
  assert.deepEqual(reader.struct(PAIR), { a: 1 });
  const window = reader.window(2, "W");
  assert.deepEqual([window.offset, window.remaining, reader.offset], [5, 2, 7]);
  assert.deepEqual(window.bytes(2), hexDecode("ccdd"));
  window.finish();
  assert.equal(window.peek(), undefined);
  assert.throws(() => reader.finish(), {
    code: "trailing-bytes",
    structure: "R",
    offset: 7,
    message: "R at offset 0x7: 1 bytes follow the end",
  });
  reader.bytes(1);
  reader.finish();
});

test("a window ends where it ends, and offsets stay those of the outermost bytes", () => {
  const outer = new Reader(hexDecode("00000102030405"), "OUTER", 2, 6);
  assert.equal(outer.remaining, 4);
  const inner = outer.window(2);
  inner.bytes(1);
  assert.throws(() => inner.bytes(2), {
    code: "truncated",
    structure: "OUTER",
    offset: 3,
    reason: "needs 2 bytes, 1 are there",
  });
  assert.throws(() => outer.struct(PAIR), { code: "truncated", offset: 4 });
  // What failed has taken nothing.
  assert.deepEqual(inner.bytes(1), Uint8Array.of(2));
  assert.deepEqual(outer.bytes(2), Uint8Array.of(3, 4));
  const bad = new Reader(hexDecode("ffff010005"), "R", 2);
  assert.throws(() => bad.struct(PAIR), { code: "must-be-zero", structure: "PAIR", offset: 4 });
});

test("windows that are not inside the bytes cannot be made", () => {
  const data = new Uint8Array(4);
  for (const [start, end] of [
    [-1, 4],
    [0, 5],
    [3, 2],
    [5, 5],
    [0.5, 4],
    [0, 3.5],
    [Number.NaN, 4],
    [0, Number.NaN],
  ] as const) {
    assert.throws(() => new Reader(data, "R", start, end), { code: "truncated", structure: "R" });
  }
  assert.equal(new Reader(data, "R", 4).remaining, 0);
});

test("any sequence of requests stays inside and is all or nothing", () => {
  const sizes = fc.oneof(fc.nat(12), fc.constantFrom(-1, 0.5, Number.NaN, 2 ** 53, Infinity));
  const window = fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.nat(40), fc.nat(40));
  fc.assert(
    fc.property(window, fc.array(sizes), ([data, a, b], requests) => {
      const [start, end] = [Math.min(a, b, data.length), Math.min(Math.max(a, b), data.length)];
      const reader = new Reader(data, "R", start, end);
      let expected = start;
      for (const size of requests) {
        const fits = Number.isInteger(size) && size >= 0 && expected + size <= end;
        if (fits) {
          assert.deepEqual(reader.bytes(size), data.slice(expected, expected + size));
          expected += size;
        } else {
          assert.throws(() => reader.bytes(size), LayoutError);
          assert.throws(() => reader.window(size), LayoutError);
        }
        assert.deepEqual([reader.offset, reader.remaining], [expected, end - expected]);
        assert.equal(reader.peek(), expected < end ? data[expected] : undefined);
      }
    }),
  );
});

test("bytes come as views of the input", () => {
  const data = hexDecode("010203");
  const view = new Reader(data, "R", 1).bytes(2);
  data[1] = 9;
  assert.deepEqual(view, Uint8Array.of(9, 3));
  assert.deepEqual(bytes(0).size, 0);
});
