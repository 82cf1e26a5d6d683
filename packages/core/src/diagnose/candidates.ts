// SPDX-License-Identifier: Apache-2.0
// A space made ready for going through: which firmware is fit for what, how many digests there are at
// each distance, and the kernel-hashes tables in order.

import type { Finding } from "../finding/index.ts";
import type { KernelHashes } from "../launch/kernel-hashes.ts";
import { combine, either, histogram } from "./axis.ts";
import type { Choice, Histogram } from "./axis.ts";
import { describeFirmware } from "./firmware-candidate.ts";
import type { FirmwareCandidate } from "./firmware-candidate.ts";
import type { MeasuredCommandLine, SearchSpace } from "./space.ts";
import { VmsaPages } from "./vmsa-pages.ts";

/** A table of kernel hashes by its three choices; undefined stands for none. */
export interface Table {
  readonly kernel: Choice<Uint8Array>;
  readonly initrd: Choice<Uint8Array>;
  readonly commandLine: Choice<MeasuredCommandLine>;
}

/** A firmware, or a use of it, that was left out because the launch could not have happened. */
export interface SetAside {
  /** The firmware in words. */
  readonly firmware: string;
  /** What it is not fit for. */
  readonly use: "launch" | "several vCPUs" | "kernel hashes";
  /** Permanent id of the failed check. */
  readonly finding: string;
  readonly title: string;
  readonly hint?: string;
}

/** A firmware that can be launched. */
export interface UsableFirmware {
  readonly choice: Choice<FirmwareCandidate>;
  readonly severalVcpus: boolean;
  readonly kernelHashes: boolean;
}

/** vCPU counts of one visit; `first` above `last` stands for none. */
export interface CountRange {
  readonly first: number;
  readonly last: number;
}

/** A space ready for going through. */
export class Candidates {
  readonly space: SearchSpace;
  /** Distance of this space's mode from the expected mode. */
  readonly cost: number;
  readonly firmware: readonly UsableFirmware[];
  readonly setAside: readonly SetAside[];
  /** Undefined for SEV, which has no VMSA pages. */
  readonly pages: VmsaPages | undefined;
  /** How many digests there are at each distance. */
  readonly counts: Histogram;
  /** Command lines by distance, of which there are hundreds. */
  readonly #lines: readonly (readonly Choice<MeasuredCommandLine>[])[];

  constructor(space: SearchSpace, cost: number) {
    this.space = space;
    this.cost = cost;
    this.pages = space.mode === "sev" ? undefined : new VmsaPages(space);
    const { choices: lines } = space.commandLine;
    this.#lines = histogram(lines).map((_, at) => lines.filter((line) => line.cost === at));
    const fits = space.firmware.choices.map((choice) => fit(choice, space));
    this.firmware = fits.flatMap(({ usable }) => usable ?? []);
    this.setAside = fits.flatMap(({ setAside }) => setAside);
    this.counts = this.#count();
  }

  /** Combinations of VMSA values at a distance. SEV has a single one without any value. */
  vmsasAt(cost: number): Uint32Array {
    if (this.pages !== undefined) return this.pages.at(cost);
    return new Uint32Array(cost === 0 ? 1 : 0);
  }

  /** Counts tried together with other parameters at their distance. */
  near(firmware: UsableFirmware): CountRange {
    const { near, fixed, expected } = this.space.vcpus;
    if (this.pages === undefined) return { first: 1, last: 1 };
    if (!fixed) return { first: 1, last: firmware.severalVcpus ? near : 1 };
    const possible = firmware.severalVcpus || expected === 1;
    return { first: near, last: possible ? near : 0 };
  }

  /** Counts that are one more difference. */
  far(firmware: UsableFirmware): CountRange {
    const { near, fixed, max } = this.space.vcpus;
    const none = this.pages === undefined || fixed || !firmware.severalVcpus;
    return { first: near + 1, last: none ? 0 : max };
  }

  /** Tables at a distance, `undefined` among them for no kernel hashes. */
  *tablesAt(cost: number, withHashes: boolean): Generator<Table | undefined> {
    const { kernelHashes, kernel, initrd } = this.space;
    for (const state of kernelHashes.choices) {
      const rest = cost - state.cost;
      if (!state.value && rest === 0) yield undefined;
      if (!state.value || !withHashes) continue;
      for (const k of kernel.choices) {
        for (const i of initrd.choices) {
          for (const commandLine of this.#lines[rest - k.cost - i.cost] ?? []) {
            yield { kernel: k, initrd: i, commandLine };
          }
        }
      }
    }
  }

  /** Distances of the tables. */
  tableCounts(withHashes: boolean): Histogram {
    const { kernelHashes, kernel, initrd, commandLine } = this.space;
    const parts = [kernel, initrd, commandLine].map(({ choices }) => histogram(choices));
    return kernelHashes.choices
      .filter(({ value }) => withHashes || !value)
      .map((state) => (state.value ? combine(histogram([state]), ...parts) : histogram([state])))
      .reduce<Histogram>(either, []);
  }

  #count(): Histogram {
    const vmsas = this.pages?.counts ?? [1];
    const all = this.firmware.map((firmware) => {
      const sizes = [this.near(firmware), this.far(firmware)].map(sizeOf);
      const fixed = histogram([{ cost: this.cost + firmware.choice.cost }]);
      return combine(fixed, this.tableCounts(firmware.kernelHashes), vmsas, sizes);
    });
    return all.reduce<Histogram>(either, []);
  }
}

/** How many counts a range has. */
export function sizeOf({ first, last }: CountRange): number {
  return Math.max(0, last - first + 1);
}

/** The hashes of a table. */
export function hashesOf(table: Table | undefined): KernelHashes | undefined {
  if (table === undefined) return undefined;
  return {
    kernel: table.kernel.value,
    initrd: table.initrd.value,
    cmdline: table.commandLine.value.sha256,
  };
}

function fit(
  choice: Choice<FirmwareCandidate>,
  space: SearchSpace,
): { readonly usable?: UsableFirmware; readonly setAside: readonly SetAside[] } {
  const unfit = choice.value.unfit(space.mode);
  const firmware = describeFirmware(choice.value);
  const aside = (use: SetAside["use"], findings: readonly Finding[]): readonly SetAside[] =>
    findings.map(({ id, title, hint }) => ({
      firmware,
      use,
      finding: id,
      title,
      ...(hint === undefined ? {} : { hint }),
    }));
  if (unfit.launch.length > 0) return { setAside: aside("launch", unfit.launch) };
  const hashesAreTried = space.kernelHashes.choices.some(({ value }) => value);
  const usable = {
    choice,
    severalVcpus: unfit.severalVcpus.length === 0,
    kernelHashes: unfit.kernelHashes.length === 0,
  };
  const setAside = [
    ...(space.vcpus.max > 1 ? aside("several vCPUs", unfit.severalVcpus) : []),
    ...(hashesAreTried ? aside("kernel hashes", unfit.kernelHashes) : []),
  ];
  return { usable, setAside };
}
