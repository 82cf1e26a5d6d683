// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { UsageError } from "../../src/command/usage-error.ts";
import { parseList, parseNumber, parseRanges, parseUnsigned } from "../../src/input/number.ts";

const U64 = (1n << 64n) - 1n;

test("numbers are read as Python's int(text, 0) reads them", () => {
  for (const [text, value] of [
    ["4", 4],
    [" 4 ", 4],
    ["0x1F", 31],
    ["0o17", 15],
    ["0b101", 5],
    ["1_000", 1000],
    ["007", 7],
    ["0", 0],
  ] as const) {
    assert.equal(parseNumber(text, "--n", 4096), value, text);
  }
  assert.equal(parseUnsigned("0xffffffffffffffff", "--n", U64), U64);
});

test("what is no number, negative or too large is refused by name", () => {
  for (const text of [
    "",
    "-1",
    "1.5",
    "1e3",
    "0x",
    "0xg",
    "4097",
    "NaN",
    "_1",
    "1__0",
    "9".repeat(99),
  ]) {
    assert.throws(() => parseNumber(text, "--n", 4096), UsageError, text);
  }
});

test("ranges give ascending counts without repeats", () => {
  assert.deepEqual(parseRanges("4", "--vcpus", 1, 8), [4]);
  assert.deepEqual(parseRanges("3-5,1,4", "--vcpus", 1, 8), [1, 3, 4, 5]);
  assert.deepEqual(parseRanges("1 - 3", "--vcpus", 1, 8), [1, 2, 3]);
  for (const text of ["0", "0-3", "5-3", "9", "1-9", "-1", "1-", "a", "1,,2", "", "1-2-3"]) {
    assert.throws(() => parseRanges(text, "--vcpus", 1, 8), UsageError, text);
  }
});

test("no text makes the readers throw anything but a usage error", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      for (const read of [
        () => parseRanges(text, "--n", 1, 64),
        () => parseUnsigned(text, "--n", U64),
        () => parseList(text, "--n"),
      ]) {
        try {
          read();
        } catch (error) {
          assert.ok(error instanceof UsageError);
        }
      }
    }),
  );
});
