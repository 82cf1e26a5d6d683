// SPDX-License-Identifier: Apache-2.0
// The SEV-SNP launch digest: firmware pages, SEV metadata sections in file order, VMSA pages.
// Source: QEMU target/i386/sev.c (sev_snp_launch_start .. sev_snp_launch_finish); AMD 56860.

import { hexDecode, hexNumber } from "../bytes/index.ts";
import { judgeFirmware } from "../firmware/check.ts";
import { FOUR_GIB, SEV_SECTION_TYPES, sectionTypeName } from "../firmware/index.ts";
import type { FirmwareDescriptor, LaunchFirmware, SevMetadataSection } from "../firmware/index.ts";
import { requireSuitable } from "./acceptance.ts";
import { LaunchError } from "./error.ts";
import { kernelHashesPage } from "./kernel-hashes.ts";
import type { KernelHashes } from "./kernel-hashes.ts";
import {
  KVM_VMSA_GPA,
  checkLaunch,
  otherVcpus,
  requireVcpus,
  vmsaParameters,
} from "./parameters.ts";
import type { LaunchParameters, VcpuParameters } from "./parameters.ts";
import { contentStep, digestOf, rangeStep } from "./steps.ts";
import type { LaunchStep } from "./steps.ts";
import { applicationVmsaPage, bootVmsaPage } from "./vmsa/build.ts";
import type { VmsaProfile } from "./vmsa/profiles.ts";

/** What an SEV-SNP launch digest is computed from. */
export interface SnpParameters extends LaunchParameters, VcpuParameters {
  readonly vcpus: number;
  /** Digest after the firmware's pages, taken earlier; replaces hashing them. 48 bytes. */
  readonly ovmfHash?: Uint8Array;
  /** Guest physical address the VMSA pages are measured at; KVM's when absent. */
  readonly vmsaGpa?: number;
}

/** A launch as steps, and the digest they start from. */
export interface SnpPlan {
  /** Digest before the first step; absent for 48 zero bytes. */
  readonly seed?: Uint8Array;
  readonly steps: readonly LaunchStep[];
}

/**
 * Everything that is measured in an SEV-SNP launch, in order.
 * @throws {LaunchError} when the firmware does not suit or a parameter is missing or out of range.
 */
export function snpPlan(parameters: SnpParameters): SnpPlan {
  requireVcpus(parameters.vcpus);
  checkLaunch(parameters, "snp", parameters.vcpus);
  const prefix = snpPrefix(parameters, parameters.profile);
  return { ...prefix, steps: [...prefix.steps, ...snpVmsaSteps(parameters)] };
}

/**
 * The SEV-SNP launch digest, 48 bytes: MEASUREMENT of the attestation report.
 * @throws {LaunchError} see {@link snpPlan}.
 */
export function snpLaunchDigest(parameters: SnpParameters): Uint8Array {
  const { steps, seed } = snpPlan(parameters);
  return digestOf(steps, seed).value();
}

/**
 * The digest after the firmware's pages alone ("OVMF hash"), 48 bytes. It can seed a launch digest.
 * @throws {LaunchError} `firmware-unsuitable` when the size is not a whole number of pages.
 */
export function snpOvmfHash(firmware: LaunchFirmware): Uint8Array {
  // Its size is all that matters here, as for SEV.
  requireSuitable(judgeFirmware(firmware, { mode: "sev" }), new Set(), "snp");
  return digestOf([firmwareStep(firmware)]).value();
}

/** The part of a plan before the VMSA pages; the same for all vCPU counts, types and features. */
export function snpPrefix(
  parameters: Pick<SnpParameters, "firmware" | "kernelHashes" | "ovmfHash">,
  rules: Pick<VmsaProfile, "secMem" | "cpuidLast">,
): SnpPlan {
  const { firmware, kernelHashes, ovmfHash } = parameters;
  const sections = (firmware.sections ?? []).map((section) =>
    sectionStep(section, firmware, rules, kernelHashes),
  );
  const isCpuid = (step: LaunchStep): boolean => step.pageType === "CPUID";
  const ordered = rules.cpuidLast
    ? [...sections.filter((step) => !isCpuid(step)), ...sections.filter(isCpuid)]
    : sections;
  if (ovmfHash !== undefined) return { seed: ovmfHash, steps: ordered };
  if ("bytes" in firmware) return { steps: [firmwareStep(firmware), ...ordered] };
  return { seed: hexDecode(firmware.ovmfHash), steps: ordered };
}

/** The VMSA pages as steps: one for the boot processor, one for all others, which are equal. */
export function snpVmsaSteps(
  parameters: VcpuParameters & Pick<SnpParameters, "vcpus" | "vmsaGpa" | "firmware">,
): readonly LaunchStep[] {
  const { vcpus, firmware, vmsaGpa = KVM_VMSA_GPA } = parameters;
  requireVmsaGpa(vmsaGpa);
  const vmsa = vmsaParameters(parameters, "snp", firmware.resetEip ?? 0);
  const boot = contentStep("VMSA of vCPU 0", "VMSA", vmsaGpa, bootVmsaPage(vmsa));
  if (vcpus === 1) return [boot];
  return [
    boot,
    contentStep(otherVcpus(vcpus), "VMSA", vmsaGpa, applicationVmsaPage(vmsa), vcpus - 1),
  ];
}

function firmwareStep(firmware: LaunchFirmware): LaunchStep {
  return contentStep("firmware", "NORMAL", FOUR_GIB - firmware.size, firmware.bytes);
}

function sectionStep(
  { gpa, size, type }: SevMetadataSection,
  firmware: LaunchFirmware | FirmwareDescriptor,
  rules: Pick<VmsaProfile, "secMem">,
  kernelHashes: KernelHashes | undefined,
): LaunchStep {
  const what = sectionTypeName(type);
  switch (type) {
    case SEV_SECTION_TYPES.SNP_SEC_MEM:
      return rangeStep(what, rules.secMem, gpa, size);
    case SEV_SECTION_TYPES.SNP_SECRETS:
      return rangeStep(what, "SECRETS", gpa, size);
    case SEV_SECTION_TYPES.CPUID:
      return rangeStep(what, "CPUID", gpa, size);
    case SEV_SECTION_TYPES.SNP_KERNEL_HASHES: {
      const base = firmware.hashTable?.base;
      if (kernelHashes === undefined || base === undefined) {
        return rangeStep(what, "ZERO", gpa, size);
      }
      return contentStep(what, "NORMAL", gpa, kernelHashesPage(kernelHashes, base));
    }
    default:
      // SVSM_CAA; and, once accepted by name, types nobody has defined: QEMU's default branch.
      return rangeStep(what, "ZERO", gpa, size);
  }
}

function requireVmsaGpa(gpa: number): void {
  if (Number.isSafeInteger(gpa) && gpa >= 0 && gpa % 4096 === 0 && gpa < 2 ** 52) return;
  throw new LaunchError(
    "vmsa-gpa-invalid",
    `VMSA address ${hexNumber(gpa)} is not the address of a page below 2^52`,
    { hint: "KVM uses 0xfffffffff000; gce-tcb-verifier 0xffffffffff000 for Genoa" },
  );
}
