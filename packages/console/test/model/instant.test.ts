// SPDX-License-Identifier: Apache-2.0
// Instants as text, both ways.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldOf, formatDay, formatInstant, instantOf } from "../../src/model/instant.ts";

const AT = Date.UTC(2026, 10, 20, 12, 30, 5);

test("instants are shown and typed in UTC", () => {
  assert.equal(formatInstant(AT), "2026-11-20 12:30:05 UTC");
  assert.equal(formatDay(AT), "2026-11-20");
  assert.equal(fieldOf(AT), "2026-11-20T12:30:05");
  assert.equal(instantOf(fieldOf(AT)), AT);
  // Browsers leave out seconds that are zero, and may add a fraction.
  assert.equal(instantOf("2026-11-20T12:30"), Date.UTC(2026, 10, 20, 12, 30));
  assert.equal(instantOf("2026-11-20T12:30:05.000"), AT);
});

test("what is no instant is none", () => {
  for (const text of ["", "2026-11-20", "2026-13-40T00:00", "now", "2026-11-20T12:30Z"]) {
    assert.equal(instantOf(text), undefined, text);
  }
  assert.equal(formatInstant(Number.MAX_VALUE), "no date");
  assert.equal(fieldOf(Number.NaN), "");
});
