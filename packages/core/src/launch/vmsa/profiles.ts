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

/** What most rows have in common. */
const COMMON = {
  modes: ["seves", "snp"],
  entry: "real-mode",
  secMem: "ZERO",
  cpuidLast: false,
} as const;

const QEMU = { ...COMMON, vmm: "QEMU", rdx: "cpu-signature" } as const;

const EC2 = {
  ...COMMON,
  vmm: "ec2",
  registers: EC2_REGISTERS,
  bootRegisters: { cs: attrib(0x9a, 0xf000) },
  cpuidLast: true,
} as const;

/** All profiles. The first of a VMM is its default. */
export const VMSA_PROFILES: readonly VmsaProfile[] = [
  {
    ...QEMU,
    id: "qemu",
    registers: { ...KVM_RESET, ...FPU_INIT },
  },
  {
    ...QEMU,
    id: "qemu-es-legacy",
    modes: ["seves"],
    registers: KVM_RESET,
  },
  {
    ...QEMU,
    id: "qemu-pre-6.9",
    modes: ["snp"],
    registers: KVM_RESET,
  },
  {
    ...EC2,
    id: "ec2",
    rdx: 0x600n,
  },
  {
    ...EC2,
    id: "ec2-rdx0",
    rdx: 0n,
  },
  {
    ...COMMON,
    id: "gce",
    vmm: "gce",
    registers: { ...KVM_RESET, gPat: 0x0007_0106n },
    rdx: 0x600n,
    secMem: "UNMEASURED",
  },
  {
    ...COMMON,
    id: "krun",
    vmm: "krun",
    registers: { ...EC2_REGISTERS, cs: attrib(0x9a, 0xf000) },
    rdx: 0n,
  },
  {
    ...COMMON,
    id: "svsm",
    vmm: "svsm",
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
  },
];
