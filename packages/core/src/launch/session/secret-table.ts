// SPDX-License-Identifier: Apache-2.0
// The table of secrets that a guest finds in its launch secret area: GUIDs, lengths and data. Lengths
// count their own header, the table's does not count its padding.
// Source: edk2 OvmfPkg/AmdSev/SecretDxe, Linux drivers/virt/coco/efi_secret.

import { LayoutError, at, constant, guid, guidEncode, struct, u32 } from "../../bytes/index.ts";
import type { Guid } from "../../bytes/index.ts";
import { equalBytes } from "../../crypto/equal.ts";
import { SessionError } from "./error.ts";
import { PACKET_MAXIMUM, PACKET_UNIT } from "./packet.ts";
import { DISK_PASSPHRASE_GUID, SECRET_TABLE_GUID, WIPED_GUID } from "./secret-guids.ts";

const SOURCE = "Linux drivers/virt/coco/efi_secret/efi_secret.c, struct secret_header";

/** Header of the table. */
export const SECRET_TABLE_HEADER = struct(
  "secret table",
  { size: 20, source: SOURCE },
  {
    guid: at(0, constant(guid(), SECRET_TABLE_GUID)),
    length: at(16, u32, "bytes of the table with this header, without padding"),
  },
);

const TABLE_GUID = guidEncode(SECRET_TABLE_GUID);

/** Header of an entry; its data follows. */
export const SECRET_ENTRY_HEADER = struct(
  "secret table entry",
  { size: 20, source: SOURCE },
  {
    guid: at(0, guid()),
    length: at(16, u32, "bytes of the entry with this header"),
  },
);

/** An entry of the table. The data is secret. */
export interface SecretEntry {
  readonly guid: Guid;
  readonly data: Uint8Array;
}

/** How a table is built. */
export interface SecretTableOptions {
  /** Most bytes of the padded table: the firmware's secret area. 16384, the firmware's limit, if absent. */
  readonly maximum?: number;
  /**
   * Whether a NUL ends the disk passphrase: GRUB needs it, cryptsetup's --key-file must not see it. The
   * data is otherwise taken as it is.
   */
  readonly nulForGrub?: boolean;
  /**
   * `passphrase-last` (if absent): GRUB wipes the entry it used with its length, and nothing behind it
   * is found any more. `as-given` keeps the order.
   */
  readonly order?: "passphrase-last" | "as-given";
}

/**
 * The table, zero-padded to a multiple of 16 bytes.
 * @throws {SessionError} `no-secret`, `empty-secret`, `duplicate-secret`, `wiped-secret`,
 * `secret-too-large`, `no-passphrase` and `passphrase-has-nul` (with `nulForGrub`).
 * @throws {LayoutError} `bad-guid`.
 */
export function buildSecretTable(
  entries: readonly SecretEntry[],
  options: SecretTableOptions = {},
): Uint8Array {
  const { maximum = PACKET_MAXIMUM, nulForGrub = false, order = "passphrase-last" } = options;
  const prepared = prepare(entries, nulForGrub, order);
  const length = prepared.reduce(
    (sum, { data }) => sum + SECRET_ENTRY_HEADER.size + data.length,
    SECRET_TABLE_HEADER.size,
  );
  const padded = Math.ceil(length / PACKET_UNIT) * PACKET_UNIT;
  if (padded > maximum) {
    throw new SessionError(
      "secret-too-large",
      `the secrets need ${padded} bytes, there is room for ${maximum}`,
      "put a key to the larger secrets into the table, and the secrets themselves on the disk",
    );
  }
  const table = new Uint8Array(padded);
  table.set(SECRET_TABLE_HEADER.encode({ length }));
  let offset = SECRET_TABLE_HEADER.size;
  for (const { guid: name, data } of prepared) {
    const entryLength = SECRET_ENTRY_HEADER.size + data.length;
    table.set(SECRET_ENTRY_HEADER.encode({ guid: name, length: entryLength }), offset);
    table.set(data, offset + SECRET_ENTRY_HEADER.size);
    offset += entryLength;
  }
  return table;
}

