// SPDX-License-Identifier: Apache-2.0
// The partitions of a disk: which are encrypted, how well, and what every part of the disk is for.

import { sha256Stream } from "#crypto";
import { LayoutError, hexEncode } from "../bytes/index.ts";
import type { Finding } from "../finding/index.ts";
import { BLOCK_SIZE, isFat } from "./blocks.ts";
import { broken, found, judged, orLayoutError } from "./finding.ts";
import { PARTITION_TYPES, hasPartitionTable, readPartitionTable } from "./gpt.ts";
import type { Partition, PartitionTable } from "./gpt.ts";
import { checkLuks } from "./luks/check.ts";
import { luksKind, readLuksHeader } from "./luks/header.ts";
import type { LuksHeaderCopy } from "./luks/header.ts";
import { isSegment, readLuksMetadata } from "./luks/metadata.ts";
import type { LuksMetadata } from "./luks/metadata.ts";
import { part } from "./source.ts";
import type { ByteSource, Disk } from "./source.ts";
import type { Region } from "./survey.ts";

/** The partition that holds the encrypted data. */
export interface EncryptedPartition {
  /** `partition 2`, or `the disk` where there are no partitions. */
  readonly name: string;
  /** In bytes, on the disk. */
  readonly offset: number;
  readonly size: number;
  readonly uuid: string;
  /** Where the encrypted data begins, in bytes from the beginning of the partition. */
  readonly dataOffset: number;
  readonly sectorSize: number;
  /** SHA-256, hexadecimal, of everything before the encrypted data. */
  readonly headerDigest: string;
}

/** A header before the data is no longer than this with any tool. */
const LARGEST_HEADER = 256 * 1024 * 1024;

/** What the partition tables say. */
export interface Layout {
  readonly findings: readonly Finding[];
  readonly regions: readonly Region[];
  readonly partitions: readonly (Pick<Partition, "offset" | "size"> & {
    readonly name: string;
    /** Whether it is the first that is said to be the EFI system partition; there is no other. */
    readonly isEsp: boolean;
  })[];
}

/** Reads the partition tables; a disk without any is one partition. */
export async function layoutOf(disk: Disk): Promise<Layout> {
  if (!(await hasPartitionTable(disk))) {
    // A disk without partitions is one partition; a table only at the end is not used by anybody.
    const whole = { offset: 0, size: disk.size, isEsp: false, name: "the disk" };
    const outcome = { title: "The disk has no partition table and is taken as a whole" };
    return {
      findings: [found("disk.gpt.primary", "skipped", outcome)],
      regions: [],
      partitions: [whole],
    };
  }
  const primary = await orLayoutError(readPartitionTable(disk, "primary"));
  const backup = await orLayoutError(readPartitionTable(disk, "backup"));
  const findings = [
    primary instanceof LayoutError
      ? broken("disk.gpt.primary", primary)
      : judged("disk.gpt.primary", true),
    backup instanceof LayoutError
      ? broken("disk.gpt.backup", backup)
      : judged("disk.gpt.backup", primary instanceof LayoutError || sameTable(primary, backup), {
          hint: "systems differ in which copy they believe: write the table again",
        }),
  ];
  if (primary instanceof LayoutError) return { findings, regions: [], partitions: [] };
  const copies = backup instanceof LayoutError ? [primary] : [primary, backup];
  const esp = primary.partitions.find(({ type }) => type === PARTITION_TYPES["EFI system"]);
  const mbr: Region = { use: "table", name: "protective MBR", offset: 0, size: 512 };
  return {
    findings,
    regions: [
      mbr,
      ...copies.flatMap(({ areas }) =>
        areas.map((area) => ({ use: "table" as const, name: "partition table", ...area })),
      ),
    ],
    partitions: primary.partitions.map(({ number, offset, size }) => ({
      offset,
      size,
      isEsp: number === esp?.number,
      name: `partition ${number}`,
    })),
  };
}

