// SPDX-License-Identifier: Apache-2.0
// Builds firmware images from the layouts: sound ones by default, and with any footer entry, section
// or header field wrong when a test asks for it.

import {
  AREA,
  FOOTER_ENTRY,
  FOOTER_GUIDS,
  IGVM_METADATA_HEADER,
  IGVM_METADATA_SECTION,
  METADATA_OFFSET,
  SEV_ES_RESET_BLOCK,
  SEV_METADATA_HEADER,
  SEV_METADATA_SECTION,
  SVSM_INFO,
} from "../../src/firmware/index.ts";
import type { Area, IgvmMetadataSection, SevMetadataSection } from "../../src/firmware/index.ts";
import type { Guid } from "../../src/bytes/index.ts";

/** A footer table entry with any data. */
export interface BuiltEntry {
  readonly guid: Guid;
  readonly data: Uint8Array;
  /** What its length field says instead of the truth. */
  readonly length?: number;
}

/** Header fields that say something else than the truth. */
export interface HeaderChange {
  readonly signature?: string;
  readonly length?: number;
  readonly version?: number;
  readonly count?: number;
}

/** What goes into an image; null leaves an entry out, absent gives a sound value. */
export interface FirmwareSpec {
  readonly size?: number;
  /** Seed of the contents; images of different seeds differ in every page. */
  readonly seed?: number;
  readonly sections?: readonly SevMetadataSection[] | null;
  readonly resetEip?: number | null;
  readonly hashTable?: Area | null;
  readonly secret?: Area | null;
  readonly svsmLaunchOffset?: number | null;
  readonly igvmSections?: readonly IgvmMetadataSection[] | null;
  /** More entries, between the footer and the others, the first nearest to the footer. */
  readonly entries?: readonly BuiltEntry[];
  readonly metadataHeader?: HeaderChange;
  /** What the SEV_METADATA entry says instead of the distance from the end. */
  readonly metadataFromEnd?: number;
  /** What the footer says instead of the table's length. */
  readonly tableLength?: number;
  /** The form before the table: a lone SEV-ES reset block in the footer's place. */
  readonly lone?: boolean;
}

/** Sections as OVMF.amdsev of edk2 2026.08 has them. */
export const SOUND_SECTIONS: readonly SevMetadataSection[] = [
  { gpa: 0x80_0000, size: 0x9000, type: 1 },
  { gpa: 0x80_a000, size: 0x3000, type: 1 },
  { gpa: 0x80_d000, size: 0x1000, type: 2 },
  { gpa: 0x80_e000, size: 0x1000, type: 3 },
  { gpa: 0x80_f000, size: 0x1000, type: 4 },
  { gpa: 0x81_1000, size: 0x1_f000, type: 1 },
  { gpa: 0x81_0000, size: 0x1000, type: 0x10 },
];

/** Where OVMF.amdsev has its kernel-hashes table. */
export const SOUND_HASH_TABLE: Area = { base: 0x81_0c00, size: 0x400 };

/** Bytes between the table and the end of an image. */
const AFTER_TABLE = 32;

/** The bytes of an image. */
export function buildFirmware(spec: FirmwareSpec = {}): Uint8Array {
  const { size = 8192, seed = 1, resetEip = 0x80_b004 } = spec;
  const image = Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 12) * 13 + seed) & 0xff);
  const sections = spec.sections === undefined ? SOUND_SECTIONS : spec.sections;
  const sev = sections === null ? null : sevMetadata(sections, spec.metadataHeader);
  const igvm = igvmMetadata(spec.igvmSections ?? null);

  // Every entry has a fixed size, so what stands below the table can be placed before it is made.
  const place = (metadata: Uint8Array | null, fromEnd: number): number | null =>
    metadata === null ? null : fromEnd;
  const table = tableOf(spec, resetEip, place(sev, 0), place(igvm, 0)).length;
  const sevFromEnd = AFTER_TABLE + table + (sev?.length ?? 0);
  const igvmFromEnd = sevFromEnd + (igvm?.length ?? 0);
  const saidFromEnd = place(sev, spec.metadataFromEnd ?? sevFromEnd);
  const bytes = tableOf(spec, resetEip, saidFromEnd, place(igvm, igvmFromEnd));
  image.set(bytes, size - AFTER_TABLE - bytes.length);
  if (sev !== null) image.set(sev, size - sevFromEnd);
  if (igvm !== null) image.set(igvm, size - igvmFromEnd);
  return image;
}

