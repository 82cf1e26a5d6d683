// SPDX-License-Identifier: Apache-2.0
// Runs test files with node:test, each in a process of its own, and folds its events into a
// report: what failed and why, what was skipped and why, how many passed.
import { globSync } from "node:fs";
import { join, relative } from "node:path";
import { run } from "node:test";
import { inspect } from "node:util";
import { root } from "./process.ts";

/** Where tests are; a workspace's tests mirror its sources. */
const testFiles = [
  "packages/*/test/**/*.test.ts",
  "{bench,demo,fixtures,fuzz,scripts}/test/**/*.test.ts",
];

/** Where tests are that start real guests. */
const launchFiles = ["{demo,packages/*}/test/**/*.e2e.ts"];

/** A file of tests may take this long, in milliseconds, before it counts as hanging. */
const patience = 180_000;

/** The same for tests that start real guests: a loaded machine is ten times slower. */
const launchPatience = 1_800_000;

export interface Failure {
  readonly name: string;
  /** `file:line` relative to the repository. */
  readonly where: string;
  readonly detail: string;
}

export interface Skip {
  readonly name: string;
  readonly reason: string;
}

export interface TestReport {
  passed: number;
  readonly files: number;
  readonly failures: Failure[];
  readonly skips: Skip[];
}

/** The part of node:test's pass and fail events that is read here. */
export interface Outcome {
  readonly name: string;
  readonly nesting: number;
  readonly file?: string;
  readonly line?: number;
  readonly skip?: string | boolean;
  readonly todo?: string | boolean;
  readonly details: { readonly type?: string; readonly error?: Error };
}

/** Which tests: all that need nothing but this process, or those that start real guests. */
export type TestKind = "tests" | "launch";

/** The test files, relative to the repository, whose path contains `pattern`. */
export function findTestFiles(pattern: string, kind: TestKind = "tests"): string[] {
  return globSync(kind === "tests" ? testFiles : launchFiles, { cwd: root })
    .filter((file) => file.includes(pattern))
    .toSorted();
}

/** Why a test failed, as a person reads it: without node's own stack frames. */
function explain(error: Error | undefined): string {
  const cause: unknown = error?.cause ?? error;
  const text =
    cause instanceof Error
      ? (cause.stack ?? cause.message)
      : typeof cause === "string"
        ? cause
        : inspect(cause);
  const lines = text
    .replaceAll(`file://${root}/`, "")
    .split("\n")
    .filter((line) => !/^\s+at .*(node:|async Promise\.all)/.test(line));
  return lines.join("\n");
}

/** True for the parent of a test that failed: the reason is reported with that test. */
function isParentOfFailure(error: Error | undefined): boolean {
  return error !== undefined && "failureType" in error && error.failureType === "subtestsFailed";
}

/** Collects the events of one run. */
export class Collector {
  readonly report: TestReport;
  /** Names of the tests and suites that are open, per file, outermost first. */
  readonly #open = new Map<string, string[]>();
  /** What each file wrote to standard error; shown when the file itself fails. */
  readonly #stderr = new Map<string, string>();

  constructor(files: number) {
    this.report = { passed: 0, files, failures: [], skips: [] };
  }

  started(test: Pick<Outcome, "name" | "nesting" | "file">): void {
    const names = this.#open.get(test.file ?? "")?.slice(0, test.nesting) ?? [];
    this.#open.set(test.file ?? "", [...names, test.name]);
  }

  wroteError(file: string | undefined, message: string): void {
    this.#stderr.set(file ?? "", (this.#stderr.get(file ?? "") ?? "") + message);
  }

  passed(test: Outcome): void {
    if (test.todo !== undefined)
      this.#fail(test, "a todo test: write it, or skip it with a reason");
    else if (test.skip !== undefined) this.#skip(test);
    else if (this.#isFile(test)) this.#fail(test, "the file has no tests");
    else if (test.details.type !== "suite") this.report.passed += 1;
  }

  failed(test: Outcome): void {
    if (isParentOfFailure(test.details.error)) return;
    const output = this.#isFile(test) ? (this.#stderr.get(test.file ?? "") ?? "") : "";
    this.#fail(test, [explain(test.details.error), output.trim()].join("\n").trim());
  }

  #isFile(test: Outcome): boolean {
    return test.nesting === 0 && test.name === test.file;
  }

  #fullName(test: Outcome): string {
    if (this.#isFile(test)) return relative(root, test.name);
    const parents = this.#open.get(test.file ?? "")?.slice(0, test.nesting) ?? [];
    return [...parents, test.name].join(" > ");
  }

  #fail(test: Outcome, detail: string): void {
    const where = `${relative(root, test.file ?? "")}:${test.line ?? 1}`;
    this.report.failures.push({ name: this.#fullName(test), where, detail });
  }

  #skip(test: Outcome): void {
    const reason = typeof test.skip === "string" ? test.skip : "no reason given";
    this.report.skips.push({ name: this.#fullName(test), reason });
  }
}

/**
 * Runs `files` (relative to the repository), as many at a time as there are processors; those that
 * start guests, each of which keeps a processor busy, one at a time.
 */
export async function runTests(
  files: readonly string[],
  kind: TestKind = "tests",
): Promise<TestReport> {
  const collector = new Collector(files.length);
  const stream = run({
    concurrency: kind === "tests",
    cwd: root,
    files: files.map((file) => join(root, file)),
    timeout: kind === "tests" ? patience : launchPatience,
  });
  stream.on("test:start", (test) => collector.started(test));
  stream.on("test:stderr", (text) => collector.wroteError(text.file, text.message));
  stream.on("test:pass", (test) => collector.passed(test));
  stream.on("test:fail", (test) => collector.failed(test));
  await new Promise((resolve, reject) => {
    stream.on("end", resolve);
    stream.on("error", reject);
    stream.resume();
  });
  return collector.report;
}
