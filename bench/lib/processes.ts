// SPDX-License-Identifier: Apache-2.0
// Timing whole processes: several commands in turn, so that a machine that grows slower or faster
// does so for all of them, and medians of what each took.

import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** A command line to time. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

/** Wall times of one command, in milliseconds. */
export interface Times {
  readonly median: number;
  readonly min: number;
}

/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * Runs all commands in turn, `runs` times after one round that does not count.
 * @throws Error when a command fails.
 */
export function timeInTurn<K extends string>(
  commands: Readonly<Record<K, Command>>,
  runs: number,
): Readonly<Record<K, Times>> {
  const names = Object.keys(commands) as K[];
  const times = new Map<K, number[]>(names.map((name) => [name, []]));
  for (let round = -1; round < runs; round++) {
    for (const name of names) {
      const taken = runOnce(commands[name]);
      if (round >= 0) times.get(name)!.push(taken);
    }
  }
  const rows = names.map((name) => {
    const list = times.get(name)!;
    return [name, { median: median(list), min: Math.min(...list) }] as const;
  });
  return Object.fromEntries(rows) as Record<K, Times>;
}

function runOnce({ program, args }: Command): number {
  const start = performance.now();
  const { status, error, stderr } = spawnSync(program, args, {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const taken = performance.now() - start;
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr.toString()}`);
  return taken;
}

/**
 * Peak resident memory of a command in bytes, as Linux accounts it (VmHWM), looked at until it ends.
 * Undefined where there is no /proc.
 */
export async function peakMemory({ program, args }: Command): Promise<number | undefined> {
  const child = spawn(program, args, { stdio: "ignore" });
  const ended = new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", () => resolve());
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
  await ended;
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
