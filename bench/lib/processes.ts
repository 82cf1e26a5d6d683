// SPDX-License-Identifier: Apache-2.0
// Timing whole processes: several commands in turn, so that a machine that grows slower or faster
// does so for all of them, and medians of what each took.

import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Command, Taken, Turns } from "./turns.ts";

export type { Command } from "./turns.ts";

/** Wall times of one command, in milliseconds, and what it printed each time. */
export interface Times {
  readonly median: number;
  readonly min: number;
  readonly output: string;
}

/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * Runs all commands in turn, `runs` times and as often as caches need before.
 * @throws Error when a command fails, or prints something else than the time before.
 */
export function timeInTurn<K extends string>(
  commands: Readonly<Record<K, Command>>,
  runs: number,
): Readonly<Record<K, Times>> {
  const names = Object.keys(commands) as K[];
  const turns: Turns = { commands: names.map((name) => commands[name]), runs };
  const timer = fileURLToPath(new URL("turns.ts", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [timer], {
    encoding: "utf8",
    input: JSON.stringify(turns),
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(stderr);
  const taken = JSON.parse(stdout) as readonly Taken[];
  const rows = names.map((name, i) => {
    const { times, output = "" } = taken[i]!;
    return [name, { median: median(times), min: Math.min(...times), output }] as const;
  });
  return Object.fromEntries(rows) as Record<K, Times>;
}

/**
 * Peak resident memory of a command in bytes, as Linux accounts it (VmHWM), looked at until it ends:
 * ru_maxrss would count what the process was before exec(), that is, this one. Undefined where there
 * is no /proc.
 * @throws Error when the command does not start or fails.
 */
export async function peakMemory({ program, args }: Command): Promise<number | undefined> {
  const child = spawn(program, args, { stdio: "ignore" });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", resolve);
  });
  let isRunning = true;
  let peak: number | undefined;
  void ended.then(
    () => (isRunning = false),
    () => (isRunning = false),
  );
  while (isRunning) {
    peak = Math.max(peak ?? 0, highWaterMark(child.pid) ?? 0);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const code = await ended;
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}`);
  return peak === 0 ? undefined : peak;
}

function highWaterMark(pid: number | undefined): number | undefined {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    // The process has ended between two looks, or this system has no /proc.
    return undefined;
  }
}
