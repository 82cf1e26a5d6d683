// SPDX-License-Identifier: Apache-2.0
// Firmware images: what is in them that decides a launch, and whether it is sane.

export { checkFirmware, checkFirmwareFor, checkKernelHashes } from "./check.ts";
export type { FirmwareUse } from "./check.ts";
export { checkSections, describeSection, sectionTypeName } from "./check-sections.ts";
export { differingPages } from "./compare.ts";
export type { PageRange } from "./compare.ts";
export {
  FIRMWARE_DESCRIPTOR_SCHEMA,
  firmwareDescriptorFromJson,
  firmwareDescriptorToJson,
} from "./descriptor.ts";
export type { FirmwareDescriptor } from "./descriptor.ts";
export { readFooterTable } from "./footer.ts";
export type { FooterEntry, FooterTable } from "./footer.ts";
export { FOOTER_GUIDS, footerGuidName } from "./guids.ts";
export type { FooterGuidName } from "./guids.ts";
export { FOUR_GIB, PAGE_SIZE, readFirmware } from "./image.ts";
export type { Area, FirmwareImage, FirmwareLayout } from "./image.ts";
export {
  AREA,
  FOOTER_ENTRY,
  IGVM_METADATA_HEADER,
  IGVM_METADATA_SECTION,
  IGVM_SECTION_TYPES,
  METADATA_OFFSET,
  SEV_ES_RESET_BLOCK,
  SEV_METADATA_HEADER,
  SEV_METADATA_SECTION,
  SEV_SECTION_TYPES,
  SVSM_INFO,
} from "./layout.ts";
export type { IgvmMetadataSection, SevMetadataSection } from "./layout.ts";
export type { Metadata } from "./metadata.ts";
