// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../../src/command/usage-error.ts";
import { formatInstant, parseInstant } from "../../src/input/instant.ts";

test("points in time are read as UTC unless they name a zone", () => {
  const rows: readonly (readonly [string, string])[] = [
    ["2026-08-01", "2026-08-01T00:00:00Z"],
    ["2026-08-01T12:30", "2026-08-01T12:30:00Z"],
    ["2026-08-01T12:30:15", "2026-08-01T12:30:15Z"],
    ["2026-08-01T12:30:15Z", "2026-08-01T12:30:15Z"],
    ["2026-08-01T12:30:15.5Z", "2026-08-01T12:30:15Z"],
    ["2026-08-01T12:30:15+02:00", "2026-08-01T10:30:15Z"],
    ["2024-02-29", "2024-02-29T00:00:00Z"],
    ["@1785585600", "2026-08-01T12:00:00Z"],
    ["@0", "1970-01-01T00:00:00Z"],
  ];
  for (const [given, expected] of rows) {
    assert.equal(formatInstant(parseInstant(given, "--at")), expected, given);
  }
});

test("now is now", () => {
  const before = Date.now();
  const now = parseInstant("now", "--at");
  assert.ok(now >= before && now <= Date.now());
});

test("everything else is refused, with what was given", () => {
  const rows = ["", "yesterday", "2026", "2026-13-01", "2026-02-30", "2025-02-29", "2026-04-31"];
  const more = ["01/02/2026", "2026-08-01T25:00Z", "@", "@1e9", "@-5", "2026-08-01 12:00"];
  for (const given of [...rows, ...more]) {
    assert.throws(
      () => parseInstant(given, "--at"),
      (error) => error instanceof UsageError && error.code === "bad-value",
      given,
    );
  }
});
