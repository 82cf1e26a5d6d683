// SPDX-License-Identifier: Apache-2.0
// The descriptors a firmware image carries for whoever loads it.

import { LayoutError, hexNumber } from "../bytes/index.ts";
import type { Guid, LayoutErrorCode, Struct } from "../bytes/index.ts";
import { footerValue } from "./footer.ts";
import type { FooterTable } from "./footer.ts";
import { SEV_METADATA } from "./guids.ts";
import { METADATA_OFFSET, SEV_METADATA_HEADER, SEV_METADATA_SECTION } from "./layout.ts";
import type { SevMetadataSection } from "./layout.ts";

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
  return readMetadata(image, footer, SEV_METADATA, SEV_METADATA_HEADER, SEV_METADATA_SECTION);
}

/**
 * Reads the metadata an entry of the footer table points to, or returns null when there is no entry.
 * @throws {LayoutError} when it is malformed.
 */
export function readMetadata<S>(
  image: Uint8Array,
  footer: FooterTable | null,
  entry: Guid,
  headerLayout: Struct<MetadataHeader>,
  sectionLayout: Struct<S>,
): Metadata<S> | null {
  const place = footerValue(footer, entry, METADATA_OFFSET);
  if (place === null) return null;
  const offset = image.length - place.fromEnd;
  const { name: structure, source } = headerLayout;
  if (offset < 0) {
    throw new LayoutError({
      code: "truncated",
      structure,
      reason: `stands ${hexNumber(place.fromEnd)} bytes before the end of an image of ${image.length}`,
      hint: "this looks like a part of an image; give the whole file that is launched",
      source,
    });
  }
  const { length, count } = headerLayout.decodeAt(image, offset);
  const refuse = (code: LayoutErrorCode, field: keyof MetadataHeader, reason: string): never => {
    const at = offset + headerLayout.offsetOf(field);
    throw new LayoutError({ code, structure, field, offset: at, reason, source });
  };
  const expected = headerLayout.size + sectionLayout.size * count;
  if (length !== expected) {
    refuse("bad-length", "length", `is ${length}, ${count} sections make ${expected}`);
  }
  if (count > MAX_SECTIONS) {
    refuse("out-of-range", "count", `is ${count}, at most ${MAX_SECTIONS} are read`);
  }
  const first = offset + headerLayout.size;
  const [wanted, left] = [expected - headerLayout.size, image.length - first];
  if (wanted > left) refuse("truncated", "count", `needs ${wanted} bytes, ${left} are there`);
  const sections = Array.from({ length: count }, (_, i) =>
    sectionLayout.decodeAt(image, first + i * sectionLayout.size),
  );
  return { offset, sections };
}
