// SPDX-License-Identifier: Apache-2.0
// A firmware image with all that is known to be in it, whether QEMU looks at it or not.

import { IGVM_METADATA_HEADER, IGVM_METADATA_SECTION, SVSM_INFO } from "./builder-layout.ts";
import type { IgvmMetadataSection } from "./builder-layout.ts";
import { footerValue } from "./footer.ts";
import { FOOTER_GUIDS } from "./guids.ts";
import { readLaunchFirmware } from "./image.ts";
import type { LaunchFirmware } from "./image.ts";
import { readMetadata } from "./metadata.ts";
import type { Metadata } from "./metadata.ts";

/** A decoded firmware image. */
export interface FirmwareImage extends LaunchFirmware {
  readonly igvmMetadata: Metadata<IgvmMetadataSection> | null;
  /** Entry point inside an SVSM binary; null for anything else. */
  readonly svsmLaunchOffset: number | null;
}

/**
 * Decodes a firmware image. A file that is no OVMF decodes to an image without footer; judging that
 * is up to checkFirmware().
 * @throws {LayoutError} when the image has a footer table and it, or what it points to, is malformed.
 */
export function readFirmware(bytes: Uint8Array): FirmwareImage {
  const image = readLaunchFirmware(bytes);
  const { footer } = image;
  return {
    ...image,
    igvmMetadata: readMetadata(
      bytes,
      footer,
      FOOTER_GUIDS.IGVM_METADATA,
      IGVM_METADATA_HEADER,
      IGVM_METADATA_SECTION,
    ),
    svsmLaunchOffset: footerValue(footer, FOOTER_GUIDS.SVSM_INFO, SVSM_INFO)?.launchOffset ?? null,
  };
}
