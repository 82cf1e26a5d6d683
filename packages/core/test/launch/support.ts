// SPDX-License-Identifier: Apache-2.0
// Launches of built firmware, sound unless a test changes something.

import { LayoutError, hexEncode } from "../../src/bytes/index.ts";
import { readFirmware } from "../../src/firmware/index.ts";
import {
  LaunchError,
  sevEsLaunchDigest,
  sevLaunchDigest,
  snpLaunchDigest,
  vmsaProfile,
} from "../../src/launch/index.ts";
import type { KernelHashes, SnpParameters } from "../../src/launch/index.ts";
import { buildFirmware } from "../support/firmware-builder.ts";
import type { FirmwareSpec } from "../support/firmware-builder.ts";

/** Hashes that are told apart at a glance. */
export const KERNEL_HASHES: KernelHashes = {
  kernel: new Uint8Array(32).fill(0xcc),
  initrd: new Uint8Array(32).fill(0xbb),
  cmdline: new Uint8Array(32).fill(0xaa),
};

/** Two vCPUs of type EPYC-Milan under QEMU; also sound for SEV and SEV-ES. */
export function launchOf(
  spec: FirmwareSpec = {},
  change: Partial<SnpParameters> = {},
): SnpParameters {
  return {
    firmware: readFirmware(buildFirmware(spec)),
    profile: vmsaProfile("qemu"),
    signature: 0x00a0_0f11,
    sevFeatures: 1n,
    vcpus: 2,
    ...change,
  };
}

/** The SEV-SNP digest as text. */
export const snp = (parameters: SnpParameters): string => hexEncode(snpLaunchDigest(parameters));

/** The SEV-ES digest as text. */
export const seves = (parameters: SnpParameters): string =>
  hexEncode(sevEsLaunchDigest(parameters));

/** The SEV digest as text. */
export const sev = (parameters: SnpParameters): string => hexEncode(sevLaunchDigest(parameters));

/** For assert.throws: `firmware-unsuitable` for this finding and for no other failed one. */
export function unsuitable(...ids: readonly string[]): (error: unknown) => boolean {
  return (error) => {
    if (!(error instanceof LaunchError) || error.code !== "firmware-unsuitable") return false;
    const failed = error.findings.filter(({ outcome }) => outcome === "fail");
    return JSON.stringify(failed.map(({ id }) => id)) === JSON.stringify(ids);
  };
}

/** Whether an error is one that names what is wrong, never one of JavaScript's own. */
export function isNamed(error: unknown): boolean {
  return error instanceof LaunchError || error instanceof LayoutError;
}