/** An SVSM binary: an image with an entry point of its own. */
export function buildSvsm(spec: FirmwareSpec = {}): Uint8Array {
  return buildFirmware({ svsmLaunchOffset: 0x100, hashTable: null, secret: null, ...spec });
}

/** One footer table entry as it stands in the file. */
function encodeEntry({ guid, data, length }: BuiltEntry): Uint8Array {
  const tail = FOOTER_ENTRY.encode({ length: length ?? data.length + FOOTER_ENTRY.size, guid });
  return join([data, tail]);
}

function tableOf(
  spec: FirmwareSpec,
  resetEip: number | null,
  sevFromEnd: number | null,
  igvmFromEnd: number | null,
): Uint8Array {
  const { hashTable = SOUND_HASH_TABLE, secret = { base: 0x81_0000, size: 0xc00 } } = spec;
  const { svsmLaunchOffset = null } = spec;
  const entry = (name: keyof typeof FOOTER_GUIDS, data: Uint8Array | null): BuiltEntry[] =>
    data === null ? [] : [{ guid: FOOTER_GUIDS[name], data }];
  const of = <T>(value: T | null, encode: (value: T) => Uint8Array): Uint8Array | null =>
    value === null ? null : encode(value);
  const distance = (fromEnd: number): Uint8Array => METADATA_OFFSET.encode({ fromEnd });

  const resetBlock = entry(
    "SEV_ES_RESET_BLOCK",
    of(resetEip, (eip) => SEV_ES_RESET_BLOCK.encode({ resetEip: eip })),
  );
  if (spec.lone === true) {
    return join(resetBlock.map((block) => encodeEntry({ ...block, ...saidLength(spec) })));
  }
  const entries = [
    ...(spec.entries ?? []),
    ...resetBlock,
    ...entry(
      "SEV_LAUNCH_SECRET",
      of(secret, (area) => AREA.encode(area)),
    ),
    ...entry(
      "SEV_HASH_TABLE",
      of(hashTable, (area) => AREA.encode(area)),
    ),
    ...entry("SEV_METADATA", of(sevFromEnd, distance)),
    ...entry("IGVM_METADATA", of(igvmFromEnd, distance)),
    ...entry(
      "SVSM_INFO",
      of(svsmLaunchOffset, (launchOffset) => SVSM_INFO.encode({ launchOffset })),
    ),
  ];
  const body = join(entries.toReversed().map(encodeEntry));
  const footer = FOOTER_ENTRY.encode({
    length: spec.tableLength ?? body.length + FOOTER_ENTRY.size,
    guid: FOOTER_GUIDS.OVMF_TABLE_FOOTER,
  });
  return join([body, footer]);
}

function saidLength({ tableLength }: FirmwareSpec): { readonly length?: number } {
  return tableLength === undefined ? {} : { length: tableLength };
}

function sevMetadata(
  sections: readonly SevMetadataSection[],
  change: HeaderChange = {},
): Uint8Array {
  const length = SEV_METADATA_HEADER.size + SEV_METADATA_SECTION.size * sections.length;
  const header = SEV_METADATA_HEADER.encode({ length, count: sections.length });
  const view = new DataView(header.buffer);
  if (change.signature !== undefined) header.set(new TextEncoder().encode(change.signature));
  if (change.length !== undefined) view.setUint32(4, change.length, true);
  if (change.version !== undefined) view.setUint32(8, change.version, true);
  if (change.count !== undefined) view.setUint32(12, change.count, true);
  return join([header, ...sections.map((section) => SEV_METADATA_SECTION.encode(section))]);
}

function igvmMetadata(sections: readonly IgvmMetadataSection[] | null): Uint8Array | null {
  if (sections === null) return null;
  const length = IGVM_METADATA_HEADER.size + IGVM_METADATA_SECTION.size * sections.length;
  const header = IGVM_METADATA_HEADER.encode({ length, count: sections.length });
  return join([header, ...sections.map((section) => IGVM_METADATA_SECTION.encode(section))]);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return all;
}
