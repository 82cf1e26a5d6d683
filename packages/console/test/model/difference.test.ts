// SPDX-License-Identifier: Apache-2.0
// Where two texts differ: by character, by part, between common ends; and that nothing gets lost.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { differenceRuns } from "../../src/model/difference.ts";

/** Differing parts in brackets. */
const marked = (text: string, other: string): string =>
  differenceRuns(text, other)
    .map((run) => (run.differs ? `[${run.text}]` : run.text))
    .join("");

test("texts of one length are compared character by character", () => {
  assert.equal(marked("abcdef", "abcdef"), "abcdef");
  assert.equal(marked("abcdef", "aXcdYZ"), "a[b]cd[ef]");
  assert.equal(marked("1", "0"), "[1]");
  assert.equal(marked("", ""), "");
});

test("texts of different length differ between their common ends", () => {
  assert.equal(marked("version 5", "version 12"), "version [5]");
  assert.equal(marked("aa", "aaa"), "aa");
  assert.equal(marked("aaa", "aa"), "aa[a]");
});

test("a label behind a digest is not compared", () => {
  const digest = "00112233445566778899aabbccddeeff";
  assert.equal(marked(`${digest} (typed here)`, digest), `${digest} (typed here)`);
  const other = digest.replace("77", "78");
  assert.equal(marked(`${digest} (a)`, other), `${digest.replace("77", "7[7]")} (a)`);
});

test("lists are compared part by part, as far as both name the part", () => {
  assert.equal(
    marked("bootloader 2, tee 0, snp 5", "bootloader 3, snp 5"),
    "[bootloader 2], tee 0, snp 5",
  );
  assert.equal(marked("Milan, Genoa", "Genoa, Turin"), "[Milan], Genoa");
});

test("the runs are the text", () => {
  const text = fc.string({ maxLength: 20, unit: fc.constantFrom("a", "b", ",", " ") });
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.equal(
        differenceRuns(a, b)
          .map((run) => run.text)
          .join(""),
        a,
      );
      if (a !== b && !a.includes(", ")) {
        const isMarked = [...differenceRuns(a, b), ...differenceRuns(b, a)].some((r) => r.differs);
        assert.ok(isMarked || a.length !== b.length);
      }
    }),
  );
});
