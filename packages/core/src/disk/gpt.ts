// SPDX-License-Identifier: Apache-2.0
// The GUID partition table, both copies. Source: UEFI 2.11, section 5.3.

import {
  LayoutError,
  at,
  bytes,
  constant,
  guid,
  mbz,
  signature,
  struct,
  u16,
  u32,
  u64,
} from "../bytes/index.ts";
import type { Guid, Infer } from "../bytes/index.ts";
import { crc32 } from "./crc32.ts";
import type { ByteSource } from "./source.ts";

const SOURCE = "UEFI 2.11, section 5.3";

/** Logical block size; images for virtual machines have no other. */
const SECTOR_SIZE = 512;

/** Types of partitions that have a meaning here. */
export const PARTITION_TYPES = {
  "EFI system": "c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
  "Linux filesystem": "0fc63daf-8483-4772-8e79-3d69d8477de4",
  "Linux LUKS": "ca7d7ccb-63ed-4c53-861c-1742536059cc",
  "Linux root (x86-64)": "4f68bce3-e8cd-4db1-96e7-fbcaf984b709",
} as const satisfies Readonly<Record<string, Guid>>;

/** The header, once at the beginning and once at the end. */
export const GPT_HEADER = struct(
  "GPT header",
  { size: 92, source: `${SOURCE}.2` },
  {
    signature: at(0, signature("EFI PART")),
    revision: at(8, constant(u32, 0x0001_0000, "unsupported-version")),
    headerSize: at(12, constant(u32, 92)),
    checksum: at(16, u32),
    reserved: at(20, mbz(4)),
    ownLba: at(24, u64),
    otherLba: at(32, u64),
    firstUsable: at(40, u64),
    lastUsable: at(48, u64),
    disk: at(56, guid()),
    entriesLba: at(72, u64),
    entryCount: at(80, u32),
    entrySize: at(84, constant(u32, 128)),
    entriesChecksum: at(88, u32),
  },
);

/** The first block: it must say that the disk is a GPT disk, or Linux reads partitions out of it. */
const PROTECTIVE_MBR = struct(
  "protective MBR",
  { size: 512, source: "UEFI 2.11, section 5.2.3" },
  {
    code: at(0, bytes(446)),
    entry: at(446, bytes(16)),
    unused: at(462, mbz(48)),
    signature: at(510, constant(u16, 0xaa55)),
  },
);

/** Type of the entry that stands for the whole disk. */
const PROTECTIVE = 0xee;

/** One partition. */
export const GPT_ENTRY = struct(
  "GPT entry",
  { size: 128, source: `${SOURCE}.3` },
  {
    type: at(0, guid()),
    id: at(16, guid()),
    firstLba: at(32, u64),
    lastLba: at(40, u64),
    attributes: at(48, u64),
    name: at(56, bytes(72)),
  },
);

const UNUSED = "00000000-0000-0000-0000-000000000000";
/** More than any tool makes. */
const MOST_ENTRIES = 1024;

/** A partition. */
export interface Partition {
  /** From 1, as systems number it. */
  readonly number: number;
  readonly type: Guid;
  readonly id: Guid;
  readonly name: string;
  /** In bytes. */
  readonly offset: number;
  readonly size: number;
}

/** One copy of the table. */
export interface PartitionTable {
  readonly disk: Guid;
  readonly partitions: readonly Partition[];
  /** Parts of the disk that this copy takes: its header and its entries, in bytes. */
  readonly areas: readonly { readonly offset: number; readonly size: number }[];
}

/** Whether a disk has a partition table at its beginning. */
export async function hasPartitionTable(disk: ByteSource): Promise<boolean> {
  if (disk.size < 2 * SECTOR_SIZE) return false;
  const beginning = await disk.read(SECTOR_SIZE, 8);
  return String.fromCharCode(...beginning) === "EFI PART";
}

/**
 * Reads the copy at the beginning or at the end of a disk. Partitions lie between the first and the last
 * usable block, and none overlaps another.
 * @throws {LayoutError} for a copy that is not whole or not sound.
 */
export async function readPartitionTable(
  disk: ByteSource,
  copy: "primary" | "backup",
): Promise<PartitionTable> {
  const blocks = Math.floor(disk.size / SECTOR_SIZE);
  if (blocks < 3) throw problem("truncated", "needs 3 blocks", 0);
  if (copy === "primary") requireProtectiveMbr(await disk.read(0, PROTECTIVE_MBR.size));
  const place = copy === "primary" ? 1 : blocks - 1;
  const raw = await disk.read(place * SECTOR_SIZE, GPT_HEADER.size);
  const header = parseGptHeader(raw, place, blocks);
  const entriesOffset = Number(header.entriesLba) * SECTOR_SIZE;
  const entries = await disk.read(entriesOffset, header.entryCount * GPT_ENTRY.size);
  return {
    disk: header.disk,
    partitions: parseGptEntries(header, entries),
    areas: [
      { offset: place * SECTOR_SIZE, size: SECTOR_SIZE },
      { offset: entriesOffset, size: Math.ceil(entries.length / SECTOR_SIZE) * SECTOR_SIZE },
    ],
  };
}

