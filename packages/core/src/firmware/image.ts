// SPDX-License-Identifier: Apache-2.0
// A firmware image, read: everything in it that decides how QEMU loads and measures it.

import { footerValue, readFooterTable } from "./footer.ts";
import type { FooterTable } from "./footer.ts";
import * as guids from "./guids.ts";
import { AREA, SEV_ES_RESET_BLOCK } from "./layout.ts";
import type { SevMetadataSection } from "./layout.ts";
import { readSevMetadata } from "./metadata.ts";
import type { Metadata } from "./metadata.ts";
import type { Infer } from "../bytes/index.ts";

/** The image ends here in guest physical memory. */
export const FOUR_GIB = 0x1_0000_0000;

/** The unit of measurement: 4 KiB. */
export const PAGE_SIZE = 4096;

/** Guest physical base and size of an area; base 0 or size 0 means "not supported". */
export type Area = Infer<typeof AREA>;

/**
 * What the launch digest needs to know of a firmware besides its bytes. A firmware descriptor holds
 * the same, so that either can be measured.
 */
export interface FirmwareLayout {
  /** Size of the file in bytes. */
  readonly size: number;
  /** SEV metadata sections in file order; null when the image has no SEV metadata. */
  readonly sections: readonly SevMetadataSection[] | null;
  /** Where application processors start; null when there is no reset block. */
  readonly resetEip: number | null;
  /** Where the kernel-hashes table goes; null when the entry is absent. */
  readonly hashTable: Area | null;
  /** Where a launch secret goes; null when the entry is absent. */
  readonly secret: Area | null;
}

/** A firmware image as far as QEMU looks at it. */
export interface LaunchFirmware extends FirmwareLayout {
  readonly bytes: Uint8Array;
  readonly footer: FooterTable | null;
  readonly sevMetadata: Metadata<SevMetadataSection> | null;
}

/**
 * Decodes what a launch depends on. A file that is no OVMF decodes to an image without footer; judging
 * that is up to check.ts.
 * @throws {LayoutError} when the image has a footer table and it, or what it points to, is malformed.
 */
export function readLaunchFirmware(bytes: Uint8Array): LaunchFirmware {
  const footer = readFooterTable(bytes);
  const sevMetadata = readSevMetadata(bytes, footer);
  return {
    bytes,
    size: bytes.length,
    footer,
    sevMetadata,
    sections: sevMetadata?.sections ?? null,
    resetEip: footerValue(footer, guids.SEV_ES_RESET_BLOCK, SEV_ES_RESET_BLOCK)?.resetEip ?? null,
    hashTable: footerValue(footer, guids.SEV_HASH_TABLE, AREA),
    secret: footerValue(footer, guids.SEV_LAUNCH_SECRET, AREA),
  };
}
