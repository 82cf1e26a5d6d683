// SPDX-License-Identifier: Apache-2.0
// Layouts inside a firmware image that QEMU takes no notice of: the IGVM metadata, for who wraps the
// image into an IGVM file, and the SVSM info.

import { at, constant, labelled, signature, struct, u32 } from "../bytes/index.ts";
import type { Infer } from "../bytes/index.ts";

/** Data of the SVSM_INFO entry. */
export const SVSM_INFO = struct(
  "SVSM info",
  { size: 4, source: "coconut-svsm/svsm, kernel/src/svsm_meta.S" },
  { launchOffset: at(0, u32) },
);

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
    length: at(4, u32),
    version: at(8, constant(u32, 1, "unsupported-version")),
    count: at(12, u32),
  },
);

/** One IGVM metadata section. For MEMORY_MAP and VP_COUNT `base` is an offset into the area. */
export const IGVM_METADATA_SECTION = struct(
  "IGVM metadata section",
  { size: 12, source: "edk2 OvmfPkg/ResetVector/X64/IgvmMetadata.asm" },
  {
    base: at(0, u32),
    size: at(4, u32),
    type: at(8, labelled(u32, IGVM_SECTION_TYPES)),
  },
);

/** A decoded IGVM metadata section. */
export type IgvmMetadataSection = Infer<typeof IGVM_METADATA_SECTION>;
