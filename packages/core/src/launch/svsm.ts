// SPDX-License-Identifier: Apache-2.0
// The launch digest of coconut-svsm's QEMU fork before IGVM: OVMF, then the SVSM placed below the
// variable store, then the SVSM's own metadata and equal VMSAs. Obsolete, kept for what still runs it.

import { FOUR_GIB, checkSections } from "../firmware/index.ts";
import type { FirmwareImage } from "../firmware/index.ts";
import { requireSuitable } from "./acceptance.ts";
import type { Accepted } from "./acceptance.ts";
import { LaunchError } from "./error.ts";
import { KVM_VMSA_GPA, requireVcpus, vmsaParameters } from "./parameters.ts";
import type { VcpuParameters } from "./parameters.ts";
import { snpPrefix } from "./snp.ts";
import { contentStep } from "./steps.ts";
import type { LaunchStep } from "./steps.ts";
import { bootVmsaPage } from "./vmsa/build.ts";

/** What the digest of an SVSM launch is computed from. */
export interface SvsmParameters extends VcpuParameters {
  readonly firmware: FirmwareImage;
  readonly svsm: FirmwareImage;
  /** Bytes of the variable store between OVMF and SVSM. Its contents are not measured. */
  readonly varsSize: number;
  readonly vcpus: number;
  readonly accept?: Accepted;
}

/**
 * Everything that is measured in such a launch, in order.
 * @throws {LaunchError} `svsm-unsuitable` when the SVSM binary cannot be placed or started.
 */
export function svsmSteps(parameters: SvsmParameters): readonly LaunchStep[] {
  const { firmware, svsm, varsSize, vcpus, profile } = parameters;
  requireVcpus(vcpus);
  requirePages("firmware", firmware.size);
  requirePages("SVSM binary", svsm.size);
  if (svsm.sections === null) {
    throw unsuitable(
      "the SVSM binary has no SEV metadata, so what is loaded with it is unknown",
      "give svsm.bin as coconut-svsm built it before it moved to IGVM files",
    );
  }
  requireSuitable(checkSections(svsm), parameters.accept ?? new Set(), "snp");
  const ovmfStart = FOUR_GIB - firmware.size;
  const svsmStart = ovmfStart - varsSize - svsm.size;
  if (!Number.isSafeInteger(varsSize) || varsSize < 0 || svsmStart < 0 || svsmStart % 4096 !== 0) {
    throw unsuitable(
      `with a variable store of ${varsSize} bytes the SVSM binary would start at ${svsmStart}`,
      "give the size of the VARS file that is launched, a multiple of 4096",
    );
  }
  if (svsm.svsmLaunchOffset === null) {
    throw unsuitable(
      "the SVSM binary has no SVSM info entry, so its entry point is unknown",
      "give svsm.bin as coconut-svsm built it before it moved to IGVM files",
    );
  }
  const vmsa = vmsaParameters(parameters, "svsm", svsmStart + svsm.svsmLaunchOffset);
  const [ovmfStep] = snpPrefix({ firmware }, profile).steps;
  const sections = snpPrefix({ firmware: svsm }, profile).steps.slice(1);
  const what = vcpus === 1 ? "VMSA of vCPU 0" : `VMSA of vCPUs 0-${vcpus - 1}`;
  return [
    ovmfStep!,
    contentStep("SVSM", "NORMAL", svsmStart, svsm.bytes),
    ...sections,
    contentStep(what, "VMSA", KVM_VMSA_GPA, bootVmsaPage(vmsa), vcpus),
  ];
}

function requirePages(what: string, size: number): void {
  if (size > 0 && size % 4096 === 0) return;
  throw unsuitable(
    `the ${what} has ${size} bytes, not a multiple of 4096`,
    "is the file complete?",
  );
}

function unsuitable(message: string, hint: string): LaunchError {
  return new LaunchError("svsm-unsuitable", message, { hint });
}
