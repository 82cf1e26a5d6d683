// SPDX-License-Identifier: Apache-2.0
// A firmware image as fields beside bytes: the structures in it that decide a launch.

import { annotate } from "@greenlight/core/bytes";
import type { Struct } from "@greenlight/core/bytes";
import {
  FOOTER_ENTRY,
  IGVM_METADATA_HEADER,
  IGVM_METADATA_SECTION,
  SEV_METADATA_HEADER,
  SEV_METADATA_SECTION,
  footerEntryFields,
  footerGuidName,
} from "@greenlight/core/firmware";
import type { FirmwareImage, FooterEntry } from "@greenlight/core/firmware";
import { rowOf } from "./byte-view.ts";
import type { ByteView, FieldRow, Tint } from "./byte-view.ts";

/** The view of a firmware image. */
export function firmwareView(id: string, image: FirmwareImage): ByteView {
  const { bytes, footer, sevMetadata, igvmMetadata } = image;
  const rows = [
    ...metadataRows("SEV metadata", bytes, sevMetadata, SEV_METADATA_HEADER, SEV_METADATA_SECTION),
    ...metadataRows("IGVM", bytes, igvmMetadata, IGVM_METADATA_HEADER, IGVM_METADATA_SECTION),
    ...(footer?.entries ?? []).flatMap((entry) => entryRows(entry, image)),
    ...(footer === null || footer.lone
      ? []
      : prefixed("footer", structRows(FOOTER_ENTRY, bytes, image.size - 50, "form"))),
  ].toSorted((a, b) => a.offset - b.offset);
  return {
    id,
    title: "Firmware image",
    about:
      "Every byte is measured at launch. The fields are those of the footer table and the metadata, which decide what else is.",
    bytes,
    rows: withoutOverlap(rows),
  };
}

function metadataRows(
  name: string,
  bytes: Uint8Array,
  block: { readonly offset: number; readonly sections: readonly unknown[] } | null,
  header: Struct<unknown>,
  section: Struct<unknown>,
): readonly FieldRow[] {
  if (block === null) return [];
  const first = block.offset + header.size;
  return [
    ...prefixed(name, structRows(header, bytes, block.offset, "form")),
    ...block.sections.flatMap((_, i) =>
      prefixed(`${name}[${i}]`, structRows(section, bytes, first + i * section.size, "launch")),
    ),
  ];
}

function entryRows(entry: FooterEntry, { bytes }: FirmwareImage): readonly FieldRow[] {
  const size = entry.data.length;
  const known = footerEntryFields(entry, bytes);
  const fields = known.map((annotation) => rowOf(annotation, "launch"));
  const covered = known.reduce((sum, field) => sum + field.size, 0);
  const rest: FieldRow = {
    offset: entry.offset + covered,
    size: size - covered,
    name: "data",
    text: `${size - covered} bytes`,
    doc: "data of an entry without a known layout",
    tint: "data",
  };
  return prefixed(footerGuidName(entry.guid) ?? "unknown entry", [
    ...fields,
    ...(rest.size > 0 ? [rest] : []),
    ...structRows(FOOTER_ENTRY, bytes, entry.offset + size, "form"),
  ]);
}

function structRows(
  layout: Struct<unknown>,
  bytes: Uint8Array,
  offset: number,
  tint: Tint,
): readonly FieldRow[] {
  return annotate(layout, bytes, offset).map((annotation) => rowOf(annotation, tint));
}

function prefixed(prefix: string, rows: readonly FieldRow[]): readonly FieldRow[] {
  return rows.map((row) => ({ ...row, name: `${prefix}.${row.name}` }));
}

/** Entries that a hostile image lets point into one another are shown once. */
function withoutOverlap(rows: readonly FieldRow[]): readonly FieldRow[] {
  let end = 0;
  return rows.filter((row) => {
    if (row.offset < end || row.size === 0) return false;
    end = row.offset + row.size;
    return true;
  });
}
