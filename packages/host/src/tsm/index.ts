// SPDX-License-Identifier: Apache-2.0
// Evidence out of a running guest, through the kernel's configfs-tsm.

export { evidenceBundle } from "./bundle.ts";
export { TSM_FOLDER } from "./entry.ts";
export { TsmError } from "./error.ts";
export type { TsmErrorCode } from "./error.ts";
export { getEvidence } from "./evidence.ts";
export type { EvidenceOptions, EvidenceRequest, TsmEvidence } from "./evidence.ts";
export type { TsmFile, TsmFiles } from "./files.ts";
