// SPDX-License-Identifier: Apache-2.0
// Layouts inside an OVMF image that matter to a launch: footer entries and SEV metadata.

import { at, constant, guid, labelled, signature, struct, u16, u32 } from "../bytes/index.ts";
import type { Infer } from "../bytes/index.ts";

const RESET_VECTOR = "edk2 OvmfPkg/ResetVector/Ia16/ResetVectorVtf0.asm";
const METADATA_ASM = "edk2 OvmfPkg/ResetVector/X64/OvmfSevMetadata.asm";

/** Tail of every footer table entry; its data stands before it. */
export const FOOTER_ENTRY = struct(
  "OVMF footer entry",
  { size: 18, source: RESET_VECTOR },
  {
    length: at(0, u16),
    guid: at(2, guid()),
  },
);

/** Guest physical address and size of an area the firmware sets aside. */
export const AREA = struct(
  "OVMF area",
  { size: 8, source: RESET_VECTOR },
  {
    base: at(0, u32),
    size: at(4, u32),
  },
);

/** Data of the SEV_ES_RESET_BLOCK entry. */
export const SEV_ES_RESET_BLOCK = struct(
  "SEV-ES reset block",
  { size: 4, source: RESET_VECTOR },
  { resetEip: at(0, u32) },
);

/** Data of the metadata entries (SEV, TDX, IGVM). */
export const METADATA_OFFSET = struct(
  "OVMF metadata offset",
  { size: 4, source: RESET_VECTOR },
  { fromEnd: at(0, u32) },
);

/** Types of SEV metadata sections. */
export const SEV_SECTION_TYPES = {
  SNP_SEC_MEM: 1,
  SNP_SECRETS: 2,
  CPUID: 3,
  SVSM_CAA: 4,
  SNP_KERNEL_HASHES: 0x10,
} as const;

/** Header of the SEV metadata. */
export const SEV_METADATA_HEADER = struct(
  "SEV metadata header",
  { size: 16, source: METADATA_ASM },
  {
    signature: at(0, signature("ASEV")),
    length: at(4, u32),
    version: at(8, constant(u32, 1, "unsupported-version")),
    count: at(12, u32),
  },
);

/** One section the hypervisor must put into the guest before it starts. */
export const SEV_METADATA_SECTION = struct(
  "SEV metadata section",
  { size: 12, source: METADATA_ASM },
  {
    gpa: at(0, u32),
    size: at(4, u32),
    type: at(8, labelled(u32, SEV_SECTION_TYPES)),
  },
);

/** A decoded SEV metadata section. */
export type SevMetadataSection = Infer<typeof SEV_METADATA_SECTION>;
