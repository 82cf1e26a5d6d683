// SPDX-License-Identifier: Apache-2.0
// differingPages(): which pages of two images differ, matched from the end.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FOUR_GIB, PAGE_SIZE, differingPages } from "../../src/firmware/index.ts";

/** An image whose pages are filled with these bytes. */
function image(...pages: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: pages.length * PAGE_SIZE }, (_, i) => pages[i >> 12]!);
}

test("equal images have no differing page", () => {
  assert.deepEqual(differingPages(image(1, 2, 3), image(1, 2, 3)), []);
  assert.deepEqual(differingPages(new Uint8Array(), new Uint8Array()), []);
});

test("neighbouring pages are one range, with offsets in both files", () => {
  const gpa = FOUR_GIB - 5 * PAGE_SIZE;
  assert.deepEqual(differingPages(image(1, 2, 3, 4, 5), image(1, 9, 9, 4, 9)), [
    { gpa: gpa + PAGE_SIZE, pages: 2, offsetA: PAGE_SIZE, offsetB: PAGE_SIZE },
    { gpa: gpa + 4 * PAGE_SIZE, pages: 1, offsetA: 4 * PAGE_SIZE, offsetB: 4 * PAGE_SIZE },
  ]);
});

test("images of different sizes are matched at their end, where both meet 4 GiB", () => {
  const gpa = FOUR_GIB - 4 * PAGE_SIZE;
  assert.deepEqual(differingPages(image(1, 2, 3, 4), image(9, 4)), [
    { gpa, pages: 2, offsetA: 0, offsetB: null },
    { gpa: gpa + 2 * PAGE_SIZE, pages: 1, offsetA: 2 * PAGE_SIZE, offsetB: 0 },
  ]);
  assert.deepEqual(differingPages(image(4), image(3, 4)), [
    { gpa: FOUR_GIB - 2 * PAGE_SIZE, pages: 1, offsetA: null, offsetB: 0 },
  ]);
});

test("a size that is no multiple of a page makes the first page short", () => {
  const whole = image(7, 7);
  const cut = whole.subarray(100);
  assert.deepEqual(differingPages(whole, cut), [
    { gpa: FOUR_GIB - 2 * PAGE_SIZE, pages: 1, offsetA: 0, offsetB: 0 },
  ]);
  assert.deepEqual(differingPages(cut, cut), []);
});

test("ranges cover just the pages that differ", () => {
  const pages = fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 8 });
  fc.assert(
    fc.property(pages, pages, (a, b) => {
      const covered = differingPages(image(...a), image(...b)).flatMap(({ gpa, pages: n }) =>
        Array.from({ length: n }, (_, i) => (FOUR_GIB - gpa) / PAGE_SIZE - i),
      );
      const expected = Array.from({ length: Math.max(a.length, b.length) }, (_, i) => i + 1)
        .filter((fromEnd) => a.at(-fromEnd) !== b.at(-fromEnd))
        .toReversed();
      assert.deepEqual(covered, expected);
    }),
  );
});
