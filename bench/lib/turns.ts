// SPDX-License-Identifier: Apache-2.0
// The process that starts and times others, for timeInTurn(). It is one of its own because starting a
// process takes the longer the more memory the starting one has: 4 ms more at 150 MB. Reads the
// commands as JSON from standard input and writes what they took.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** A command line to time. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

/** What is asked. */
export interface Turns {
  readonly commands: readonly Command[];
  readonly runs: number;
}

/** Times of one command in milliseconds, and what it printed each time. */
export interface Taken {
  readonly times: number[];
  output?: string;
}

/** Rounds that do not count: the first fills caches, the second reads them. */
const UNTIMED = 2;

function takeTurns({ commands, runs }: Turns): readonly Taken[] {
  const taken = commands.map((): Taken => ({ times: [] }));
  for (let round = -UNTIMED; round < runs; round++) {
    for (const [i, command] of commands.entries()) {
      const { time, output } = runOnce(command);
      const mine = taken[i]!;
      mine.output ??= output;
      if (output !== mine.output)
        throw new Error(`${command.program} does not print the same twice`);
      if (round >= 0) mine.times.push(time);
    }
  }
  return taken;
}

function runOnce({ program, args }: Command): { readonly time: number; readonly output: string } {
  const start = performance.now();
  const { status, error, stdout, stderr } = spawnSync(program, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const time = performance.now() - start;
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
  return { time, output: stdout };
}

if (import.meta.main) {
  const turns = JSON.parse(readFileSync(0, "utf8")) as Turns;
  console.log(JSON.stringify(takeTurns(turns)));
}
