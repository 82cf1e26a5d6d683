// SPDX-License-Identifier: Apache-2.0
// Which registers a VMM starts a vCPU with. The VMSA is host ABI in practice: kernels and VMMs have
// changed it, so each generation is a data row with a permanent id, and a new one is a new row.

import type { Segment, Vmsa } from "./layout.ts";

/** Registers of a row; those left out are zero. */
export type VmsaRegisters = { readonly [K in keyof Vmsa]?: Vmsa[K] };

/** How a VMM builds and orders what it measures. */
export interface VmsaProfile {
  /** Permanent id. */
  readonly id: string;
  /** VMM family, as `--vmm-type` names it. */
  readonly vmm: "QEMU" | "ec2" | "gce" | "krun" | "svsm";
  /** Hosts that use this row. */
  readonly hosts: string;
  readonly modes: readonly ("seves" | "snp" | "svsm")[];
  /** Registers of every vCPU. */
  readonly registers: VmsaRegisters;
  /** Registers that differ on the boot processor (vCPU 0). */
  readonly bootRegisters?: VmsaRegisters;
  /** RDX: the CPUID signature of the vCPU type, or one value whatever the type is. */
  readonly rdx: "cpu-signature" | bigint;
  /**
   * `real-mode`: CS.base and RIP are the halves of the 32-bit entry point. `flat`: CS is as in the
   * row and RIP is the whole entry point, the same for every vCPU.
   */
  readonly entry: "real-mode" | "flat";
  /** SEV-SNP: page type of SNP_SEC_MEM sections, and whether CPUID pages come after all others. */
  readonly secMem: "ZERO" | "UNMEASURED";
  readonly cpuidLast: boolean;
}

const REAL_MODE_DATA: Segment = { selector: 0, attrib: 0x93, limit: 0xffff, base: 0n };
const TABLE: Segment = { selector: 0, attrib: 0, limit: 0xffff, base: 0n };
const FLAT_DATA: Segment = { selector: 0x10, attrib: 0xc93, limit: 0xffff_ffff, base: 0n };

const attrib = (value: number, selector = 0): Segment => ({
  ...REAL_MODE_DATA,
  attrib: value,
  selector,
});

/** PAT at reset (APM volume 2, 7.8.2). */
const DEFAULT_PAT = 0x0007_0406_0007_0406n;

/** x86 reset values, plus what KVM forces: EFER.SVME, CR4.MCE, CR0 without CD and NW. */
const KVM_RESET: VmsaRegisters = {
  es: REAL_MODE_DATA,
  cs: attrib(0x9b, 0xf000),
  ss: REAL_MODE_DATA,
  ds: REAL_MODE_DATA,
  fs: REAL_MODE_DATA,
  gs: REAL_MODE_DATA,
  gdtr: TABLE,
  ldtr: attrib(0x82),
  idtr: TABLE,
  tr: attrib(0x8b),
  efer: 0x1000n,
  cr4: 0x40n,
  cr0: 0x10n,
  dr7: 0x400n,
  dr6: 0xffff_0ff0n,
  rflags: 2n,
  gPat: DEFAULT_PAT,
  xcr0: 1n,
};

/** FPU state after INIT, which KVM copies into the VMSA since KVM_SEV_INIT2. */
export const FPU_INIT: VmsaRegisters = { mxcsr: 0x1f80, x87Fcw: 0x37f };

/** FPU area left zero. */
export const FPU_ZERO: VmsaRegisters = { mxcsr: 0, x87Fcw: 0 };

const EC2_REGISTERS: VmsaRegisters = { ...KVM_RESET, ss: attrib(0x92), tr: attrib(0x83) };

const QEMU = {
  vmm: "QEMU",
  rdx: "cpu-signature",
  entry: "real-mode",
  secMem: "ZERO",
  cpuidLast: false,
} as const;

const EC2 = {
  vmm: "ec2",
  modes: ["seves", "snp"],
  registers: EC2_REGISTERS,
  bootRegisters: { cs: attrib(0x9a, 0xf000) },
  entry: "real-mode",
  secMem: "ZERO",
  cpuidLast: true,
} as const;

/** All profiles. The first of a VMM is its default. */
export const VMSA_PROFILES: readonly VmsaProfile[] = [
  {
    ...QEMU,
    id: "qemu",
    hosts: "QEMU with KVM_SEV_INIT2: SEV-SNP on Linux 6.11+, SEV-ES with legacy-vm-type=off",
    modes: ["seves", "snp"],
    registers: { ...KVM_RESET, ...FPU_INIT },
  },
  {
    ...QEMU,
    id: "qemu-es-legacy",
    hosts: "QEMU with KVM_SEV_ES_INIT (legacy-vm-type=on, the default of QEMU 10.0): FPU area zero",
    modes: ["seves"],
    registers: KVM_RESET,
  },
  {
    ...QEMU,
    id: "qemu-pre-6.9",
    hosts: "QEMU on AMD's SEV-SNP kernels before 6.9: FPU area zero",
    modes: ["snp"],
    registers: KVM_RESET,
  },
  {
    ...EC2,
    id: "ec2",
    hosts: "Amazon EC2 since 2026: RDX 0x600",
    rdx: 0x600n,
  },
  {
    ...EC2,
    id: "ec2-rdx0",
    hosts: "Amazon EC2 before 2026, and what virtee/sev 8.0.0 computes: RDX 0",
    rdx: 0n,
  },
  {
    id: "gce",
    vmm: "gce",
    hosts: "Google Compute Engine",
    modes: ["seves", "snp"],
    registers: { ...KVM_RESET, gPat: 0x0007_0106n },
    rdx: 0x600n,
    entry: "real-mode",
    secMem: "UNMEASURED",
    cpuidLast: false,
  },
  {
    id: "krun",
    vmm: "krun",
    hosts: "libkrun as virtee/sev computes it; libkrun's own layout differs",
    modes: ["seves", "snp"],
    registers: { ...EC2_REGISTERS, cs: attrib(0x9a, 0xf000) },
    rdx: 0n,
    entry: "real-mode",
    secMem: "ZERO",
    cpuidLast: false,
  },
  {
    id: "svsm",
    vmm: "svsm",
    hosts: "coconut-svsm's QEMU fork before IGVM, as sev-snp-measure computes it (FCW 0)",
    modes: ["svsm"],
    registers: {
      ...KVM_RESET,
      es: FLAT_DATA,
      cs: { selector: 8, attrib: 0xc9b, limit: 0xffff_ffff, base: 0n },
      ss: FLAT_DATA,
      ds: FLAT_DATA,
      fs: FLAT_DATA,
      cr0: 0x11n,
      mxcsr: 0x1f80,
    },
    rdx: "cpu-signature",
    entry: "flat",
    secMem: "ZERO",
    cpuidLast: false,
  },
];
