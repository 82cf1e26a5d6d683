// SPDX-License-Identifier: Apache-2.0
// Small launches to search for: built firmware of two pages, and an expectation around it.

import { firmwareCandidate, launchDigest, searchSpace, Search } from "../../src/diagnose/index.ts";
import type {
  CandidateLaunch,
  Dimension,
  Expectation,
  FirmwareCandidate,
  SearchOutcome,
  SearchRequest,
  SearchSpace,
  SpaceOptions,
} from "../../src/diagnose/index.ts";
import { readFirmware } from "../../src/firmware/index.ts";
import type { FirmwareImage } from "../../src/firmware/index.ts";
import { KVM_VMSA_GPA, cpuModel, vmsaProfile } from "../../src/launch/index.ts";
import { buildFirmware } from "../support/firmware-builder.ts";
import type { FirmwareSpec } from "../support/firmware-builder.ts";

/** A built image as a candidate. */
export function candidateOf(
  file: string,
  spec: FirmwareSpec = {},
  accept: ReadonlySet<string> = new Set(),
): FirmwareCandidate {
  const load = (): FirmwareImage => readFirmware(buildFirmware(spec));
  return firmwareCandidate(load(), { kind: "file", file }, load, accept);
}

/** A hash that is told apart at a glance, and a name for it. */
function blobOf(name: string, fill: number): { name: string; sha256: Uint8Array } {
  return { name, sha256: new Uint8Array(32).fill(fill) };
}

export const LINE = "root=/dev/vda1 console=ttyS0 console=tty0 quiet";

/** Four vCPUs of EPYC-v4 on QEMU without a kernel. */
export function expectationOf(change: Partial<Expectation> = {}): Expectation {
  return {
    mode: "snp",
    firmwares: [candidateOf("OVMF.fd")],
    firmwareExpected: true,
    vcpus: 4,
    vcpuType: cpuModel("EPYC-v4"),
    sevFeatures: change.mode === "seves" ? 0n : 1n,
    profile: { profile: vmsaProfile("qemu") },
    vmsaGpa: KVM_VMSA_GPA,
    kernelHashes: change.kernels !== undefined,
    kernels: [],
    initrds: [],
    commandLines: [],
    ...change,
  };
}

/** As {@link expectationOf}, with a measured kernel, initrd and command line. */
export function withKernel(change: Partial<Expectation> = {}): Expectation {
  return expectationOf({
    kernels: [blobOf("vmlinuz", 0xcc), blobOf("vmlinuz.old", 0xdd)],
    initrds: [blobOf("initrd.img", 0xbb)],
    commandLines: [{ line: LINE }],
    ...change,
  });
}

export const OPTIONS: SpaceOptions = { maxVcpus: 64, exhaustive: false, fixed: new Set() };

export function fixing(...names: readonly Dimension[]): SpaceOptions {
  return { ...OPTIONS, fixed: new Set(names) };
}

/** The choices that make up a launch, by index; all expected ones when absent. */
export interface Pick {
  readonly firmware?: number;
  readonly table?: readonly [kernel: number, initrd: number, commandLine: number] | null;
  readonly profile?: number;
  readonly vcpuType?: number;
  readonly features?: number;
  readonly gpa?: number;
  readonly vcpus?: number;
}

/** A launch out of a space. */
export function launchAt(space: SearchSpace, pick: Pick): CandidateLaunch {
  const { kernelHashes, kernel, initrd, commandLine, vmsaProfile: profiles } = space;
  const expectsTable = kernelHashes.expected?.value === true;
  const at = pick.table === undefined ? (expectsTable ? ([0, 0, 0] as const) : null) : pick.table;
  const profile = profiles.choices[pick.profile ?? 0]!;
  const typed = profile.value.profile.rdx === "cpu-signature";
  return {
    mode: space.mode,
    firmware: space.firmware.choices[pick.firmware ?? 0]!,
    table:
      at === null
        ? undefined
        : {
            kernel: kernel.choices[at[0]]!,
            initrd: initrd.choices[at[1]]!,
            commandLine: commandLine.choices[at[2]]!,
          },
    vmsa:
      space.mode === "sev"
        ? undefined
        : {
            profile,
            vcpuType: typed ? space.vcpuType.choices[pick.vcpuType ?? 0]! : undefined,
            features: space.guestFeatures.choices[pick.features ?? 0]!,
            gpa: space.vmsaGpa.choices[pick.gpa ?? 0]!,
          },
    vcpus: space.mode === "sev" ? 1 : (pick.vcpus ?? space.vcpus.expected ?? 1),
  };
}

/** Index of the choice with this label. */
export function labelled(
  axis: { readonly choices: readonly { readonly label: string }[] },
  label: string,
): number {
  const index = axis.choices.findIndex((choice) => choice.label === label);
  if (index < 0) throw new Error(`no choice is called ${label}`);
  return index;
}

/** A search for a launch of the space itself, which a search must find. */
export function plant(
  space: SearchSpace,
  pick: Pick,
  more: Partial<SearchRequest> = {},
): SearchRequest {
  const observed = launchDigest(launchAt(space, pick), new Set(), more.session);
  return { observed, spaces: [space], ...more };
}

/** Runs a search to its end. */
export function searchAll(request: SearchRequest): SearchOutcome {
  const search = new Search(request);
  while (search.advance(50_000));
  return search.outcome();
}

/** The space around an expectation, small by default. */
export function spaceOf(expectation: Expectation, options: SpaceOptions = OPTIONS): SearchSpace {
  return searchSpace(expectation, options);
}
