// SPDX-License-Identifier: Apache-2.0
// Sections: what is in a file of a firmware volume, unpacked where it is packed. Everything is bounded,
// and what cannot be unpacked is an error: a reader that skips it would call hidden code absent.

import { LayoutError } from "../../bytes/index.ts";
import { ENCODINGS, GUID_DEFINED_SECTION, SECTION_HEADER, SECTION_TYPES } from "./layout.ts";
import { decompressLzma } from "./lzma.ts";

/** Most bytes that all packed parts of an image may have together. */
const MOST_UNPACKED = 32 * 1024 * 1024;
/** Most packed parts: each needs room for its models, however little comes out of it. OVMF has one. */
const MOST_PACKED = 64;
/** Most files and sections of an image, and how deep they may lie in one another. */
const MOST_PARTS = 20_000;
const DEEPEST = 8;

/** What reading an image may still take. */
export class Budget {
  #unpacked = MOST_UNPACKED;
  #packed = MOST_PACKED;
  #parts = MOST_PARTS;

  /**
   * Counts a file or section.
   * @throws {LayoutError} `out-of-range` when there are too many or they lie too deep.
   */
  count(depth: number): void {
    this.#parts -= 1;
    if (this.#parts < 0) throw tooMuch(`holds more than ${MOST_PARTS} files and sections`);
    if (depth > DEEPEST) throw tooMuch(`has volumes within volumes, more than ${DEEPEST} deep`);
  }

  /** @throws {LayoutError} when it is no LZMA, or too much with all that was unpacked before. */
  unpack(data: Uint8Array): Uint8Array {
    this.#packed -= 1;
    if (this.#packed < 0) throw tooMuch(`holds more than ${MOST_PACKED} packed parts`);
    const unpacked = decompressLzma(data, this.#unpacked);
    this.#unpacked -= unpacked.length;
    return unpacked;
  }
}

/** A section that is not made of others. */
export interface LeafSection {
  /** See SECTION_TYPES. */
  readonly type: number;
  readonly data: Uint8Array;
}

/**
 * The sections of a file, those inside of packed and encapsulating ones in their place.
 * @throws {LayoutError} for anything that cannot be read or unpacked.
 */
export function readSections(
  stream: Uint8Array,
  budget: Budget,
  depth: number,
): readonly LeafSection[] {
  const sections: LeafSection[] = [];
  let offset = 0;
  while (offset < stream.length) {
    budget.count(depth);
    const { type, headerSize, end } = readHeader(stream, offset);
    const data = stream.subarray(offset + headerSize, end);
    if (type === SECTION_TYPES["GUID-defined"]) {
      const inner = unpackGuidDefined(stream.subarray(offset, end), headerSize, budget);
      sections.push(...readSections(inner, budget, depth + 1));
    } else if (type === SECTION_TYPES.compression) {
      throw new LayoutError({
        code: "unknown-value",
        structure: "EFI_COMPRESSION_SECTION",
        offset,
        reason: "is compressed in a way that is not read",
      });
    } else {
      sections.push({ type, data });
    }
    offset = (end + 3) & ~3;
  }
  return sections;
}

interface SectionPlace {
  readonly type: number;
  readonly headerSize: number;
  /** First offset behind the section. */
  readonly end: number;
}

function readHeader(stream: Uint8Array, offset: number): SectionPlace {
  const { size, type } = SECTION_HEADER.decodeAt(stream, offset);
  const short = u24(size);
  const isLong = short === 0xffffff;
  const headerSize = isLong ? 8 : SECTION_HEADER.size;
  const length = isLong ? u32At(stream, offset + 4) : short;
  if (length < headerSize || length > stream.length - offset) {
    throw new LayoutError({
      code: length < headerSize ? "out-of-range" : "truncated",
      structure: SECTION_HEADER.name,
      field: "size",
      offset,
      reason: `is ${length}, ${stream.length - offset} bytes are there`,
      source: SECTION_HEADER.source,
    });
  }
  return { type, headerSize, end: offset + length };
}

function unpackGuidDefined(section: Uint8Array, headerSize: number, budget: Budget): Uint8Array {
  // The fields are declared with the short header before them; a long one shifts them by 4.
  const fields = GUID_DEFINED_SECTION.decodeAt(section, headerSize);
  if (
    fields.dataOffset < headerSize + GUID_DEFINED_SECTION.size ||
    fields.dataOffset > section.length
  ) {
    throw new LayoutError({
      code: "out-of-range",
      structure: GUID_DEFINED_SECTION.name,
      field: "dataOffset",
      reason: `is ${fields.dataOffset}, the section has ${section.length} bytes`,
      source: GUID_DEFINED_SECTION.source,
    });
  }
  const data = section.subarray(fields.dataOffset);
  if (fields.definition === ENCODINGS.lzma) return budget.unpack(data);
  const mustBeDecoded = (fields.attributes & 1) === 1;
  if (!mustBeDecoded) return data;
  throw new LayoutError({
    code: "unknown-value",
    structure: GUID_DEFINED_SECTION.name,
    field: "definition",
    reason: `is ${fields.definition}, an encoding that is not read`,
    source: GUID_DEFINED_SECTION.source,
  });
}

/** A little-endian number of three bytes. */
export function u24(bytes: Uint8Array): number {
  return (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8) | ((bytes[2] ?? 0) << 16);
}

function u32At(bytes: Uint8Array, offset: number): number {
  if (offset + 4 > bytes.length) return 0;
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(offset, true);
}

function tooMuch(reason: string): LayoutError {
  return new LayoutError({ code: "out-of-range", structure: "firmware image", reason });
}
