// SPDX-License-Identifier: Apache-2.0
// (i) `greenlight launch` of the demonstration's honest plan, as a process, until its guest has opened
// its disk and powered off, against QEMU alone with the same machine under emulation.

import { makeSetting, missingProgram } from "../../demo/setting.ts";
import { bootOnce, launchOnce, plainMachine, startOnce } from "../lib/boots.ts";
import type { BootTimes, LaunchTimes } from "../lib/boots.ts";
import { median } from "../lib/processes.ts";
import { ms } from "../lib/row.ts";
import type { Row } from "../lib/row.ts";
import type { Command } from "../lib/turns.ts";

/** What a launch may cost of the guest's own boot. */
const GOAL = 1.1;

/** One turn's times, in milliseconds. */
interface Turn {
  readonly launch: LaunchTimes;
  readonly plain: BootTimes;
  /** QEMU's own start, which both have. */
  readonly start: number;
}

/**
 * Rows of (i); none where guests cannot be run.
 * @param program The command as it is shipped, up to its first argument.
 * @param turns Pairs of boots.
 */
export async function launchOverheadRows(program: Command, turns: number): Promise<readonly Row[]> {
  const missing = missingProgram();
  if (missing !== undefined) {
    console.error(`no boots: there is no ${missing}`);
    return [];
  }
  const setting = await makeSetting("qemu", () => undefined);
  try {
    // Not timed: it fills caches, and tells which machine is started.
    const { args } = await launchOnce(setting, program, "first");
    const machine = await plainMachine(setting, args);
    await bootOnce(machine, setting.folder);
    const taken: Turn[] = [];
    for (let turn = 0; turn < turns; turn++) {
      const boot = async (): Promise<BootTimes> => bootOnce(machine, setting.folder);
      const launch = async (): Promise<LaunchTimes> => launchOnce(setting, program, `turn-${turn}`);
      const start = await startOnce(machine, setting.folder);
      // Either goes first as often as the other.
      if (turn % 2 === 0) taken.push({ start, plain: await boot(), launch: await launch() });
      else taken.push({ start, launch: await launch(), plain: await boot() });
    }
    return rowsOf(taken);
  } finally {
    setting.remove();
  }
}

function rowsOf(turns: readonly Turn[]): readonly Row[] {
  const middle = (of: (turn: Turn) => number): number => median(turns.map(of));
  const plain = middle((turn) => turn.plain.ended);
  const start = middle((turn) => turn.start);
  const ratio = middle((turn) => turn.launch.ended / turn.plain.ended);
  const before = (turn: Turn): number => turn.launch.running - turn.start;
  const after = ({ launch, plain: boot, start: own }: Turn): number =>
    launch.ended - launch.running - (boot.ended - own);
  return [
    {
      group: "i",
      what: "launch until the guest has powered off / plain boot of the same machine",
      measured: ms(middle(({ launch }) => launch.ended)),
      reference: ms(plain),
      ratio,
      goal: `< ${GOAL.toFixed(2)}`,
      met: ratio < GOAL,
    },
    shortestRow(turns),
    ...processorRows(turns),
    {
      group: "i",
      what: `of it, until the guest runs, less QEMU's own start (${ms(start)}) / plain boot`,
      measured: ms(middle(before)),
      reference: ms(plain),
      ratio: middle((turn) => before(turn) / turn.plain.ended),
    },
    {
      group: "i",
      what: "of it, from then on more than the plain boot",
      measured: ms(middle(after)),
    },
  ];
}

/** The same by the shortest of each, which nothing else on the machine has lengthened much. */
function shortestRow(turns: readonly Turn[]): Row {
  const launch = Math.min(...turns.map((turn) => turn.launch.ended));
  const plain = Math.min(...turns.map((turn) => turn.plain.ended));
  return {
    group: "i",
    what: "the same by the shortest of each",
    measured: ms(launch),
    reference: ms(plain),
    ratio: launch / plain,
  };
}

/** The same by what processors did, which hardly depends on what else the machine does. */
function processorRows(turns: readonly Turn[]): readonly Row[] {
  const times = turns.flatMap(({ launch: { processor: taken }, plain: { processor: reference } }) =>
    taken === undefined || reference === undefined ? [] : [{ taken, reference }],
  );
  if (times.length === 0) return [];
  return [
    {
      group: "i",
      what: "the same in time of processors",
      measured: ms(median(times.map(({ taken }) => taken))),
      reference: ms(median(times.map(({ reference }) => reference))),
      ratio: median(times.map(({ taken, reference }) => taken / reference)),
    },
  ];
}
