// SPDX-License-Identifier: Apache-2.0
// (d) `greenlight diagnose`: how many candidates it compares in a second, and how long a space of a
// million takes, progress included.

import { spawnSync } from "node:child_process";
import { run as greenlight } from "../../packages/cli/src/main.ts";
import type { Io } from "../../packages/cli/src/output/io.ts";
import type { Inputs } from "../lib/inputs.ts";
import { median } from "../lib/processes.ts";
import type { Command } from "../lib/processes.ts";
import { ms } from "../lib/row.ts";
import type { Row } from "../lib/row.ts";

const MILLION = 1_000_000;

/** Exit code of a search that found nothing. */
const NOT_EXPLAINED = 3;

/** Rows of (d), of a digest that nothing explains. */
export async function diagnoseRows(bundled: Command, inputs: Inputs): Promise<readonly Row[]> {
  const expected = ["--ovmf", inputs.ovmf, "--vcpus", "4", "--vcpu-type", "EPYC-v4"];
  const args = ["diagnose", "00".repeat(48), ...expected, "--limit", String(MILLION), "--json"];
  const runs = Array.from({ length: 5 }, () => {
    const start = performance.now();
    const { status, stdout, stderr } = spawnSync(bundled.program, [...bundled.args, ...args], {
      encoding: "utf8",
    });
    const wall = performance.now() - start;
    if (status !== NOT_EXPLAINED) throw new Error(`diagnose ended with ${status}: ${stderr}`);
    const { compared } = (JSON.parse(stdout) as { search: { compared: number } }).search;
    return { wall, compared };
  });
  const wall = median(runs.map((run) => run.wall));
  const compared = runs[0]!.compared;
  const rate = (compared / wall) * 1000;
  const shown = await progressShown(args);
  return [
    {
      group: "d",
      what: "diagnose, candidates a second, start included",
      measured: `${Math.round(rate / 1000)} k/s`,
      goal: ">= 100 k/s",
      met: rate >= 100_000,
    },
    {
      group: "d",
      what: `diagnose, ${compared} candidates, progress drawn ${shown} times`,
      measured: ms(wall),
      goal: "a million in < 15 s, with progress",
      met: compared >= MILLION && wall < 15_000 && shown > 0,
    },
  ];
}

/** How often the same search, in this process and on a terminal, draws its progress. */
async function progressShown(args: readonly string[]): Promise<number> {
  let count = 0;
  const io: Io = {
    out: () => undefined,
    err: () => void count++,
    colour: false,
    liveProgress: true,
  };
  const code = await greenlight(args, io);
  if (code !== NOT_EXPLAINED) throw new Error(`diagnose ended with ${code}`);
  return count;
}
