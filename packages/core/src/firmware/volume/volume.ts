// SPDX-License-Identifier: Apache-2.0
// The firmware volumes of an image and the files in them, those in packed volumes too.

import { LayoutError, hexNumber } from "../../bytes/index.ts";
import type { Guid } from "../../bytes/index.ts";
import {
  FFS_FILE_HEADER,
  FILE_SYSTEMS,
  FILE_TYPES,
  FIRMWARE_VOLUME_EXT_HEADER,
  FIRMWARE_VOLUME_HEADER,
  SECTION_TYPES,
} from "./layout.ts";
import { Budget, readSections, u24 } from "./sections.ts";
import type { LeafSection } from "./sections.ts";

/** Volumes of an image begin at multiples of this. */
const VOLUME_ALIGNMENT = 4096;
const FILE_ALIGNMENT = 8;
const LARGE_FILE = 0x01;
/** Value of a file's checksum where its content has none. */
const NO_CHECKSUM = 0xaa;
const HAS_CHECKSUM = 0x40;

/** A file of a volume. */
export interface FirmwareFile {
  readonly guid: Guid;
  /** See FILE_TYPES. */
  readonly type: number;
  /** Name of its user interface section; undefined for files without. */
  readonly name: string | undefined;
  /** What it holds, unpacked; nested volumes apart. Empty for padding. */
  readonly sections: readonly LeafSection[];
}

/** A volume. */
export interface FirmwareVolume {
  /** Name of its extended header. */
  readonly name: Guid | undefined;
  readonly fileSystem: Guid;
  /** All of it. */
  readonly bytes: Uint8Array;
  readonly files: readonly FirmwareFile[];
}

/**
 * All volumes of an image, those in files of others behind the volume they are in.
 * @throws {LayoutError} for volumes that are broken, of a kind that is not read, or packed in a way
 * that is not; also for those that want more than 32 MiB. An image without volumes has none.
 */
export function readVolumes(image: Uint8Array): readonly FirmwareVolume[] {
  const volumes: FirmwareVolume[] = [];
  const budget = new Budget();
  let offset = 0;
  while (offset + FIRMWARE_VOLUME_HEADER.size <= image.length) {
    if (hasSignature(image, offset)) {
      const length = readVolume(image.subarray(offset), budget, 0, volumes);
      offset += Math.ceil(length / VOLUME_ALIGNMENT) * VOLUME_ALIGNMENT;
    } else {
      offset += VOLUME_ALIGNMENT;
    }
  }
  return volumes;
}

function hasSignature(image: Uint8Array, offset: number): boolean {
  return [0x5f, 0x46, 0x56, 0x48].every((byte, i) => image[offset + 40 + i] === byte);
}

/** Reads the volume that `bytes` begin with. @returns its length. */
function readVolume(
  bytes: Uint8Array,
  budget: Budget,
  depth: number,
  volumes: FirmwareVolume[],
): number {
  budget.count(depth);
  const header = FIRMWARE_VOLUME_HEADER.decodeAt(bytes, 0);
  const { fileSystem, headerLength } = header;
  const length = Number(header.length);
  if (
    length > bytes.length ||
    length < headerLength ||
    headerLength < FIRMWARE_VOLUME_HEADER.size
  ) {
    throw broken("length", `is ${hexNumber(header.length)}, ${hexNumber(bytes.length)} are there`);
  }
  if (headerLength % 2 !== 0 || wordSum(bytes.subarray(0, headerLength)) !== 0) {
    throw broken("checksum", "does not fit the header");
  }
  const whole = bytes.subarray(0, length);
  const nested: FirmwareVolume[] = [];
  const files = readFiles(whole, fileSystem, headerLength, budget, depth, nested);
  volumes.push({ name: nameOf(whole, header.extHeaderOffset), fileSystem, bytes: whole, files });
  volumes.push(...nested);
  return length;
}

function nameOf(volume: Uint8Array, extHeaderOffset: number): Guid | undefined {
  if (extHeaderOffset === 0) return undefined;
  return FIRMWARE_VOLUME_EXT_HEADER.decodeAt(volume, extHeaderOffset).name;
}