function prepare(
  entries: readonly SecretEntry[],
  nulForGrub: boolean,
  order: "passphrase-last" | "as-given",
): readonly SecretEntry[] {
  if (entries.length === 0) {
    throw new SessionError("no-secret", "there is no secret to put into the table");
  }
  const lower = entries.map(({ guid: name, data }) => ({ guid: name.toLowerCase(), data }));
  for (const [i, { guid: name, data }] of lower.entries()) {
    guidEncode(name);
    if (name === WIPED_GUID) {
      throw new SessionError("wiped-secret", "the GUID of zeros marks a secret that is gone");
    }
    if (data.length === 0) throw new SessionError("empty-secret", `the secret ${name} is empty`);
    if (lower.findIndex((other) => other.guid === name) !== i) {
      throw new SessionError(
        "duplicate-secret",
        `the secret ${name} is given twice`,
        "guests find only one of them; programs differ in which",
      );
    }
  }
  const passphrase = lower.find(({ guid: name }) => name === DISK_PASSPHRASE_GUID);
  if (nulForGrub && passphrase === undefined) {
    throw new SessionError(
      "no-passphrase",
      "there is no disk passphrase to end with a NUL",
      `its GUID is ${DISK_PASSPHRASE_GUID}`,
    );
  }
  const finished = lower.map((entry) =>
    nulForGrub && entry === passphrase ? { ...entry, data: withNul(entry.data) } : entry,
  );
  if (order === "as-given") return finished;
  const isPassphrase = ({ guid: name }: SecretEntry): boolean => name === DISK_PASSPHRASE_GUID;
  return [...finished.filter((e) => !isPassphrase(e)), ...finished.filter(isPassphrase)];
}

/** A passphrase with the NUL that ends a C string; with another one inside, GRUB would cut it there. */
function withNul(passphrase: Uint8Array): Uint8Array {
  if (passphrase.includes(0)) {
    throw new SessionError(
      "passphrase-has-nul",
      "the disk passphrase holds a NUL already",
      "GRUB reads it up to its first NUL; leave the NUL out here, it is added",
    );
  }
  const terminated = new Uint8Array(passphrase.length + 1);
  terminated.set(passphrase);
  return terminated;
}

/** A table, read. */
export interface SecretTable {
  /** Bytes of the table without padding. */
  readonly length: number;
  /** In their order; an entry that Linux wiped has the GUID of zeros. The data are views. */
  readonly entries: readonly SecretEntry[];
}

/**
 * Reads a table strictly: entries fill it without gap, padding is zero.
 * @param bytes The table and whatever zeros follow it in its area.
 * @throws {LayoutError} for anything else, never showing what is there instead: what is no table may be
 * a secret without one.
 */
export function parseSecretTable(bytes: Uint8Array): SecretTable {
  if (
    bytes.length >= TABLE_GUID.length &&
    !equalBytes(bytes.subarray(0, TABLE_GUID.length), TABLE_GUID)
  ) {
    throw new LayoutError({
      code: "constant-mismatch",
      structure: SECRET_TABLE_HEADER.name,
      field: "guid",
      offset: 0,
      reason: `is not ${SECRET_TABLE_GUID}`,
      source: SOURCE,
    });
  }
  const { length } = SECRET_TABLE_HEADER.decodeAt(bytes, 0);
  requireLength("secret table", length, SECRET_TABLE_HEADER.size, bytes.length, 16);
  const entries: SecretEntry[] = [];
  let offset = SECRET_TABLE_HEADER.size;
  while (offset < length) {
    if (length - offset < SECRET_ENTRY_HEADER.size) {
      requireLength(SECRET_ENTRY_HEADER.name, length - offset, SECRET_ENTRY_HEADER.size, 0, offset);
    }
    const entry = SECRET_ENTRY_HEADER.decodeAt(bytes, offset);
    const { size, name } = SECRET_ENTRY_HEADER;
    requireLength(name, entry.length, size, length - offset, offset + 16);
    entries.push({
      guid: entry.guid,
      data: bytes.subarray(offset + size, offset + entry.length),
    });
    offset += entry.length;
  }
  const stray = bytes.subarray(length).findIndex((byte) => byte !== 0);
  if (stray >= 0) {
    throw new LayoutError({
      code: "must-be-zero",
      structure: "secret table",
      field: "padding",
      offset: length + stray,
      reason: "is not zero",
      source: SOURCE,
    });
  }
  return { length, entries };
}

/** Refuses a length that lies outside what its header and the bytes around it allow. It is not shown. */
function requireLength(
  structure: string,
  length: number,
  least: number,
  most: number,
  offset: number,
): void {
  if (length >= least && length <= most) return;
  throw new LayoutError({
    code: length < least ? "out-of-range" : "truncated",
    structure,
    field: "length",
    offset,
    reason: `is not ${least} to ${Math.max(least, most)}`,
    source: SOURCE,
  });
}