function sameTable(a: PartitionTable, b: PartitionTable): boolean {
  return a.disk === b.disk && JSON.stringify(a.partitions) === JSON.stringify(b.partitions);
}

/** What was found about one partition. */
export interface Inspected {
  readonly findings: readonly Finding[];
  readonly regions: readonly Region[];
  readonly encrypted?: EncryptedPartition;
}

/** Looks into a partition. */
export async function inspectPartition(
  disk: Disk,
  partition: Layout["partitions"][number],
): Promise<Inspected> {
  const { name, offset, size, isEsp } = partition;
  const where = { artefact: name, offset, size };
  const source = part(disk, offset, size);
  const beginning = await source.read(0, Math.min(BLOCK_SIZE, size));
  if (isEsp && isFat(beginning)) {
    const esp = { use: "efi-system", name: `EFI system ${name}`, offset, size } as const;
    return { findings: [], regions: [esp] };
  }
  const kind = luksKind(beginning);
  const plain = { use: "partition", name, offset, size } as const;
  if (kind === undefined) {
    return { findings: [judged("disk.partition.in-clear", false, { where })], regions: [plain] };
  }
  const inClear = judged("disk.partition.in-clear", true, { where });
  if (kind === "luks1") {
    const version = { where, expected: "LUKS2", actual: "LUKS1" };
    return {
      findings: [inClear, judged("disk.luks.version", false, version)],
      regions: [plain],
    };
  }
  const isVersion2 = judged("disk.luks.version", true, { where });
  const primary = await orLayoutError(readLuksHeader(source, "primary"));
  if (primary instanceof LayoutError) {
    const finding = broken("disk.luks.header", primary, { where });
    return { findings: [inClear, isVersion2, finding], regions: [plain] };
  }
  const secondary = await orLayoutError(readLuksHeader(source, "secondary", primary.size));
  const metadata = metadataOf(primary);
  const findings = [
    inClear,
    isVersion2,
    ...checkLuks({ primary, secondary, metadata, size, name }),
  ];
  const [segment] = metadata instanceof LayoutError ? [] : Object.values(metadata.segments);
  const usable =
    segment !== undefined &&
    isSegment(segment) &&
    segment.offset < size &&
    segment.offset <= LARGEST_HEADER;
  if (metadata instanceof LayoutError || !usable) return { findings, regions: [plain] };
  const dataOffset = segment.offset;
  return {
    findings,
    regions: luksRegions(partition, primary, dataOffset),
    encrypted: {
      name,
      offset,
      size,
      uuid: primary.uuid,
      dataOffset,
      sectorSize: segment.sector_size,
      headerDigest: await digestOf(source, dataOffset),
    },
  };
}

function metadataOf(primary: LuksHeaderCopy): LuksMetadata | LayoutError {
  try {
    return readLuksMetadata(primary.json);
  } catch (error) {
    if (error instanceof LayoutError) return error;
    throw error;
  }
}

/** Both copies of the header, the area of the keyslots, and the data. */
function luksRegions(
  { name, offset, size }: Layout["partitions"][number],
  primary: LuksHeaderCopy,
  dataOffset: number,
): readonly Region[] {
  const header = Math.min(2 * primary.size, dataOffset);
  return [
    { use: "header", name: `LUKS2 header of ${name}`, offset, size: header },
    {
      use: "keyslots",
      name: `keyslots of ${name}`,
      offset: offset + header,
      size: dataOffset - header,
    },
    {
      use: "encrypted",
      name: `encrypted data of ${name}`,
      offset: offset + dataOffset,
      size: size - dataOffset,
    },
  ];
}

async function digestOf(source: ByteSource, length: number): Promise<string> {
  const digest = sha256Stream();
  const piece = 1024 * 1024;
  for (let at = 0; at < length; at += piece) {
    digest.update(await source.read(at, Math.min(piece, length - at)));
  }
  return hexEncode(digest.digest());
}
