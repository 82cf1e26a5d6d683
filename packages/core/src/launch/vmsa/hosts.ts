// SPDX-License-Identifier: Apache-2.0
// Which hosts use which VMSA profile, for people.

import type { VmsaProfile } from "./profiles.ts";

const HOSTS: Readonly<Record<string, string>> = {
  qemu: "QEMU with KVM_SEV_INIT2: SEV-SNP on Linux 6.11+, SEV-ES with legacy-vm-type=off",
  "qemu-es-legacy":
    "QEMU with KVM_SEV_ES_INIT (legacy-vm-type=on, the default of QEMU 10.0): FPU area zero",
  "qemu-pre-6.9": "QEMU on AMD's SEV-SNP kernels before 6.9: FPU area zero",
  ec2: "Amazon EC2 since 2026: RDX 0x600",
  "ec2-rdx0": "Amazon EC2 before 2026, and what virtee/sev 8.0.0 computes: RDX 0",
  gce: "Google Compute Engine",
  krun: "libkrun as virtee/sev computes it; libkrun's own layout differs",
  svsm: "coconut-svsm's QEMU fork before IGVM, as sev-snp-measure computes it (FCW 0)",
};

/** The hosts that use a profile. */
export function profileHosts({ id }: VmsaProfile): string {
  return HOSTS[id] ?? "unknown hosts";
}
