// SPDX-License-Identifier: Apache-2.0
// Launch parameters as measure and diagnose both take them: VMMs by name, CPUs by their numbers.

import { cpuSignature, vmsaProfile } from "@greenlight/core/launch";
import type { VcpuType, VmsaProfile } from "@greenlight/core/launch";
import { UsageError } from "../command/usage-error.ts";
import { parseNumber } from "./number.ts";

/** Largest SEV_FEATURES. */
export const U64_MAX = (1n << 64n) - 1n;

/** Linux COMMAND_LINE_SIZE is 2 KiB; a file near this limit is a wrong one. */
export const MAX_CMDLINE = 64 * 1024;

/** Modes a VMM is chosen for. */
export type VmmMode = "sev" | "seves" | "snp" | "svsm";

/** Spellings of `--vmm-type` and the profile each stands for. */
const VMM_PROFILES: Readonly<Record<string, (mode: VmmMode) => string>> = {
  qemu: (mode) => (mode === "svsm" ? "svsm" : "qemu"),
  "qemu-legacy": (mode) => (mode === "snp" ? "qemu-pre-6.9" : "qemu-es-legacy"),
  ec2: () => "ec2",
  gce: () => "gce",
  krun: () => "krun",
};

/**
 * The default VMSA profile of a VMM, named in any case.
 * @throws {UsageError} `bad-value`.
 */
export function profileOfVmm(name: string, mode: VmmMode): VmsaProfile {
  const idFor = VMM_PROFILES[name.toLowerCase()];
  if (idFor !== undefined) return vmsaProfile(idFor(mode));
  throw new UsageError(
    "bad-value",
    `--vmm-type is ${JSON.stringify(name.slice(0, 40))}`,
    "choose one of: QEMU, QEMU-legacy, ec2, gce, krun; or name a row with --vmsa-profile",
  );
}

/** The CPU of a signature given as a number.
 * @throws {UsageError} `bad-value`.
 */
export function typeOfSignature(text: string): VcpuType {
  const signature = parseNumber(text, "--vcpu-sig", 2 ** 32 - 1);
  return { name: `0x${signature.toString(16)}`, signature };
}

/**
 * The CPU of `--vcpu-family`, `--vcpu-model` and `--vcpu-stepping`.
 * @throws {UsageError} `missing-option` unless all three are given, `bad-value`.
 */
export function typeOfNumbers(
  family: string | undefined,
  model: string | undefined,
  stepping: string | undefined,
): VcpuType {
  if (family === undefined || model === undefined || stepping === undefined) {
    throw new UsageError(
      "missing-option",
      "--vcpu-family, --vcpu-model and --vcpu-stepping belong together",
      "the CPU signature needs all three",
    );
  }
  const numbers = [
    parseNumber(family, "--vcpu-family", 15 + 255),
    parseNumber(model, "--vcpu-model", 255),
    parseNumber(stepping, "--vcpu-stepping", 15),
  ] as const;
  return { name: `family ${numbers.join("/")}`, signature: cpuSignature(...numbers) };
}
