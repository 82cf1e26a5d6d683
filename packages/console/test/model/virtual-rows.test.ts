// SPDX-License-Identifier: Apache-2.0
// Which rows of a list are on the screen, also of one that no browser could show whole.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { firstRow, scrollHeight, scrollTopOf, visibleRows } from "../../src/model/virtual-rows.ts";

const rowsOf = (count: number) => ({ count, rowHeight: 22, windowHeight: 528 });

test("short lists are as high as their rows and do not scroll", () => {
  assert.equal(scrollHeight(rowsOf(10)), 528);
  assert.equal(firstRow(rowsOf(10), 0), 0);
  assert.equal(scrollTopOf(rowsOf(10), 5), 0);
  assert.equal(visibleRows(rowsOf(10)), 25);
});

test("the list of a large file is not higher than browsers can", () => {
  const rows = rowsOf((64 * 0x10_0000) / 16);
  assert.equal(scrollHeight(rows), 8_000_000);
  // Its ends are reached.
  assert.equal(firstRow(rows, 0), 0);
  assert.equal(firstRow(rows, 8_000_000 - 528), rows.count - 24);
});

test("scrolling to a row shows that row first, in lists of any length", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5_000_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (count, part) => {
        const rows = rowsOf(count);
        const row = Math.floor(part * (count - 1));
        const top = scrollTopOf(rows, row);
        assert.ok(top >= 0 && top <= scrollHeight(rows) - rows.windowHeight);
        assert.equal(firstRow(rows, top), Math.max(0, Math.min(row, count - 24)));
      },
    ),
  );
});
