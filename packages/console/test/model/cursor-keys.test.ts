// SPDX-License-Identifier: Apache-2.0
// Keys and where they move the cursor.

import assert from "node:assert/strict";
import { test } from "node:test";
import { movedOffset } from "../../src/model/cursor-keys.ts";

const press = (key: string, offset: number, ctrlKey = false, size = 100): number | undefined =>
  movedOffset({ key, ctrlKey, altKey: false, metaKey: false }, offset, 16, 4, size);

test("keys move by byte, row, page, and to the ends", () => {
  assert.equal(press("ArrowRight", 20), 21);
  assert.equal(press("ArrowLeft", 20), 19);
  assert.equal(press("ArrowDown", 20), 36);
  assert.equal(press("ArrowUp", 20), 4);
  assert.equal(press("PageDown", 20), 84);
  assert.equal(press("PageUp", 90), 26);
  assert.equal(press("Home", 20), 16);
  assert.equal(press("End", 20), 31);
  assert.equal(press("Home", 20, true), 0);
  assert.equal(press("End", 20, true), 99);
});

test("the cursor stays inside, and other keys are left alone", () => {
  assert.equal(press("ArrowUp", 3), 0);
  assert.equal(press("PageDown", 90), 99);
  assert.equal(press("End", 98), 99);
  assert.equal(press("a", 3), undefined);
  assert.equal(press("toString", 3), undefined);
  assert.equal(press("ArrowUp", 0, false, 0), undefined);
  const alt = { key: "ArrowLeft", ctrlKey: false, altKey: true, metaKey: false };
  assert.equal(movedOffset(alt, 20, 16, 4, 100), undefined);
});
