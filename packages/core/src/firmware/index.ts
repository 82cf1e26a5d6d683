// SPDX-License-Identifier: Apache-2.0
// Firmware images: what is in them that decides a launch, and whether it is sane.

export type { FirmwareUse } from "./check.ts";
export { describeSection, sectionTypeName } from "./check-sections.ts";
export { differingPages } from "./compare.ts";
export type { PageRange } from "./compare.ts";
export {
  FIRMWARE_DESCRIPTOR_SCHEMA,
  firmwareDescriptorFromJson,
  firmwareDescriptorToJson,
} from "./descriptor.ts";
export type { FirmwareDescriptor } from "./descriptor.ts";
export { footerEntryFields } from "./entry-fields.ts";
export { readFooterTable } from "./footer.ts";
export type { FooterEntry, FooterTable } from "./footer.ts";
export { FOOTER_GUIDS, footerGuidName } from "./guids.ts";
export type { FooterGuidName } from "./guids.ts";
export {
  checkFirmware,
  checkFirmwareFor,
  checkKernelHashes,
  checkSections,
  withBasis,
} from "./report.ts";
export { FOUR_GIB, PAGE_SIZE } from "./image.ts";
export type { Area, FirmwareLayout, LaunchFirmware } from "./image.ts";
export { readFirmware } from "./whole-image.ts";
export type { FirmwareImage } from "./whole-image.ts";
export { IGVM_SECTION_TYPES } from "./builder-layout.ts";
export type { IgvmMetadataSection } from "./builder-layout.ts";
export { SEV_SECTION_TYPES } from "./layout.ts";
export {
  AREA,
  FOOTER_ENTRY,
  IGVM_METADATA_HEADER,
  IGVM_METADATA_SECTION,
  METADATA_OFFSET,
  SEV_ES_RESET_BLOCK,
  SEV_METADATA_HEADER,
  SEV_METADATA_SECTION,
  SVSM_INFO,
} from "./layout-docs.ts";
export type { SevMetadataSection } from "./layout.ts";
export type { Metadata } from "./metadata.ts";
