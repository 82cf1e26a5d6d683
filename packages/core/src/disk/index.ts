// SPDX-License-Identifier: Apache-2.0
// Disk images: qcow2, GPT and LUKS2 read with bounds, and judged.

export { fileSystemName } from "./blocks.ts";
export { checkDisk } from "./check.ts";
export type { CheckDiskOptions, CheckedDisk } from "./check.ts";
export { GPT_ENTRY, GPT_HEADER, PARTITION_TYPES, readPartitionTable } from "./gpt.ts";
export type { Partition, PartitionTable } from "./gpt.ts";
export { LUKS2_HEADER, readLuksHeader } from "./luks/header.ts";
export type { LuksHeaderCopy } from "./luks/header.ts";
export { readLuksMetadata } from "./luks/metadata.ts";
export type { LuksMetadata } from "./luks/metadata.ts";
export type { EncryptedPartition } from "./partitions.ts";
export { QCOW2_HEADER, QCOW2_HEADER_ADDED, readQcow2Header } from "./qcow2/header.ts";
export type { Qcow2Header } from "./qcow2/header.ts";
export { openQcow2 } from "./qcow2/image.ts";
export type { Decompress, Qcow2Disk } from "./qcow2/image.ts";
export { outcomeOf } from "../finding/outcome.ts";
export type { VerdictOutcome } from "../finding/outcome.ts";
export { found as diskFinding } from "./finding.ts";
export { rawDisk } from "./source.ts";
export type { ByteSource, Disk, Extent } from "./source.ts";
export type { AreaUse, ClearArea, Survey, SurveyProgress } from "./survey.ts";
