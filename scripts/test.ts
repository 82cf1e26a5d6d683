// SPDX-License-Identifier: Apache-2.0
// `npm test`: the static checks and all tests, beside one another. The last line is always
// `N passed, N failed` with `, N skipped` behind it where something was skipped; every check and
// every test counts as one. Exit code 0 when nothing failed, 1 otherwise, 2 for wrong usage.
//
//   node scripts/test.ts [--only tests|checks|launch] [PATTERN]
//
// `launch` are the tests that start real guests; they run only when asked for.
// PATTERN keeps the test files whose path, and the checks whose name, contain it.
import { parseArgs } from "node:util";
import { checks, runCheck } from "./lib/checks.ts";
import { findTestFiles, runTests, type Failure, type Skip, type TestKind } from "./lib/tests.ts";

const usage = "usage: node scripts/test.ts [--only tests|checks|launch] [PATTERN]";

/** Lines shown of one failure, and columns of a line. */
const longestDetail = 60;
const widest = 240;

interface Tally {
  passed: number;
  readonly failures: Failure[];
  readonly skips: Skip[];
}

function line(ok: boolean, name: string, about: string, seconds: number): void {
  console.log(
    `${ok ? "ok  " : "FAIL"}  ${name.padEnd(10)} ${seconds.toFixed(1).padStart(5)} s  ${about}`,
  );
}

/** One check at a time: each uses all processors itself. */
async function checkAll(pattern: string, tally: Tally): Promise<void> {
  for (const check of checks.filter((each) => each.name.includes(pattern))) {
    const { ok, output, seconds } = await runCheck(check);
    line(ok, check.name, check.about, seconds);
    if (ok) tally.passed += 1;
    else tally.failures.push({ name: check.name, where: check.command.join(" "), detail: output });
  }
}

async function testAll(pattern: string, kind: TestKind, tally: Tally): Promise<void> {
  const files = findTestFiles(pattern, kind);
  if (files.length === 0) return;
  const started = performance.now();
  const { passed, failures, skips } = await runTests(files, kind);
  const count = passed + failures.length;
  const about = `${count} tests in ${files.length} ${files.length === 1 ? "file" : "files"}`;
  line(failures.length === 0, kind, about, (performance.now() - started) / 1000);
  tally.passed += passed;
  tally.failures.push(...failures);
  tally.skips.push(...skips);
}

/** The first lines of what a failure says, indented. */
function excerpt(text: string): string {
  const lines = text.split("\n").map((each) => (each === "" ? "" : `    ${each.slice(0, widest)}`));
  const shown = lines.slice(0, longestDetail);
  if (shown.length < lines.length) shown.push(`    (${lines.length - shown.length} lines more)`);
  return shown.join("\n");
}

function summarise(tally: Tally): string {
  for (const { name, where, detail } of tally.failures) {
    console.log(`\nFAIL  ${name}\n  ${where}\n${excerpt(detail)}`);
  }
  if (tally.skips.length > 0) console.log("\nskipped:");
  for (const { name, reason } of tally.skips) console.log(`  ${name}: ${reason}`);
  const skipped = tally.skips.length > 0 ? `, ${tally.skips.length} skipped` : "";
  return `${tally.passed} passed, ${tally.failures.length} failed${skipped}`;
}

/** What may be asked for alone. */
const parts = ["tests", "checks", "launch"] as const;

interface Request {
  readonly only: (typeof parts)[number] | undefined;
  readonly pattern: string;
}

/** The command line as `only` and `pattern`; undefined when it is wrong. */
function parse(): Request | undefined {
  try {
    const { values, positionals } = parseArgs({
      options: { only: { type: "string" } },
      allowPositionals: true,
    });
    const only = parts.find((part) => part === values.only);
    if (positionals.length > 1 || only !== values.only) return undefined;
    return { only, pattern: positionals[0] ?? "" };
  } catch {
    return undefined;
  }
}

const request = parse();
if (request === undefined) {
  console.error(usage);
  process.exitCode = 2;
} else {
  const { only, pattern } = request;
  const tally: Tally = { passed: 0, failures: [], skips: [] };
  await Promise.all([
    only === undefined || only === "checks" ? checkAll(pattern, tally) : undefined,
    only === "checks" ? undefined : testAll(pattern, only ?? "tests", tally),
  ]);
  if (tally.passed + tally.failures.length + tally.skips.length === 0) {
    const detail = "no check and no test file has that in its name";
    tally.failures.push({ name: "nothing to run", where: pattern, detail });
  }
  const last = summarise(tally);
  process.exitCode = tally.failures.length === 0 ? 0 : 1;
  console.log(`\n${last}`);
}
