// SPDX-License-Identifier: Apache-2.0
// The manifest of all services of an SVSM, which configfs-tsm gives as manifestblob. REPORT_DATA of the
// report beside it is the SHA-512 of nonce and manifest. Unlike in certificate tables, GUIDs are stored
// in EFI's order here.

import { LayoutError, at, constant, guid, guidDecode, struct, u32 } from "../bytes/index.ts";
import type { Guid, LayoutErrorCode } from "../bytes/index.ts";
import { MAX_MANIFEST_SERVICES, MAX_MANIFEST_SIZE } from "./limits.ts";

/** Where the manifest is defined. */
const SVSM_MANIFEST_SOURCE = "AMD 58019 (SVSM) section 7, Attestation Protocol";

/** GUID of the manifest of all services. */
export const SVSM_MANIFEST_GUID: Guid = "63849ebb-3d92-4670-a1ff-58f9c94b87bb";

/** The known services. */
export const SVSM_SERVICES: Readonly<Record<Guid, string>> = {
  "c476f1eb-0123-45a5-9641-b4e7dde5bfe3": "vTPM",
  "a4453a59-9e1b-4787-a033-1986d6adbe55": "UEFI MM",
};

/** Start of the manifest. */
export const SVSM_MANIFEST_HEADER = struct(
  "SERVICES_MANIFEST",
  { size: 0x18, source: SVSM_MANIFEST_SOURCE },
  {
    guid: at(0x00, constant(guid("efi"), SVSM_MANIFEST_GUID)),
    length: at(0x10, u32, "bytes of the whole manifest"),
    count: at(0x14, u32, "entries that follow"),
  },
);

/** An entry: a service and where its own manifest is. */
export const SVSM_MANIFEST_ENTRY = struct(
  "SERVICES_MANIFEST_ENTRY",
  { size: 0x18, source: SVSM_MANIFEST_SOURCE },
  {
    guid: at(0x00, guid("efi"), "the service"),
    offset: at(0x10, u32, "of its data, from the start of the manifest"),
    length: at(0x14, u32, "of its data"),
  },
);

/** A service of the manifest. */
export interface SvsmService {
  readonly guid: Guid;
  /** What it is called; absent for an unknown one. */
  readonly name?: string;
  readonly offset: number;
  /** Its own manifest, a view: for the vTPM the public area of its endorsement key. */
  readonly bytes: Uint8Array;
}

/** A decoded manifest. */
export interface SvsmManifest {
  readonly services: readonly SvsmService[];
}

/** Whether bytes begin like the manifest of all services. */
export function isSvsmManifest(bytes: Uint8Array): boolean {
  return bytes.length >= 16 && guidDecode(bytes) === SVSM_MANIFEST_GUID;
}

/**
 * Reads the manifest of all services. The manifest of a single service has no such structure.
 * @throws {LayoutError} `constant-mismatch` for another GUID, `truncated`, `trailing-bytes` or `bad-length`
 * for a length that is not the length, `out-of-range` for data inside the entries, outside the manifest
 * or shared, `unknown-value` for a service that is there twice.
 */
export function decodeSvsmManifest(bytes: Uint8Array): SvsmManifest {
  const { length, count } = SVSM_MANIFEST_HEADER.decodeAt(bytes, 0);
  if (length !== bytes.length) {
    const code = length > bytes.length ? "truncated" : "trailing-bytes";
    fail(code, "length", 0x10, `is ${length}, ${bytes.length} bytes are there`);
  }
  if (length > MAX_MANIFEST_SIZE) {
    fail("bad-length", "length", 0x10, `is ${length}, the most is ${MAX_MANIFEST_SIZE}`);
  }
  if (count > MAX_MANIFEST_SERVICES) {
    fail("bad-length", "count", 0x14, `is ${count}, the most is ${MAX_MANIFEST_SERVICES}`);
  }
  const { size } = SVSM_MANIFEST_ENTRY;
  const start = SVSM_MANIFEST_HEADER.size + count * size;
  if (start > length) {
    fail("truncated", "count", 0x14, `is ${count}, their entries need ${start} of ${length} bytes`);
  }
  const services: SvsmService[] = [];
  for (let i = 0; i < count; i++) {
    services.push(readService(bytes, SVSM_MANIFEST_HEADER.size + i * size, i, start, services));
  }
  return { services };
}

function readService(
  bytes: Uint8Array,
  place: number,
  i: number,
  start: number,
  others: readonly SvsmService[],
): SvsmService {
  const entry = SVSM_MANIFEST_ENTRY.decodeAt(bytes, place);
  const field = `entries[${i}]`;
  const end = entry.offset + entry.length;
  if (entry.offset < start || end > bytes.length) {
    const reason = `has its data at ${entry.offset} to ${end}, must be inside ${start} to ${bytes.length}`;
    fail("out-of-range", field, place, reason);
  }
  for (const { guid: id, offset, bytes: data } of others) {
    if (id === entry.guid) fail("unknown-value", field, place, `is service ${id} a second time`);
    if (entry.offset < offset + data.length && offset < end) {
      fail("out-of-range", field, place, `shares its data with service ${id}`);
    }
  }
  const name = SVSM_SERVICES[entry.guid];
  return {
    guid: entry.guid,
    ...(name === undefined ? {} : { name }),
    offset: entry.offset,
    bytes: bytes.subarray(entry.offset, end),
  };
}

function fail(code: LayoutErrorCode, field: string, offset: number, reason: string): never {
  const structure = SVSM_MANIFEST_HEADER.name;
  throw new LayoutError({ code, structure, field, offset, reason, source: SVSM_MANIFEST_SOURCE });
}
