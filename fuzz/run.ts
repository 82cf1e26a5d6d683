// SPDX-License-Identifier: Apache-2.0
// Command line of the fuzzer: `node fuzz/run.ts --help`.

import { createHash, randomInt } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { Probe } from "./engine/probe.ts";
import { supervise, type Report } from "./engine/supervise.ts";
import type { Job, Progress, TargetIndex } from "./engine/target.ts";

const HELP = `Fuzzes the decoders of this project, guided by the blocks their inputs reach.

Usage: node fuzz/run.ts [options]

  --target NAME     one target, several (repeat the option), or "all" (default)
  --runs N          executions a target (default 50000, or unlimited with --seconds)
  --seconds S       stop a target after S seconds
  --seed N          same seed, same code, same --runs: same run (default: random, printed)
  --max-len N       longest input in bytes (default: the target's own)
  --workers N       targets fuzzed at a time (default 1)
  --timeout MS      an execution that takes longer is a hang (default 2000)
  --memory MIB      an execution that takes more memory is a crash (default 64)
  --corpus DIR      read and keep inputs that reach new blocks in DIR/<target>/
  --crashes DIR     where failing inputs are written (default fuzz/crashes)
  --uncovered       list the known blocks that a target's inputs did not reach
  --reproduce FILE  run one input on one --target and say how it fails
  --targets FILE    module that lists the targets (default fuzz/targets/index.ts)
  --list            print the names of the targets
  --help            print this

Progress goes to stderr, the result to stdout.
Exit code: 0 no crash, 1 crashes found, 2 wrong usage.

Example, a million executions over all targets on two cores:
  node fuzz/run.ts --runs 100000 --workers 2 --seed 1
`;

const OPTIONS = {
  target: { type: "string", multiple: true },
  runs: { type: "string" },
  seconds: { type: "string" },
  seed: { type: "string" },
  "max-len": { type: "string" },
  workers: { type: "string" },
  timeout: { type: "string" },
  memory: { type: "string" },
  corpus: { type: "string" },
  crashes: { type: "string" },
  uncovered: { type: "boolean" },
  reproduce: { type: "string" },
  targets: { type: "string" },
  list: { type: "boolean" },
  help: { type: "boolean" },
} as const;

type Options = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>["values"];

/** A mistake in the command line. */
class UsageError extends Error {}

/** A whole number from an option; Infinity is written by leaving the option out. */
function integer(options: Options, name: keyof Options, least: number): number | undefined {
  const text = options[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(String(text)) || value < least || value > 2 ** 32) {
    throw new UsageError(`--${name} wants a whole number from ${least}, not "${String(text)}"`);
  }
  return value;
}

/** One job for each chosen target of the index, in the order of the index. */
async function jobsOf(options: Options, index: string): Promise<Job[]> {
  const { subjects } = (await import(index)) as TargetIndex;
  const names = new Set(options.target ?? ["all"]);
  const known: string[] = [];
  const jobs: Job[] = [];
  const seconds = integer(options, "seconds", 1) ?? Infinity;
  const limits = {
    seed: integer(options, "seed", 0) ?? randomInt(2 ** 32),
    runs: integer(options, "runs", 1) ?? (seconds === Infinity ? 50_000 : Infinity),
    seconds,
    maxLength: integer(options, "max-len", 1),
    timeoutMs: integer(options, "timeout", 1) ?? 2000,
    memoryBytes: (integer(options, "memory", 1) ?? 64) * 2 ** 20,
    corpus: options.corpus,
  };
  for (const [subject, load] of Object.entries(subjects)) {
    for (const { name } of (await load()).targets) {
      if (known.includes(name)) throw new Error(`two targets are called ${name}`);
      known.push(name);
      if (!names.has("all") && !names.has(name)) continue;
      jobs.push({ index, subject, target: name, ...limits });
    }
  }
  for (const name of names) {
    if (name === "all" || known.includes(name)) continue;
    throw new UsageError(`no target ${name}; there are: ${known.join(" ")}`);
  }
  return jobs;
}

