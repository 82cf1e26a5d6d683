// SPDX-License-Identifier: Apache-2.0
// Machines: a plan as QEMU's command line and libvirt's XML, what is wrong with either, and QEMU as
// a process.

export { qemuArguments } from "./arguments.ts";
export { MachineError } from "./error.ts";
export type { MachineErrorCode } from "./error.ts";
export { libvirtXml } from "./domain.ts";
export { lintDomainXml, lintQemuArguments } from "./lint.ts";
export type { LintOptions } from "./lint.ts";
export type {
  MachineChannel,
  MachineDisk,
  MachinePlan,
  PlatformBits,
  QemuVersion,
  SevMachine,
  SnpMachine,
} from "./plan.ts";
export { startQemu } from "./process.ts";
export type { ProcessEnd, QemuProcess, StartOptions } from "./process.ts";
export { readSmallFile } from "./small-file.ts";
