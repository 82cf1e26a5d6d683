// SPDX-License-Identifier: Apache-2.0
// Layouts inside an OVMF image that matter to a launch: footer entries, SEV metadata, IGVM metadata.

import { at, constant, guid, labelled, signature, struct, u16, u32 } from "../bytes/index.ts";
import type { Infer } from "../bytes/index.ts";

const RESET_VECTOR = "edk2 OvmfPkg/ResetVector/Ia16/ResetVectorVtf0.asm";
const METADATA_ASM = "edk2 OvmfPkg/ResetVector/X64/OvmfSevMetadata.asm";

/** Tail of every footer table entry; its data stands before it. */
export const FOOTER_ENTRY = struct(
  "OVMF footer entry",
  { size: 18, source: RESET_VECTOR },
  {
    length: at(0, u16, "bytes of the whole entry: data, this length and the GUID"),
    guid: at(2, guid(), "what the data is"),
  },
);

/** Guest physical address and size of an area the firmware sets aside. */
export const AREA = struct(
  "OVMF area",
  { size: 8, source: RESET_VECTOR },
  {
    base: at(0, u32, "guest physical address"),
    size: at(4, u32, "size in bytes"),
  },
);

/** Data of the SEV_ES_RESET_BLOCK entry. */
export const SEV_ES_RESET_BLOCK = struct(
  "SEV-ES reset block",
  { size: 4, source: RESET_VECTOR },
  { resetEip: at(0, u32, "where application processors start: CS.base and RIP") },
);

/** Data of the metadata entries (SEV, TDX, IGVM). */
export const METADATA_OFFSET = struct(
  "OVMF metadata offset",
  { size: 4, source: RESET_VECTOR },
  { fromEnd: at(0, u32, "distance of the metadata header from the end of the image") },
);

/** Data of the SVSM_INFO entry. */
export const SVSM_INFO = struct(
  "SVSM info",
  { size: 4, source: "coconut-svsm/svsm, kernel/src/svsm_meta.S" },
  { launchOffset: at(0, u32, "entry point as an offset into the SVSM image") },
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
    length: at(4, u32, "bytes of header and descriptors: 16 + 12 n"),
    version: at(8, constant(u32, 1, "unsupported-version")),
    count: at(12, u32, "number of section descriptors"),
  },
);

/** One section the hypervisor must put into the guest before it starts. */
export const SEV_METADATA_SECTION = struct(
  "SEV metadata section",
  { size: 12, source: METADATA_ASM },
  {
    gpa: at(0, u32, "guest physical address"),
    size: at(4, u32, "size in bytes"),
    type: at(8, labelled(u32, SEV_SECTION_TYPES)),
  },
);

/** A decoded SEV metadata section. */
export type SevMetadataSection = Infer<typeof SEV_METADATA_SECTION>;

/** Types of IGVM metadata sections (edk2 2026.08). */
export const IGVM_SECTION_TYPES = {
  PARAMETER_AREA: 0x100,
  MEMORY_MAP: 0x101,
  VP_COUNT: 0x102,
  DATA_HOBS: 0x200,
} as const;

/** Header of the IGVM metadata, which tells a builder how to wrap the firmware into an IGVM file. */
export const IGVM_METADATA_HEADER = struct(
  "IGVM metadata header",
  { size: 16, source: "edk2 OvmfPkg/ResetVector/X64/IgvmMetadata.asm" },
  {
    signature: at(0, signature("IGVM")),
    length: at(4, u32, "bytes of header and descriptors: 16 + 12 n"),
    version: at(8, constant(u32, 1, "unsupported-version")),
    count: at(12, u32, "number of section descriptors"),
  },
);

/** One IGVM metadata section. For MEMORY_MAP and VP_COUNT `base` is an offset into the area. */
export const IGVM_METADATA_SECTION = struct(
  "IGVM metadata section",
  { size: 12, source: "edk2 OvmfPkg/ResetVector/X64/IgvmMetadata.asm" },
  {
    base: at(0, u32, "guest physical address, or offset into the parameter area"),
    size: at(4, u32, "size in bytes"),
    type: at(8, labelled(u32, IGVM_SECTION_TYPES)),
  },
);

/** A decoded IGVM metadata section. */
export type IgvmMetadataSection = Infer<typeof IGVM_METADATA_SECTION>;
