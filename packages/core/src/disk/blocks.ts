// SPDX-License-Identifier: Apache-2.0
// What a block of a disk looks like from outside: zeros, noise as ciphertext is, or something in clear.
// Compressed data is noise too: this finds disks that were not encrypted, not every byte that was not.

/** Bytes that are looked at together. */
export const BLOCK_SIZE = 4096;

/** What a block looks like. */
export type BlockLook = "zero" | "noise" | "clear";

/**
 * Above this, bytes are not evenly spread. Chi-square of 256 values has mean 255 and standard deviation
 * 22.6: a block of ciphertext gets here less than once in 10^12.
 */
const MOST_UNEVEN = 450;
/** Below this they are spread more evenly than chance does: a table, a counter. */
const LEAST_UNEVEN = 120;

/** Fewest bytes that the spread says something about. */
const LEAST_BYTES = 512;

/** How a block looks. Loops are plain ones here: disks have millions of blocks. */
export function lookOf(block: Uint8Array): BlockLook {
  if (isZero(block)) return "zero";
  if (namedContent(block) !== undefined) return "clear";
  const { length } = block;
  if (length < LEAST_BYTES) return "noise";
  COUNTS.fill(0);
  for (let i = 0; i < length; i++) COUNTS[block[i]!]!++;
  const expected = length / 256;
  let sum = 0;
  for (let value = 0; value < 256; value++) sum += (COUNTS[value]! - expected) ** 2;
  const uneven = sum / expected;
  return uneven > MOST_UNEVEN || uneven < LEAST_UNEVEN ? "clear" : "noise";
}

/** How often each byte is there in the block that is looked at. */
const COUNTS = new Uint32Array(256);

/** Whether all bytes are zero. */
function isZero(block: Uint8Array): boolean {
  for (let i = 0; i < block.length; i++) if (block[i] !== 0) return false;
  return true;
}

interface Mark {
  readonly name: string;
  readonly offset: number;
  readonly bytes: readonly number[];
}

const ascii = (text: string): readonly number[] => Array.from(text, (each) => each.charCodeAt(0));

/** Beginnings of what is kept on disks; none is shorter than four bytes, so noise hardly has one. */
const MARKS: readonly Mark[] = [
  { name: "LUKS header", offset: 0, bytes: [...ascii("LUKS"), 0xba, 0xbe] },
  { name: "LUKS2 second header", offset: 0, bytes: [...ascii("SKUL"), 0xba, 0xbe] },
  { name: "GPT header", offset: 0, bytes: ascii("EFI PART") },
  { name: "FAT file system", offset: 82, bytes: ascii("FAT32   ") },
  { name: "FAT file system", offset: 54, bytes: ascii("FAT16   ") },
  { name: "FAT file system", offset: 54, bytes: ascii("FAT12   ") },
  { name: "squashfs file system", offset: 0, bytes: ascii("hsqs") },
  { name: "XFS file system", offset: 0, bytes: ascii("XFSB") },
  { name: "swap area", offset: 4086, bytes: ascii("SWAPSPACE2") },
  { name: "program (ELF)", offset: 0, bytes: [0x7f, ...ascii("ELF")] },
  { name: "ZIP archive", offset: 0, bytes: [...ascii("PK"), 3, 4] },
  { name: "xz data", offset: 0, bytes: [0xfd, ...ascii("7zXZ"), 0] },
  { name: "zstd data", offset: 0, bytes: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: "gzip data", offset: 0, bytes: [0x1f, 0x8b, 0x08, 0x00] },
  { name: "PNG picture", offset: 0, bytes: [0x89, ...ascii("PNG")] },
  { name: "SQLite database", offset: 0, bytes: ascii("SQLite format 3") },
];

/** What a block is by a mark in it; undefined when it has none. */
function namedContent(block: Uint8Array): string | undefined {
  for (const mark of MARKS) {
    // Nearly always it is the first byte that differs.
    if (block[mark.offset] === mark.bytes[0] && hasMark(block, mark)) return mark.name;
  }
  return isExt(block) ? "ext file system" : undefined;
}

function hasMark(block: Uint8Array, { offset, bytes }: Mark): boolean {
  return bytes.every((byte, i) => block[offset + i] === byte);
}

/** Whether a partition begins as a FAT file system does. */
export function isFat(beginning: Uint8Array): boolean {
  return namedContent(beginning) === "FAT file system";
}

/**
 * Whether a superblock of ext2, 3 or 4 lies where the first one does. Its magic is too short alone, so
 * state, revision and block size must make sense as well.
 */
function isExt(block: Uint8Array): boolean {
  if (block.length < 2048) return false;
  const view = new DataView(block.buffer, block.byteOffset + 1024, 1024);
  const state = view.getUint16(58, true);
  return (
    view.getUint16(56, true) === 0xef53 &&
    state <= 7 &&
    view.getUint32(76, true) <= 1 &&
    view.getUint32(24, true) <= 6
  );
}

/** What the beginning of an area in clear looks like, in a few words. */
export function describeContent(block: Uint8Array): string {
  const name = namedContent(block);
  if (name !== undefined) return name;
  const printable = block.filter((byte) => (byte >= 32 && byte < 127) || byte === 9 || byte === 10);
  if (printable.length > block.length * 0.9) return "text";
  const zeros = block.filter((byte) => byte === 0).length;
  return zeros > block.length / 2 ? "sparse binary data" : "binary data";
}

/** What decrypted partitions begin with beside what {@link MARKS} has. */
const DECRYPTED_MARKS: readonly Mark[] = [
  { name: "btrfs file system", offset: 0x1_0040, bytes: ascii("_BHRfS_M") },
  { name: "LVM physical volume", offset: 512, bytes: ascii("LABELONE") },
];

/**
 * What a decrypted partition holds: a file system, a swap area or a physical volume; undefined when it
 * is nothing that is known here.
 * @param beginning 68 KiB or more.
 */
export function fileSystemName(beginning: Uint8Array): string | undefined {
  const byMark = DECRYPTED_MARKS.find((mark) => hasMark(beginning, mark));
  const name = byMark?.name ?? namedContent(beginning);
  return name !== undefined && /file system$|^swap area$|^LVM/.test(name) ? name : undefined;
}
