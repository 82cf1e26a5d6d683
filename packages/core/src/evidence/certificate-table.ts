// SPDX-License-Identifier: Apache-2.0
// The certificate table that hosts put behind a report (extended guest request) and that configfs-tsm
// gives as auxblob. Whoever runs the host fills it, so every number in it is hostile.

import { LayoutError, at, guid, struct, u32 } from "../bytes/index.ts";
import type { Guid, LayoutErrorCode } from "../bytes/index.ts";
import { CERTIFICATE_TABLE_SOURCE, certificateGuidFacts } from "./certificate-guids.ts";
import type { ExtraEntry, SuppliedCertificate } from "./evidence.ts";
import {
  MAX_CERTIFICATE_ENTRY_SIZE,
  MAX_CERTIFICATE_TABLE_ENTRIES,
  MAX_CERTIFICATE_TABLE_SIZE,
} from "./limits.ts";
import { suppliedCertificates } from "./supplied.ts";

/** An entry of the table. Unlike most GUIDs of firmware, these are stored in the order of their text. */
export const CERTIFICATE_TABLE_ENTRY = struct(
  "CERT_TABLE_ENTRY",
  { size: 24, source: CERTIFICATE_TABLE_SOURCE },
  {
    guid: at(0x00, guid("rfc"), "what the data is, see the known GUIDs; all zero ends the table"),
    offset: at(0x10, u32, "of the data, from the start of the table"),
    length: at(0x14, u32, "of the data"),
  },
);

const NIL: Guid = "00000000-0000-0000-0000-000000000000";
const STRUCTURE = "certificate table";

/** An entry with its data. */
export interface CertificateTableEntry {
  readonly guid: Guid;
  readonly offset: number;
  /** A view into the table. */
  readonly bytes: Uint8Array;
}

/** A decoded certificate table. */
export interface CertificateTable {
  /** All entries in their order. */
  readonly entries: readonly CertificateTableEntry[];
  /** Certificates and revocation lists, as DER. */
  readonly certificates: readonly SuppliedCertificate[];
  /** Entries under other GUIDs. */
  readonly extras: readonly ExtraEntry[];
  /** Bytes from the start to the end of what is used; the rest is padding. */
  readonly usedSize: number;
}

/**
 * Reads a certificate table. No bytes at all are an empty table.
 * @throws {LayoutError} `truncated` without a terminating entry, `out-of-range` for data that is not behind
 * the entries and inside the table, `bad-length` for sizes and counts above the limits, `unknown-value`
 * for a second VCEK or VLEK, and what {@link suppliedCertificates} throws.
 */
export function parseCertificateTable(bytes: Uint8Array): CertificateTable {
  if (bytes.length > MAX_CERTIFICATE_TABLE_SIZE) {
    fail("bad-length", `has ${bytes.length} bytes, the most is ${MAX_CERTIFICATE_TABLE_SIZE}`);
  }
  const entries = readEntries(bytes);
  const certificates: SuppliedCertificate[] = [];
  const extras: ExtraEntry[] = [];
  for (const [i, entry] of entries.entries()) {
    const { role } = certificateGuidFacts(entry.guid) ?? {};
    if (role === undefined) {
      extras.push({ guid: entry.guid, bytes: entry.bytes });
      continue;
    }
    if ((role === "VCEK" || role === "VLEK") && certificates.some((other) => other.role === role)) {
      const reason = `is a second ${role}; which one the report is to be verified with is ambiguous`;
      fail("unknown-value", reason, i);
    }
    const from = `certificate table, entry ${i}`;
    const origin = { structure: STRUCTURE, field: `entries[${i}]`, offset: entry.offset, from };
    certificates.push(...suppliedCertificates(entry.bytes, role, origin));
  }
  const ends = entries.map(({ offset, bytes: data }) => offset + data.length);
  const headerSize = bytes.length === 0 ? 0 : (entries.length + 1) * CERTIFICATE_TABLE_ENTRY.size;
  return { entries, certificates, extras, usedSize: Math.max(headerSize, ...ends) };
}

function readEntries(bytes: Uint8Array): readonly CertificateTableEntry[] {
  const { size } = CERTIFICATE_TABLE_ENTRY;
  if (bytes.length === 0) return [];
  const heads: { readonly guid: Guid; readonly offset: number; readonly length: number }[] = [];
  for (;;) {
    const start = heads.length * size;
    if (bytes.length - start < size) fail("truncated", "ends without an all-zero entry");
    if (isZero(bytes, start, size)) break;
    const head = CERTIFICATE_TABLE_ENTRY.decodeAt(bytes, start);
    if (head.guid === NIL) {
      fail("must-be-zero", "has a zero GUID and offset or length beside it", heads.length);
    }
    if (heads.length === MAX_CERTIFICATE_TABLE_ENTRIES) {
      fail("bad-length", `has more than ${MAX_CERTIFICATE_TABLE_ENTRIES} entries`);
    }
    heads.push(head);
  }
  const headerSize = (heads.length + 1) * size;
  let total = headerSize;
  return heads.map(({ guid: id, offset, length }, i) => {
    // Numbers hold the sum of two u32 exactly: it does not wrap around.
    const end = offset + length;
    if (offset < headerSize) {
      fail("out-of-range", `has its data at ${offset}, inside the ${headerSize} of the entries`, i);
    }
    if (end > bytes.length) {
      fail("out-of-range", `has its data end at ${end}, the table ends at ${bytes.length}`, i);
    }
    if (length > MAX_CERTIFICATE_ENTRY_SIZE) {
      fail("bad-length", `has ${length} bytes, the most is ${MAX_CERTIFICATE_ENTRY_SIZE}`, i);
    }
    // Entries that share bytes would let a small table unfold into much more.
    total += length;
    if (total > bytes.length) fail("out-of-range", "shares its data with another entry", i);
    return { guid: id, offset, bytes: bytes.subarray(offset, end) };
  });
}

function isZero(bytes: Uint8Array, start: number, size: number): boolean {
  for (let i = start; i < start + size; i++) if (bytes[i] !== 0) return false;
  return true;
}

/**
 * Writes a certificate table: entries, terminator, data, without padding.
 * @throws {LayoutError} `bad-guid`; `bad-length` for more than the reader takes.
 */
export function encodeCertificateTable(entries: readonly ExtraEntry[]): Uint8Array {
  const { size } = CERTIFICATE_TABLE_ENTRY;
  const headerSize = (entries.length + 1) * size;
  const total = entries.reduce((sum, { bytes }) => sum + bytes.length, headerSize);
  if (entries.length > MAX_CERTIFICATE_TABLE_ENTRIES || total > MAX_CERTIFICATE_TABLE_SIZE) {
    fail("bad-length", `of ${entries.length} entries and ${total} bytes is too large`);
  }
  const table = new Uint8Array(total);
  let offset = headerSize;
  for (const [i, { guid: id, bytes }] of entries.entries()) {
    table.set(CERTIFICATE_TABLE_ENTRY.encode({ guid: id, offset, length: bytes.length }), i * size);
    table.set(bytes, offset);
    offset += bytes.length;
  }
  return table;
}

function fail(code: LayoutErrorCode, reason: string, entry?: number): never {
  throw new LayoutError({
    code,
    structure: STRUCTURE,
    field: entry === undefined ? undefined : `entries[${entry}]`,
    offset: entry === undefined ? undefined : entry * CERTIFICATE_TABLE_ENTRY.size,
    reason,
    source: CERTIFICATE_TABLE_SOURCE,
  });
}
