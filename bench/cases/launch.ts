// SPDX-License-Identifier: Apache-2.0
// (h) Launches in this process, software secure processor and owner's verification together and each
// alone, as a rate against the bare cryptography inside.

import { hash } from "node:crypto";
import { readFirmware } from "@greenlight/core/firmware";
import type { LaunchFirmware } from "@greenlight/core/firmware";
import { cpuModel, snpLaunchDigest, snpPlan, vmsaProfile } from "@greenlight/core/launch";
import { launchCandidates } from "@greenlight/core/launch-appraisal";
import { legacyLaunch } from "../lib/legacy-launch.ts";
import { median } from "../lib/processes.ts";
import { ms } from "../lib/row.ts";
import type { Row } from "../lib/row.ts";
import type { BenchLaunch, SideTimes } from "../lib/sides.ts";
import { snpLaunch } from "../lib/snp-launch.ts";

/** Turns that do not count: the optimizing compiler is done by then. */
const UNTIMED = 30;

/** Rows of (h). @param turns Launches of each kind. */
export async function launchRows(image: Uint8Array, turns: number): Promise<readonly Row[]> {
  const firmware = readFirmware(image);
  const size = `${image.length / 1024 / 1024} MiB firmware`;
  const rows: Row[] = [];
  for (const { name, whole, without } of [legacyKinds(firmware), snpKinds(firmware)]) {
    rows.push(await row(`${name} launch, ${size}`, whole, turns, bothSides));
    const rest = await taken(without, turns);
    rows.push(
      rowOf(`${name} launch, firmware not counted`, rest, bothSides),
      rowOf(`${name} launch, secure processor alone, so`, rest, ({ psp }) => psp),
      rowOf(`${name} launch, owner alone, so`, rest, ({ owner }) => owner),
    );
  }
  return rows;
}

interface Kinds {
  readonly name: string;
  /** With the firmware, hashed by both sides. */
  readonly whole: BenchLaunch;
  /** One page in place of the firmware, of which the owner has the digest. */
  readonly without: BenchLaunch;
}

function legacyKinds(firmware: LaunchFirmware): Kinds {
  const named = { name: "OVMF.fd", firmware };
  const expectation = {
    generation: "sev",
    firmwares: [named],
    vcpus: 1,
    profiles: [],
    sevFeatures: [],
  } as const;
  const page = new Uint8Array(4096).fill(7);
  const digest = new Uint8Array(hash("sha256", page, "buffer"));
  const known = [{ label: "a page", firmware: named, digest }];
  return {
    name: "SEV",
    whole: legacyLaunch(firmware.bytes, () => launchCandidates(expectation)),
    without: legacyLaunch(page, () => known),
  };
}

function snpKinds(firmware: LaunchFirmware): Kinds {
  const { signature } = cpuModel("EPYC-v4");
  const parameters = {
    firmware,
    vcpus: 1,
    profile: vmsaProfile("qemu"),
    signature,
    sevFeatures: 1n,
  };
  const { steps } = snpPlan(parameters);
  return {
    name: "SEV-SNP",
    whole: snpLaunch(steps, () => snpLaunchDigest(parameters)),
    without: snpLaunch(steps.filter(({ data }) => data !== firmware.bytes)),
  };
}

interface Turn {
  readonly bare: SideTimes;
  readonly launch: SideTimes;
}

/** Launches and their bare cryptography in turn, so that none pays for the garbage of another. */
async function taken(kind: BenchLaunch, turns: number): Promise<readonly Turn[]> {
  const times: Turn[] = [];
  for (let turn = -UNTIMED; turn < turns; turn++) {
    const one = { bare: kind.bare(), launch: await kind.launch() };
    if (turn >= 0) times.push(one);
  }
  return times;
}

const bothSides = ({ psp, owner }: SideTimes): number => psp + owner;

async function row(
  what: string,
  kind: BenchLaunch,
  turns: number,
  part: (times: SideTimes) => number,
): Promise<Row> {
  return rowOf(what, await taken(kind, turns), part);
}

function rowOf(what: string, turns: readonly Turn[], part: (times: SideTimes) => number): Row {
  const time = median(turns.map(({ launch }) => part(launch)));
  return {
    group: "h",
    what: `${what} / bare cryptography, as rates`,
    measured: `${ms(time)} (${(1000 / time).toFixed(0)}/s)`,
    reference: ms(median(turns.map(({ bare }) => part(bare)))),
    ratio: median(turns.map(({ launch, bare }) => part(bare) / part(launch))),
  };
}
