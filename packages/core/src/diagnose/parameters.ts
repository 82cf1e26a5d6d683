// SPDX-License-Identifier: Apache-2.0
// The parameters of a launch that was found, beside those that were expected, in words.

import type { Axis, Choice, Dimension, LaunchMode } from "./axis.ts";
import type { CandidateLaunch } from "./launch.ts";
import { quoteLine } from "./command-line.ts";
import type { MeasuredCommandLine, SearchSpace } from "./space.ts";

/** One parameter, expected and used. */
export interface ParameterRow {
  readonly dimension: Dimension;
  /** What the parameter is called in a table. */
  readonly title: string;
  /** Undefined when the expectation left it open. */
  readonly expected: string | undefined;
  readonly used: string;
  /** The command line itself, in quotes, where `used` only says how it differs. */
  readonly exactly?: string;
  /** Whether the value is measured in this launch; one that is not can have been anything. */
  readonly measured: boolean;
  readonly differs: boolean;
}

/** Modes as AMD writes them. */
export const MODE_NAMES: Readonly<Record<LaunchMode, string>> = {
  sev: "SEV",
  seves: "SEV-ES",
  snp: "SEV-SNP",
};

/** In the place of a value that is no part of the digest. */
const NOT_MEASURED = "not measured";

/**
 * All parameters of a launch, in order.
 * @param expectedMode Undefined when any mode was as good.
 */
export function parameterRows(
  launch: CandidateLaunch,
  space: SearchSpace,
  expectedMode: LaunchMode | undefined,
): readonly ParameterRow[] {
  const { table, vmsa } = launch;
  const rows = [
    modeRow(launch.mode, expectedMode),
    row("firmware", space.firmware, launch.firmware),
    vcpusRow(launch, space),
    row("vCPU type", space.vcpuType, vmsa?.vcpuType),
    row("guest features", space.guestFeatures, vmsa?.features),
    row("VMSA profile", space.vmsaProfile, vmsa?.profile),
    launch.mode === "snp" ? row("VMSA address", space.vmsaGpa, vmsa?.gpa) : undefined,
    kernelHashesRow(launch, space),
    bootRow("kernel", space, space.kernel, table?.kernel),
    bootRow("initrd", space, space.initrd, table?.initrd),
    commandLineRow(space, table?.commandLine),
  ].filter((each) => each !== undefined);
  const ofVcpus = new Set<Dimension>(["vcpus", "vcpu-type", "guest-features", "vmsa-profile"]);
  return launch.mode === "sev" ? rows.filter(({ dimension }) => !ofVcpus.has(dimension)) : rows;
}

function modeRow(mode: LaunchMode, expected: LaunchMode | undefined): ParameterRow {
  return {
    dimension: "mode",
    title: "mode",
    expected: expected === undefined ? undefined : MODE_NAMES[expected],
    used: MODE_NAMES[mode],
    measured: true,
    differs: expected !== undefined && expected !== mode,
  };
}

function vcpusRow({ vcpus }: CandidateLaunch, space: SearchSpace): ParameterRow {
  const { expected } = space.vcpus;
  return {
    dimension: "vcpus",
    title: "vCPUs",
    expected: expected?.toString(),
    used: String(vcpus),
    measured: true,
    differs: expected !== undefined && expected !== vcpus,
  };
}

function row<T>(
  title: string,
  { dimension, expected }: Axis<T>,
  used: Choice<T> | undefined,
): ParameterRow {
  return {
    dimension,
    title,
    expected: expected?.label,
    used: used?.label ?? NOT_MEASURED,
    measured: used !== undefined,
    differs: used !== undefined && expected !== undefined && used !== expected,
  };
}

function kernelHashesRow({ table }: CandidateLaunch, space: SearchSpace): ParameterRow {
  const used = table !== undefined;
  const { expected } = space.kernelHashes;
  return {
    dimension: "kernel-hashes",
    title: "kernel hashes",
    expected: expected?.label,
    used: used ? "on" : "off",
    measured: true,
    differs: expected !== undefined && expected.value !== used,
  };
}

/** Kernel, initrd and command line stand in no expectation when no kernel hashes were expected. */
function bootRow<T>(
  title: string,
  space: SearchSpace,
  boot: Axis<T>,
  used: Choice<T> | undefined,
): ParameterRow | undefined {
  if (boot.choices.length === 0 || space.kernel.choices.length === 0) return undefined;
  const expectsHashes = space.kernelHashes.expected?.value === true;
  if (expectsHashes) return row(title, boot, used);
  return { ...row(title, boot, used), expected: NOT_MEASURED, differs: false };
}

function commandLineRow(
  space: SearchSpace,
  used: Choice<MeasuredCommandLine> | undefined,
): ParameterRow | undefined {
  const found = bootRow("command line", space, space.commandLine, used);
  const text = used?.value.text;
  if (found === undefined || text === undefined || used === space.commandLine.expected)
    return found;
  return { ...found, exactly: quoteLine(text.line) };
}
