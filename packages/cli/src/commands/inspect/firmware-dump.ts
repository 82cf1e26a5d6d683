// SPDX-License-Identifier: Apache-2.0
// The structures of a firmware image that decide its launch, field by field, for the hexdump.

import { annotate, hexEncode } from "@greenlight/core/bytes";
import type { Annotation, Struct } from "@greenlight/core/bytes";
import {
  FOOTER_ENTRY,
  IGVM_METADATA_HEADER,
  IGVM_METADATA_SECTION,
  SEV_METADATA_HEADER,
  SEV_METADATA_SECTION,
  footerEntryFields,
  footerGuidName,
} from "@greenlight/core/firmware";
import type { FirmwareImage } from "@greenlight/core/firmware";
import type { DumpPart } from "../../output/hexdump.ts";

/** The structures that decide a launch, not the megabytes around them. */
export function dumpOf(image: FirmwareImage): readonly DumpPart[] {
  const { bytes, footer, sevMetadata, igvmMetadata } = image;
  const parts: DumpPart[] = [];
  const metadata = (
    title: string,
    block: { readonly offset: number; readonly sections: readonly unknown[] } | null,
    header: Struct<unknown>,
    section: Struct<unknown>,
  ): void => {
    if (block === null) return;
    const first = block.offset + header.size;
    const sections = block.sections.flatMap((_, i) =>
      prefixed(annotate(section, bytes, first + i * section.size), `[${i}].`),
    );
    parts.push({ title, bytes, fields: [...annotate(header, bytes, block.offset), ...sections] });
  };
  metadata("SEV metadata", sevMetadata, SEV_METADATA_HEADER, SEV_METADATA_SECTION);
  metadata("IGVM metadata", igvmMetadata, IGVM_METADATA_HEADER, IGVM_METADATA_SECTION);
  if (footer !== null) {
    const entries = footer.entries.toReversed().flatMap((entry) => {
      const known = footerEntryFields(entry, image.bytes);
      const covered = known.at(-1);
      const end = covered === undefined ? entry.offset : covered.offset + covered.size;
      const tail = entry.offset + entry.data.length;
      const fields = [
        ...known,
        ...raw(end, tail - end, bytes),
        ...annotate(FOOTER_ENTRY, bytes, tail),
      ];
      return prefixed(fields, `${footerGuidName(entry.guid) ?? "unknown"}.`);
    });
    const own = footer.lone
      ? []
      : prefixed(annotate(FOOTER_ENTRY, bytes, image.size - 50), "footer.");
    parts.push({ title: "Footer table", bytes, fields: [...entries, ...own] });
  }
  if (parts.length === 0) {
    // Nothing is known about such an image; its end is where a footer would be.
    const offset = Math.max(0, image.size - 64);
    parts.push({ title: "Last bytes", bytes, fields: raw(offset, image.size - offset, bytes) });
  }
  return parts;
}

function raw(offset: number, size: number, bytes: Uint8Array): readonly Annotation[] {
  if (size <= 0) return [];
  const text = hexEncode(bytes.subarray(offset, offset + size));
  return [{ offset, size, path: "data", type: `bytes[${size}]`, text, doc: "" }];
}

function prefixed(fields: readonly Annotation[], prefix: string): readonly Annotation[] {
  return fields.map((field) => ({ ...field, path: `${prefix}${field.path}` }));
}