function progressLine({ target }: Job, at: Progress): string {
  const rate = Math.round(at.executions / Math.max(at.seconds, 0.001));
  return (
    `${target}: ${at.executions} executions, ${rate}/s, corpus ${at.corpus}, ` +
    `${at.covered}/${at.known} blocks\n`
  );
}

/** Writes the failing inputs and says how to see each failure again. */
function saveCrashes({ job, crashes }: Report, options: Options): void {
  const folder = resolve(options.crashes ?? join(import.meta.dirname, "crashes"));
  const again = ["node", relative("", join(import.meta.dirname, "run.ts")), "--target", job.target];
  for (const name of ["targets", "timeout", "memory"] as const) {
    if (options[name] !== undefined) again.push(`--${name}`, options[name]);
  }
  for (const { data, kind, detail, reproduced } of crashes) {
    const hash = createHash("sha256").update(data).digest("hex").slice(0, 16);
    const file = join(folder, `${job.target}-${hash}.bin`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, data);
    const how = reproduced
      ? ["--reproduce", relative("", file)]
      : ["--seed", job.seed, "# fails only after other inputs, so the whole run is repeated"];
    const command = [...again, ...how].join(" ");
    process.stderr.write(
      `\n${job.target}: ${kind}, ${data.length} bytes: ${detail}\n  ${command}\n\n`,
    );
  }
}

function table(reports: readonly Report[]): string {
  const head = ["target", "executions", "per second", "corpus", "blocks", "crashes"];
  const rows = reports.map(({ job, progress: at, crashes }) => [
    job.target,
    String(at.executions),
    String(Math.round(at.executions / Math.max(at.seconds, 0.001))),
    String(at.corpus),
    `${at.covered}/${at.known}`,
    String(crashes.length),
  ]);
  const executions = reports.reduce((sum, { progress }) => sum + progress.executions, 0);
  const crashes = reports.reduce((sum, report) => sum + report.crashes.length, 0);
  rows.unshift(head);
  rows.push(["total", String(executions), "", "", "", String(crashes)]);
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]): string =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ");
  return `${rows.map(line).join("\n")}\n`;
}

async function reproduce(job: Job, file: string): Promise<number> {
  const probe = new Probe(job);
  const failure = await probe.run(new Uint8Array(readFileSync(file)));
  await probe.close();
  process.stdout.write(
    failure === undefined
      ? "no crash: the input is accepted, or refused with a declared error\n"
      : `${failure.kind}: ${failure.detail}\n`,
  );
  return failure === undefined ? 0 : 1;
}

async function main(): Promise<number> {
  const options = ((): Options => {
    try {
      return parseArgs({ options: OPTIONS }).values;
    } catch (error) {
      throw new UsageError((error as Error).message);
    }
  })();
  if (options.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  const file = options.targets ?? join(import.meta.dirname, "targets", "index.ts");
  const jobs = await jobsOf(options, pathToFileURL(resolve(file)).href);
  if (options.list === true) {
    process.stdout.write(jobs.map(({ target }) => `${target}\n`).join(""));
    return 0;
  }
  const [first] = jobs;
  if (options.reproduce !== undefined) {
    if (first === undefined || jobs.length > 1) {
      throw new UsageError("--reproduce wants exactly one --target");
    }
    return reproduce(first, options.reproduce);
  }
  process.stderr.write(`seed ${first?.seed}\n`);
  const reports: Report[] = [];
  const queue = [...jobs.entries()];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [place, job] = next;
      const report = await supervise(job, (at) => process.stderr.write(progressLine(job, at)));
      saveCrashes(report, options);
      reports[place] = report;
    }
  };
  await Promise.all(Array.from({ length: integer(options, "workers", 1) ?? 1 }, work));
  process.stdout.write(table(reports));
  if (options.uncovered === true) {
    for (const { job, uncovered } of reports) {
      for (const place of uncovered) {
        process.stdout.write(`${job.target} did not reach ${relative("", place)}\n`);
      }
    }
  }
  return reports.some((report) => report.crashes.length > 0) ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError) && (error as NodeJS.ErrnoException).code !== "ENOENT")
    throw error;
  process.stderr.write(`fuzz: ${(error as Error).message}\n`);
  process.exitCode = 2;
}
