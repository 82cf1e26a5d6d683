// SPDX-License-Identifier: Apache-2.0
// Where the parts of a new disk lie.

import { PARTITION_TYPES } from "@greenlight/core/disk";
import { ImageError } from "./error.ts";
import { DATA_OFFSET } from "./luks-settings.ts";

/** Partitions begin and end at multiples of this, in bytes. */
const ALIGNMENT = 1024 * 1024;
/** The least a file system with a journal of its own is made in. */
const LEAST_ROOT = 8 * ALIGNMENT;

/** A part of the disk, in bytes. */
export interface Place {
  readonly offset: number;
  readonly size: number;
}

/** The parts of a disk. */
export interface DiskLayout {
  /** The whole disk. */
  readonly size: number;
  readonly esp: Place | undefined;
  /** The LUKS2 partition with its header. */
  readonly root: Place;
  /** What is left for the file system in it. */
  readonly fileSystemSize: number;
}

/**
 * Lays out a disk: the partition tables, the EFI system partition if there is to be one, and the
 * encrypted partition in all that is left.
 * @throws {ImageError} `bad-parameter`, `too-small`.
 */
export function layOut(size: number, espSize: number): DiskLayout {
  for (const [what, value] of [
    ["disk", size],
    ["EFI system partition", espSize],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < 0 || value % ALIGNMENT !== 0) {
      const message = `the size of the ${what}, ${value} bytes, is not in whole MiB`;
      throw new ImageError("bad-parameter", message);
    }
  }
  const start = ALIGNMENT + espSize;
  // The second partition table takes the last 17 KiB.
  const rootSize = size - ALIGNMENT - start;
  const fileSystemSize = rootSize - DATA_OFFSET;
  if (fileSystemSize < LEAST_ROOT) {
    const least = start + DATA_OFFSET + LEAST_ROOT + ALIGNMENT;
    throw new ImageError(
      "too-small",
      `a disk of ${size / ALIGNMENT} MiB has no room for an encrypted file system`,
      `give it ${least / ALIGNMENT} MiB or more`,
    );
  }
  return {
    size,
    esp: espSize === 0 ? undefined : { offset: ALIGNMENT, size: espSize },
    root: { offset: start, size: rootSize },
    fileSystemSize,
  };
}

/** The layout as a script of sfdisk. */
export function sfdiskScript({ esp, root }: DiskLayout): string {
  const line = (place: Place, type: string, name: string): string =>
    `start=${place.offset / 512}, size=${place.size / 512}, type=${type}, name="${name}"`;
  return [
    "label: gpt",
    "unit: sectors",
    ...(esp === undefined ? [] : [line(esp, PARTITION_TYPES["EFI system"], "EFI system")]),
    line(root, PARTITION_TYPES["Linux root (x86-64)"], "root"),
    "",
  ].join("\n");
}