function readFiles(
  volume: Uint8Array,
  fileSystem: Guid,
  headerLength: number,
  budget: Budget,
  depth: number,
  nested: FirmwareVolume[],
): readonly FirmwareFile[] {
  // A variable store: no files, and nothing in it is run by itself.
  if (fileSystem === FILE_SYSTEMS.nvData) return [];
  if (fileSystem !== FILE_SYSTEMS.ffs2 && fileSystem !== FILE_SYSTEMS.ffs3) {
    throw broken("fileSystem", `is ${fileSystem}, which is not read`);
  }
  const files: FirmwareFile[] = [];
  let offset = aligned(headerLength);
  while (volume.length - offset >= FFS_FILE_HEADER.size && !isFree(volume, offset)) {
    budget.count(depth);
    const { header, headerSize, end } = readFileHeader(volume, offset);
    const content = volume.subarray(offset + headerSize, end);
    const found = readContent(header.type, content, budget, depth, nested);
    files.push({ guid: header.name, type: header.type, ...found });
    offset = aligned(end);
  }
  return files;
}

interface FilePlace {
  readonly header: ReturnType<typeof FFS_FILE_HEADER.decode>;
  readonly headerSize: number;
  /** First offset behind the file. */
  readonly end: number;
}

function readFileHeader(volume: Uint8Array, offset: number): FilePlace {
  const header = FFS_FILE_HEADER.decodeAt(volume, offset);
  const isLarge = (header.attributes & LARGE_FILE) !== 0;
  const headerSize = FFS_FILE_HEADER.size + (isLarge ? 8 : 0);
  const room = volume.length - offset;
  const size =
    isLarge && room >= headerSize
      ? Number(new DataView(volume.buffer, volume.byteOffset + offset).getBigUint64(24, true))
      : u24(header.size);
  const refuse = (field: string, reason: string): LayoutError =>
    new LayoutError({
      code: "out-of-range",
      structure: FFS_FILE_HEADER.name,
      field,
      offset,
      reason,
      source: FFS_FILE_HEADER.source,
    });
  if (size < headerSize || size > room) throw refuse("size", `is ${size}, ${room} bytes are there`);
  const summed = Uint8Array.from(volume.subarray(offset, offset + headerSize));
  summed[17] = 0;
  summed[23] = 0;
  if (byteSum(summed) !== 0) throw refuse("headerChecksum", "does not fit the header");
  const content = volume.subarray(offset + headerSize, offset + size);
  const hasChecksum = (header.attributes & HAS_CHECKSUM) !== 0;
  const expected = hasChecksum ? -byteSum(content) & 0xff : NO_CHECKSUM;
  if (header.fileChecksum !== expected) throw refuse("fileChecksum", "does not fit the content");
  return { header, headerSize, end: offset + size };
}

function readContent(
  type: number,
  content: Uint8Array,
  budget: Budget,
  depth: number,
  nested: FirmwareVolume[],
): Pick<FirmwareFile, "name" | "sections"> {
  if (type === FILE_TYPES.padding) return { name: undefined, sections: [] };
  const hasSections = type > FILE_TYPES.raw && type <= FILE_TYPES["standalone MM core"];
  if (!hasSections) {
    return { name: undefined, sections: [{ type: SECTION_TYPES.raw, data: content }] };
  }
  const sections = readSections(content, budget, depth);
  for (const { type: sectionType, data } of sections) {
    if (sectionType !== SECTION_TYPES["firmware volume image"]) continue;
    readVolume(data, budget, depth + 1, nested);
  }
  const label = sections.find((section) => section.type === SECTION_TYPES["user interface"]);
  return {
    name: label === undefined ? undefined : textOf(label.data),
    sections: sections.filter((section) => section.type !== SECTION_TYPES["firmware volume image"]),
  };
}

/** UTF-16 up to its NUL, printable ASCII of at most 64 characters; others as undefined. */
function textOf(data: Uint8Array): string | undefined {
  const [text = ""] = new TextDecoder("utf-16le").decode(data.subarray(0, 130)).split("\0");
  return /^[!-~][ -~]{0,63}$/.test(text) ? text : undefined;
}

/** Whether no file begins here: erased flash is all ones. */
function isFree(volume: Uint8Array, offset: number): boolean {
  return volume.subarray(offset, offset + FFS_FILE_HEADER.size).every((byte) => byte === 0xff);
}

function aligned(offset: number): number {
  return Math.ceil(offset / FILE_ALIGNMENT) * FILE_ALIGNMENT;
}

function byteSum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) sum = (sum + bytes[i]!) & 0xff;
  return sum;
}

function wordSum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes[i]! | (bytes[i + 1]! << 8);
  return sum & 0xffff;
}

function broken(field: string, reason: string): LayoutError {
  return new LayoutError({
    code: "out-of-range",
    structure: FIRMWARE_VOLUME_HEADER.name,
    field,
    reason,
    source: FIRMWARE_VOLUME_HEADER.source,
  });
}
