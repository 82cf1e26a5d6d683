// SPDX-License-Identifier: Apache-2.0
// (b) `greenlight measure` as a process, from the repository, bundled and as a single file, against
// a bare start of Node and against sev-snp-measure; (e) its peak memory.

import type { Inputs } from "../lib/inputs.ts";
import { peakMemory, timeInTurn } from "../lib/processes.ts";
import type { Command, Times } from "../lib/processes.ts";
import { mb, ms } from "../lib/row.ts";
import type { Row } from "../lib/row.ts";

/** The forms of the program that are there. */
export interface Programs {
  readonly repository: Command;
  readonly bundled: Command;
  readonly binary?: Command;
  readonly peer?: Command;
}

/** Rows of (b) and (e). */
export async function processRows(
  programs: Programs,
  inputs: Inputs,
  runs: number,
): Promise<readonly Row[]> {
  const base = ["--mode", "snp", "--vcpus", "4", "--vcpu-type", "EPYC-v4", "--ovmf", inputs.ovmf];
  const boot = ["--kernel", inputs.kernel, "--initrd", inputs.initrd, "--append", "console=ttyS0"];
  const firmwareOnly = timeInTurn(commandsFor(programs, base), runs);
  const withInitrd = timeInTurn(commandsFor(programs, [...base, ...boot]), runs);
  return [
    ...rowsFor("firmware only", firmwareOnly, 1),
    ...binaryGoal(firmwareOnly),
    ...rowsFor("with kernel and 64 MiB initrd", withInitrd, 0.65),
    setRow(programs, inputs, runs),
    ...(await memoryRows(programs, [...base, ...boot])),
  ];
}

/** The row of (c): what 2,000 digests cost beyond the start of the process. */
function setRow({ bundled }: Programs, { ovmf }: Inputs, runs: number): Row {
  const request = ["--ovmf", ovmf, "--vcpus", "1-400", "--vcpu-type", "all"];
  const { start, set } = timeInTurn(
    { start: extended(bundled, ["--version"]), set: extended(bundled, request) },
    runs,
  );
  const count = set.output.split("\n").length - 1;
  const work = set.median - start.median;
  return {
    group: "c",
    what: `a set of ${count} digests, as shipped, less the start of the process`,
    measured: ms(work),
    goal: "2,000 in < 100 ms",
    met: count === 2000 && work < 100,
  };
}

/** Rows of (e). */
async function memoryRows(programs: Programs, args: readonly string[]): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const [name, title] of Object.entries(FORMS) as [keyof typeof FORMS, string][]) {
    const command = programs[name];
    if (command === undefined) continue;
    const bytes = await peakMemory(extended(command, args));
    rows.push({
      group: "e",
      what: `peak memory, ${title}, with kernel and 64 MiB initrd`,
      measured: bytes === undefined ? "not known here" : mb(bytes),
      goal: "< 150 MB",
      ...(bytes === undefined ? {} : { met: bytes < 150e6 }),
    });
  }
  return rows;
}

type Name = "node" | keyof Programs;

function extended({ program, args }: Command, more: readonly string[]): Command {
  return { program, args: [...args, ...more] };
}

function commandsFor(programs: Programs, args: readonly string[]): Readonly<Record<Name, Command>> {
  const forms = Object.entries(programs).map(([name, command]: [string, Command]) => [
    name,
    extended(command, args),
  ]);
  return {
    node: { program: process.execPath, args: ["-e", "0"] },
    ...Object.fromEntries(forms),
  };
}

const FORMS = {
  repository: "measure from the repository",
  bundled: "measure as shipped (bundle)",
  binary: "measure as a single file",
} as const;

function rowsFor(
  what: string,
  times: Readonly<Record<Name, Times | undefined>>,
  goalAgainstPeer: number,
): readonly Row[] {
  const { node, peer } = times;
  requireSameDigest(times);
  const rows: Row[] = [];
  for (const [name, title] of Object.entries(FORMS) as [keyof typeof FORMS, string][]) {
    const taken = times[name]?.median;
    if (taken === undefined) continue;
    rows.push({
      group: "b",
      what: `${title}, ${what} / node -e 0`,
      measured: ms(taken),
      reference: ms(node!.median),
      ratio: taken / node!.median,
    });
  }
  for (const name of ["bundled", "binary"] as const) {
    const taken = times[name]?.median;
    if (peer === undefined || taken === undefined) continue;
    const ratio = taken / peer.median;
    rows.push({
      group: "b",
      what: `${FORMS[name]}, ${what} / sev-snp-measure`,
      measured: ms(taken),
      reference: ms(peer.median),
      ratio,
      goal: `<= ${goalAgainstPeer.toFixed(2)}`,
      met: ratio <= goalAgainstPeer,
    });
  }
  return rows;
}

/** Programs that do not print the same digest have not done the same work. */
function requireSameDigest({ node: _, ...times }: Readonly<Record<Name, Times | undefined>>): void {
  const outputs = new Set(Object.values(times).map((each) => each?.output));
  const [output] = outputs;
  if (outputs.size === 1 && /^[0-9a-f]{96}\n$/.test(output ?? "")) return;
  throw new Error(`the programs do not agree: ${[...outputs].join(" ")}`);
}

function binaryGoal(times: Readonly<Record<Name, Times | undefined>>): readonly Row[] {
  const taken = times.binary;
  if (taken === undefined) return [];
  return [
    {
      group: "b",
      what: `measure as a single file, firmware only (minimum ${ms(taken.min)})`,
      measured: ms(taken.median),
      goal: "<= 20 ms",
      met: taken.median <= 20,
    },
  ];
}