/** @throws {LayoutError} for a first block with partitions of its own. */
function requireProtectiveMbr(block: Uint8Array): void {
  const { entry } = PROTECTIVE_MBR.decode(block);
  if (entry[4] !== PROTECTIVE) throw problem("unknown-value", "has no protective MBR before it", 0);
}

/** A decoded header. */
export type GptHeader = Infer<typeof GPT_HEADER>;

/**
 * The header in the block `place` of a disk of so many blocks.
 * @throws {LayoutError} for one that is not whole or points outside the disk.
 */
export function parseGptHeader(block: Uint8Array, place: number, blocks: number): GptHeader {
  const raw = Uint8Array.from(block);
  const header = GPT_HEADER.decode(raw);
  const checksumOffset = GPT_HEADER.offsetOf("checksum");
  raw.fill(0, checksumOffset, checksumOffset + 4);
  if (crc32(raw) !== header.checksum) throw problem("constant-mismatch", "has a wrong checksum");
  const { entryCount, entriesLba, firstUsable, lastUsable } = header;
  if (header.ownLba !== BigInt(place)) throw problem("out-of-range", "is not where it says it is");
  if (entryCount > MOST_ENTRIES) throw problem("out-of-range", `has ${entryCount} entries`);
  const entriesBlocks = BigInt(Math.ceil((entryCount * GPT_ENTRY.size) / SECTOR_SIZE));
  const outside =
    entriesLba < 2n ||
    entriesLba + entriesBlocks > BigInt(blocks) ||
    firstUsable < 2n ||
    lastUsable >= BigInt(blocks);
  if (outside) throw problem("out-of-range", "points outside the disk");
  if (entriesLba + entriesBlocks > firstUsable && entriesLba <= lastUsable) {
    throw problem("out-of-range", "has its entries where partitions may be");
  }
  return header;
}

/**
 * The partitions in the entries of a header, by offset.
 * @throws {LayoutError} for entries of another checksum, outside the usable blocks, or overlapping.
 */
export function parseGptEntries(header: GptHeader, entries: Uint8Array): readonly Partition[] {
  if (crc32(entries) !== header.entriesChecksum) {
    throw problem("constant-mismatch", "has entries with a wrong checksum");
  }
  return partitionsOf(entries, header.entryCount, header.firstUsable, header.lastUsable);
}

function partitionsOf(
  entries: Uint8Array,
  count: number,
  firstUsable: bigint,
  lastUsable: bigint,
): readonly Partition[] {
  const partitions: Partition[] = [];
  for (let i = 0; i < count; i++) {
    const { type, id, firstLba, lastLba, name } = GPT_ENTRY.decodeAt(entries, i * GPT_ENTRY.size);
    if (type === UNUSED) {
      const raw = entries.subarray(i * GPT_ENTRY.size, (i + 1) * GPT_ENTRY.size);
      if (raw.some((byte) => byte !== 0)) {
        throw problem("must-be-zero", `has something in its unused entry ${i + 1}`);
      }
      continue;
    }
    if (firstLba < firstUsable || lastLba > lastUsable || firstLba > lastLba) {
      throw problem("out-of-range", `has partition ${i + 1} outside the usable blocks`);
    }
    partitions.push({
      number: i + 1,
      type,
      id,
      name: nameOf(name),
      offset: Number(firstLba) * SECTOR_SIZE,
      size: Number(lastLba - firstLba + 1n) * SECTOR_SIZE,
    });
  }
  const ordered = partitions.toSorted((a, b) => a.offset - b.offset);
  ordered.forEach((each, i) => {
    const before = ordered[i - 1];
    if (before !== undefined && before.offset + before.size > each.offset) {
      throw problem("out-of-range", `has partitions ${before.number} and ${each.number} overlap`);
    }
  });
  return ordered;
}

function nameOf(raw: Uint8Array): string {
  const text = new TextDecoder("utf-16le").decode(raw);
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

function problem(
  code: "constant-mismatch" | "must-be-zero" | "out-of-range" | "truncated" | "unknown-value",
  reason: string,
  offset?: number,
): LayoutError {
  return new LayoutError({ code, structure: "GPT header", offset, reason, source: SOURCE });
}
