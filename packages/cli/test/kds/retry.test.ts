// SPDX-License-Identifier: Apache-2.0
// How long to wait before asking again.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { backoff, retryAfterMs } from "../../src/kds/retry.ts";

test("waits double, with jitter, up to half a minute", () => {
  assert.equal(backoff(1, 1), 500);
  assert.equal(backoff(2, 1), 1000);
  assert.equal(backoff(3, 1), 2000);
  assert.equal(backoff(1, 0), 125);
  assert.equal(backoff(50, 1), 30_000);
  fc.assert(
    fc.property(fc.nat(1000), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
      const wait = backoff(attempt + 1, random);
      assert.ok(Number.isInteger(wait) && wait >= 125 && wait <= 30_000);
    }),
  );
});

test("Retry-After is seconds or a date, and everything else is nothing", () => {
  const now = Date.UTC(2026, 7, 1, 12, 0, 0);
  assert.equal(retryAfterMs("120", now), 120_000);
  assert.equal(retryAfterMs(" 0 ", now), 0);
  assert.equal(retryAfterMs("Sat, 01 Aug 2026 12:00:30 GMT", now), 30_000);
  assert.equal(retryAfterMs("Sat, 01 Aug 2026 11:00:00 GMT", now), 0);
  for (const field of [
    undefined,
    "",
    "-1",
    "1.5",
    "soon",
    "1e9",
    "2026-08-01",
    "Sat, 32 Foo 2026 12:00:00 GMT",
    "9999999999",
  ]) {
    assert.equal(retryAfterMs(field, now), undefined, String(field));
  }
});
