// SPDX-License-Identifier: Apache-2.0
// What the fields of the layouts of a launch mean, for people. Measuring does without these texts, so
// they are apart from the layouts and a bundle for it leaves them out.

import { documented } from "../bytes/index.ts";
import * as kernelHashes from "./kernel-hashes.ts";
import * as pageInfo from "./page-info.ts";
import * as vmsa from "./vmsa/layout.ts";

export const KERNEL_HASHES_TABLE = documented(kernelHashes.KERNEL_HASHES_TABLE, {
  length: "bytes of the table without padding",
  cmdline: "SHA-256 of the command line and one NUL",
  initrd: "SHA-256 of the initrd, of nothing when there is none",
  kernel: "SHA-256 of the kernel file",
});

export const PAGE_INFO = documented(pageInfo.PAGE_INFO, {
  digestCur: "launch digest so far",
  contents: "SHA-384 of the page for NORMAL and VMSA, else zero",
  length: "bytes of this structure",
  imiPage: "bit 0: page of an initial migration image; the others are zero",
  vmpl1Perms: "RMP permissions of VMPL1",
  vmpl2Perms: "RMP permissions of VMPL2",
  vmpl3Perms: "RMP permissions of VMPL3",
  gpa: "guest physical address",
});

export const SEGMENT = documented(vmsa.SEGMENT, {
  attrib: "descriptor bits 55:52 and 47:40",
});

export const VMSA = documented(vmsa.VMSA, {
  cs: "where code runs: base of the entry point",
  vmpl: "virtual machine privilege level",
  efer: "SVME is set by KVM",
  rip: "offset of the entry point in CS",
  gPat: "guest PAT",
  rdx: "CPUID signature of the CPU model on QEMU",
  sevFeatures: "guest features (SEV_FEATURES)",
  vintrCtrl: "V_GIF is set by KVM with Secure AVIC",
  virtualTom: "virtual top of memory",
});
