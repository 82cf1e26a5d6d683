// SPDX-License-Identifier: Apache-2.0
// What a launch digest is computed from, checked before anything is hashed.

import { judgeFirmware } from "../firmware/check.ts";
import type { FirmwareDescriptor, LaunchFirmware } from "../firmware/index.ts";
import type { Finding } from "../finding/index.ts";
import { requireSuitable } from "./acceptance.ts";
import type { Accepted } from "./acceptance.ts";
import { LaunchError } from "./error.ts";
import type { KernelHashes } from "./kernel-hashes.ts";
import type { VmsaParameters } from "./vmsa/build.ts";
import type { VmsaProfile } from "./vmsa/profiles.ts";

/** KVM_MAX_VCPUS on x86: no guest has more (Linux arch/x86/include/asm/kvm_host.h). */
export const MAX_VCPUS = 4096;

/**
 * Where KVM puts a VMSA: (u64)-1 with the page offset and the bits above 51 cleared
 * (Linux arch/x86/kvm/svm/sev.c).
 */
export const KVM_VMSA_GPA = 0xffff_ffff_f000;

/** What every SEV generation's digest depends on. */
export interface LaunchParameters {
  /** The image itself, or for SEV-SNP a descriptor in its place. */
  readonly firmware: LaunchFirmware | FirmwareDescriptor;
  /** Set when the host measures kernel, initrd and command line (kernel-hashes=on). */
  readonly kernelHashes?: KernelHashes;
  readonly accept?: Accepted;
}

/** What the vCPUs add to the digest (SEV-ES and SEV-SNP). */
export interface VcpuParameters {
  readonly profile: VmsaProfile;
  /**
   * CPUID signature of the vCPU type. Needed where the profile puts it into RDX.
   */
  readonly signature?: number;
  /** SEV_FEATURES as the VMSA holds it: at least 1 for SEV-SNP, normally 0 for SEV-ES. */
  readonly sevFeatures: bigint;
}

/**
 * Checks a number of vCPUs.
 * @throws {LaunchError} `vcpus-out-of-range`.
 */
export function requireVcpus(vcpus: number): void {
  if (Number.isInteger(vcpus) && vcpus >= 1 && vcpus <= MAX_VCPUS) return;
  throw new LaunchError("vcpus-out-of-range", `${vcpus} vCPUs: must be 1 to ${MAX_VCPUS}`, {
    hint: "count what the guest starts with (-smp N), not the hot-plug maximum",
  });
}

/**
 * Checks that the firmware can be launched this way, and returns every finding.
 * @throws {LaunchError} `firmware-unsuitable` unless all blockers are accepted by id.
 */
export function checkLaunch(
  parameters: LaunchParameters,
  mode: "sev" | "seves" | "snp",
  vcpus: number,
): readonly Finding[] {
  const kernelHashes = parameters.kernelHashes !== undefined;
  const findings = judgeFirmware(parameters.firmware, { mode, vcpus, kernelHashes });
  requireSuitable(findings, parameters.accept ?? new Set(), mode);
  return findings;
}

/**
 * The inputs of the VMSA pages.
 * @param mode Checked against the modes the profile is for.
 * @throws {LaunchError} `bad-guest-features`, `cpu-signature-invalid`, `cpu-signature-missing`,
 *   `profile-mode-mismatch`.
 */
export function vmsaParameters(
  vcpu: VcpuParameters,
  mode: "seves" | "snp" | "svsm",
  entryPoint: number,
): VmsaParameters {
  const { profile, signature, sevFeatures } = vcpu;
  if (!profile.modes.some((known) => known === mode)) {
    throw new LaunchError(
      "profile-mode-mismatch",
      `VMSA profile ${profile.id} is not one for mode ${mode}`,
      { hint: `it is for ${profile.modes.join(", ")}` },
    );
  }
  if (signature === undefined && profile.rdx === "cpu-signature") {
    throw new LaunchError(
      "cpu-signature-missing",
      `VMSA profile ${profile.id} measures the CPU signature, and none is given`,
      {
        hint: "give --vcpu-type or --vcpu-sig",
      },
    );
  }
  if (signature !== undefined && !(signature >>> 0 === signature)) {
    throw new LaunchError(
      "cpu-signature-invalid",
      `CPU signature ${signature} is not a 32-bit value`,
      {
        hint: "give CPUID Fn0000_0001_EAX, as in 0x00a00f11",
      },
    );
  }
  if (BigInt.asUintN(64, sevFeatures) !== sevFeatures) {
    throw new LaunchError(
      "bad-guest-features",
      `guest features ${sevFeatures} are not a 64-bit value`,
      { hint: "give SEV_FEATURES, as in 0x1" },
    );
  }
  return { profile, signature: signature ?? 0, sevFeatures, entryPoint };
}

/** What the VMSA pages of all vCPUs but the first are called in lists of what is measured. */
export function otherVcpus(vcpus: number): string {
  return vcpus === 2 ? "VMSA of vCPU 1" : `VMSA of vCPUs 1-${vcpus - 1}`;
}

/**
 * The bytes of the firmware.
 * @throws {LaunchError} `firmware-bytes-missing` for a descriptor.
 */
export function firmwareBytes(firmware: LaunchFirmware | FirmwareDescriptor): Uint8Array {
  if ("bytes" in firmware) return firmware.bytes;
  throw new LaunchError(
    "firmware-bytes-missing",
    "SEV and SEV-ES hash the whole firmware with what follows it, so a descriptor is not enough",
    { hint: "give the firmware file itself with --ovmf" },
  );
}
