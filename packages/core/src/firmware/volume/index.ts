// SPDX-License-Identifier: Apache-2.0
// The programs inside a firmware image, and what they let the host bring in.

export { auditKernelBlobs } from "./audit.ts";
export {
  FFS_FILE_HEADER,
  FILE_TYPES,
  FIRMWARE_VOLUME_EXT_HEADER,
  FIRMWARE_VOLUME_HEADER,
  GUID_DEFINED_SECTION,
  SECTION_HEADER,
  SECTION_TYPES,
} from "./layout.ts";
export { LZMA_HEADER } from "./lzma.ts";
export type { LeafSection } from "./sections.ts";
export { readVolumes } from "./volume.ts";
export type { FirmwareFile, FirmwareVolume } from "./volume.ts";
