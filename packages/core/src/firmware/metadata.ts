// SPDX-License-Identifier: Apache-2.0
// The descriptors a firmware image carries for whoever loads it: SEV metadata, IGVM metadata.

import { LayoutError, Reader } from "../bytes/index.ts";
import type { Struct } from "../bytes/index.ts";
import { footerValue } from "./footer.ts";
import type { FooterTable } from "./footer.ts";
import type { FooterGuidName } from "./guids.ts";
import {
  IGVM_METADATA_HEADER,
  IGVM_METADATA_SECTION,
  METADATA_OFFSET,
  SEV_METADATA_HEADER,
  SEV_METADATA_SECTION,
} from "./layout.ts";
import type { IgvmMetadataSection, SevMetadataSection } from "./layout.ts";

/** A metadata block and where it stands in the file. */
export interface Metadata<S> {
  /** File offset of the header. */
  readonly offset: number;
  /** Sections in file order, which is the order they are measured in. */
  readonly sections: readonly S[];
}

/** More sections than any firmware has; bounds the work that a hostile file can cause. */
export const MAX_SECTIONS = 1024;

interface MetadataHeader {
  readonly length: number;
  readonly count: number;
}

/**
 * Reads the SEV metadata, or returns null when the footer table has no entry for it.
 * @throws {LayoutError} when it is malformed.
 */
export function readSevMetadata(
  image: Uint8Array,
  footer: FooterTable | null,
): Metadata<SevMetadataSection> | null {
  return readMetadata(image, footer, "SEV_METADATA", SEV_METADATA_HEADER, SEV_METADATA_SECTION);
}

/**
 * Reads the IGVM metadata, or returns null when the footer table has no entry for it.
 * @throws {LayoutError} when it is malformed.
 */
export function readIgvmMetadata(
  image: Uint8Array,
  footer: FooterTable | null,
): Metadata<IgvmMetadataSection> | null {
  return readMetadata(image, footer, "IGVM_METADATA", IGVM_METADATA_HEADER, IGVM_METADATA_SECTION);
}

function readMetadata<S>(
  image: Uint8Array,
  footer: FooterTable | null,
  entry: FooterGuidName,
  headerLayout: Struct<MetadataHeader>,
  sectionLayout: Struct<S>,
): Metadata<S> | null {
  const place = footerValue(footer, entry, METADATA_OFFSET);
  if (place === null) return null;
  const offset = image.length - place.fromEnd;
  if (offset < 0) {
    throw new LayoutError({
      code: "truncated",
      structure: headerLayout.name,
      reason: `stands 0x${place.fromEnd.toString(16)} bytes before the end of an image of ${image.length}`,
      hint: "this looks like a part of an image; give the whole file that is launched",
      source: headerLayout.source,
    });
  }
  const reader = new Reader(image, headerLayout.name, offset);
  const header = reader.struct(headerLayout);
  const expected = headerLayout.size + sectionLayout.size * header.count;
  if (header.length !== expected) {
    throw new LayoutError({
      code: "bad-length",
      structure: headerLayout.name,
      field: "length",
      offset: offset + headerLayout.offsetOf("length"),
      reason: `is ${header.length}, ${header.count} sections make ${expected}`,
      source: headerLayout.source,
    });
  }
  if (header.count > MAX_SECTIONS) {
    throw new LayoutError({
      code: "out-of-range",
      structure: headerLayout.name,
      field: "count",
      offset: offset + headerLayout.offsetOf("count"),
      reason: `is ${header.count}, at most ${MAX_SECTIONS} are read`,
      source: headerLayout.source,
    });
  }
  const body = reader.window(expected - headerLayout.size);
  const sections: S[] = [];
  while (body.remaining > 0) sections.push(body.struct(sectionLayout));
  return { offset, sections };
}
