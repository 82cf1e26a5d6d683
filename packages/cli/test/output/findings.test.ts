// SPDX-License-Identifier: Apache-2.0
// Findings in text.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Finding } from "@greenlight/core/finding";
import { countFindings, formatFindings, sortFindings } from "../../src/output/findings.ts";

const FINDINGS: readonly Finding[] = [
  { id: "vmsa.cr0.invalid", outcome: "pass", title: "All is well", actual: "1", source: "a book" },
  { id: "vmsa.dr6.upper-bits", outcome: "skipped", title: "Nothing was given" },
  {
    id: "vmsa.efer.svme-clear",
    outcome: "fail",
    title: "It is not what it should be",
    expected: "2",
    actual: "3",
    hint: "make it again",
    where: { artefact: "page", offset: 0x10, size: 4 },
    source: "a book",
  },
  { id: "vmsa.reserved.not-zero", outcome: "warn", title: "It is unusual" },
  { id: "vmsa.dr7.upper-bits", outcome: "unknown", title: "It could not be told" },
];
const PLAIN = { colour: false, verbose: false };

test("what stands in the way comes first, with what to do", () => {
  assert.equal(
    formatFindings(FINDINGS, PLAIN),
    `x fail     It is not what it should be
           expected  2
           actual    3
           hint: make it again
           [vmsa.efer.svme-clear]
? unknown  It could not be told
           [vmsa.dr7.upper-bits]
! warn     It is unusual
           [vmsa.reserved.not-zero]
+ pass     All is well
- skipped  Nothing was given`,
  );
});

test("verbose tells everything about every finding", () => {
  assert.equal(
    formatFindings(FINDINGS.slice(0, 1), { colour: false, verbose: true }),
    "+ pass     All is well\n           actual    1\n           source: a book\n           [vmsa.cr0.invalid]",
  );
  const failed = formatFindings(FINDINGS.slice(2, 3), { colour: false, verbose: true });
  assert.match(failed, /at offset 0x10, 4 bytes\n +source: a book\n +\[vmsa\.efer\.svme-clear\]$/);
});

test("colour is an addition", () => {
  const coloured = formatFindings(FINDINGS, { colour: true, verbose: false });
  assert.ok(coloured.startsWith("\u001b[31mx fail\u001b[39m"));
  // oxlint-disable-next-line no-control-regex -- escape sequences are what is looked for
  assert.equal(coloured.replaceAll(/\u001b\[[0-9]+m/g, ""), formatFindings(FINDINGS, PLAIN));
});

test("counting and sorting", () => {
  assert.equal(countFindings(FINDINGS), "1 fail, 1 unknown, 1 warn, 1 pass, 1 skipped");
  assert.equal(countFindings([]), "none");
  assert.deepEqual(
    sortFindings(FINDINGS).map(({ outcome }) => outcome),
    ["fail", "unknown", "warn", "pass", "skipped"],
  );
});
