// SPDX-License-Identifier: Apache-2.0
// The lab host: SEV, SEV-ES and SEV-SNP guests on an ordinary machine, with real QEMU and firmware.

export { LabError } from "./error.ts";
export type { LabErrorCode } from "./error.ts";
export type { LabFaults, MessageFault } from "./faults.ts";
export { startLab } from "./lab.ts";
export type { Lab, LabEnd, LabNote, LabNoteId, LabOptions } from "./lab-types.ts";
export { runLabCommand } from "./run.ts";
export type { LabCommandIo } from "./run.ts";
export { channelFiles } from "./reports/files.ts";
