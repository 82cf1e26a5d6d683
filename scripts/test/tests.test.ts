// SPDX-License-Identifier: Apache-2.0
// How the events of node:test become passed, failed and skipped.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../lib/process.ts";
import { Collector, type Outcome } from "../lib/tests.ts";

const file = join(root, "packages/x/test/x.test.ts");

function outcome(name: string, nesting: number, more: Partial<Outcome> = {}): Outcome {
  return { name, nesting, file, line: 3, details: { type: "test" }, ...more };
}

/** What node:test wraps a test's own error in. */
function failure(message: string, failureType = "testCodeFailure"): Error {
  return Object.assign(new Error(message, { cause: message }), { failureType });
}

test("tests count, suites do not", () => {
  const collector = new Collector(1);
  collector.started(outcome("suite", 0));
  collector.passed(outcome("inner", 1));
  collector.passed(outcome("suite", 0, { details: { type: "suite" } }));
  assert.deepEqual(collector.report, { passed: 1, files: 1, failures: [], skips: [] });
});

test("a failure has its full name, place and reason, and its parents are not counted", () => {
  const collector = new Collector(1);
  collector.started(outcome("suite", 0));
  collector.started(outcome("inner", 1));
  collector.failed(outcome("inner", 1, { details: { error: failure("it broke") } }));
  collector.failed(outcome("suite", 0, { details: { error: failure("1", "subtestsFailed") } }));
  assert.deepEqual(collector.report.failures, [
    { name: "suite > inner", where: "packages/x/test/x.test.ts:3", detail: "it broke" },
  ]);
});

test("a skipped test and a skipped suite are listed with their reason", () => {
  const collector = new Collector(1);
  collector.passed(outcome("a", 0, { skip: "vectors are absent" }));
  collector.passed(outcome("b", 0, { skip: true, details: { type: "suite" } }));
  assert.equal(collector.report.passed, 0);
  assert.deepEqual(collector.report.skips, [
    { name: "a", reason: "vectors are absent" },
    { name: "b", reason: "no reason given" },
  ]);
});

test("todo tests, files without tests and files that crash are failures", () => {
  const collector = new Collector(1);
  collector.passed(outcome("later", 0, { todo: true }));
  collector.passed(outcome(file, 0));
  collector.wroteError(file, "SyntaxError: ");
  collector.wroteError(file, "nope\n");
  collector.failed(outcome(file, 0, { details: { error: failure("test failed") } }));
  const details = collector.report.failures.map(({ name, detail }) => [name, detail]);
  assert.deepEqual(details, [
    ["later", "a todo test: write it, or skip it with a reason"],
    ["packages/x/test/x.test.ts", "the file has no tests"],
    ["packages/x/test/x.test.ts", "test failed\nSyntaxError: nope"],
  ]);
});
