// SPDX-License-Identifier: Apache-2.0
// OVMF's footer table: GUIDed entries that grow down from 32 bytes before the end of the image.

import { LayoutError } from "../bytes/index.ts";
import type { Guid, Struct } from "../bytes/index.ts";
import { OVMF_TABLE_FOOTER, SEV_ES_RESET_BLOCK } from "./guids.ts";
import { FOOTER_ENTRY } from "./layout.ts";

/** Bytes between the end of the table and the end of the image (the reset vector's code). */
const AFTER_TABLE = 32;

/** One entry of the footer table. */
export interface FooterEntry {
  /** What the data is; footerGuidName() names the known ones. */
  readonly guid: Guid;
  /** File offset of the entry's data. */
  readonly offset: number;
  readonly data: Uint8Array;
}

/** The footer table. Entries are in the order met when walking back from the footer. */
export interface FooterTable {
  /** File offset of the table's first byte. */
  readonly offset: number;
  /** Bytes of the table including the footer entry itself. */
  readonly length: number;
  readonly entries: readonly FooterEntry[];
  /** Whether this is the pre-table form of 2021: one lone SEV-ES reset block. */
  readonly lone: boolean;
}

/**
 * Reads the footer table, or returns null when the image has none (then it is not an OVMF that SEV-ES
 * or SEV-SNP can start).
 * @throws {LayoutError} when the footer is there and the table is malformed.
 */
export function readFooterTable(image: Uint8Array): FooterTable | null {
  const footerAt = image.length - AFTER_TABLE - FOOTER_ENTRY.size;
  if (footerAt < 0) return null;
  const footer = FOOTER_ENTRY.decodeAt(image, footerAt);
  if (footer.guid === SEV_ES_RESET_BLOCK) return loneResetBlock(image, footer.length);
  if (footer.guid !== OVMF_TABLE_FOOTER) return null;

  const start = footerAt + FOOTER_ENTRY.size - footer.length;
  if (footer.length < FOOTER_ENTRY.size || start < 0) {
    throw badLength(footerAt, `the table has ${footer.length} bytes, which the image cannot hold`);
  }
  const entries: FooterEntry[] = [];
  let end = footerAt;
  while (end > start) {
    const tail = end - FOOTER_ENTRY.size;
    if (tail < start) throw badLength(start, `${end - start} bytes are left, an entry needs 18`);
    const { length, guid } = FOOTER_ENTRY.decodeAt(image, tail);
    if (length < FOOTER_ENTRY.size || length > end - start) {
      throw badLength(tail, `entry ${guid} says ${length} bytes, must be 18 to ${end - start}`);
    }
    const offset = end - length;
    entries.push({ guid, offset, data: image.subarray(offset, tail) });
    end = offset;
  }
  return { offset: start, length: footer.length, entries, lone: false };
}

/**
 * The data of an entry as a structure, or null when the table has no such entry. Of duplicates the
 * one nearest to the footer counts, as in QEMU (hw/i386/pc_sysfw_ovmf.c).
 * Data beyond the structure is ignored, as every known tool does.
 * @throws {LayoutError} when the data is shorter than the structure.
 */
export function footerValue<T>(table: FooterTable | null, guid: Guid, layout: Struct<T>): T | null {
  const entry = table?.entries.find((candidate) => candidate.guid === guid);
  if (entry === undefined) return null;
  if (entry.data.length < layout.size) {
    const reason = `entry ${guid} (${layout.name}) has ${entry.data.length} bytes, needs ${layout.size}`;
    throw badLength(entry.offset, reason);
  }
  return layout.decodeAt(entry.data, 0);
}

// Before the table existed, the reset block stood alone at the footer's place; QEMU still takes it.
function loneResetBlock(image: Uint8Array, length: number): FooterTable {
  const end = image.length - AFTER_TABLE;
  const offset = end - length;
  if (length < FOOTER_ENTRY.size || offset < 0) {
    throw badLength(end - FOOTER_ENTRY.size, `the lone reset block says ${length} bytes`);
  }
  const data = image.subarray(offset, end - FOOTER_ENTRY.size);
  const entries = [{ guid: SEV_ES_RESET_BLOCK, offset, data }];
  return { offset, length, entries, lone: true };
}

function badLength(offset: number, reason: string): LayoutError {
  return new LayoutError({
    code: "bad-length",
    structure: "OVMF footer table",
    offset,
    reason,
    source: FOOTER_ENTRY.source,
  });
}
