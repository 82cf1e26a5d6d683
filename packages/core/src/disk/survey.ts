// SPDX-License-Identifier: Apache-2.0
// What lies in clear on a disk, found by looking at all of it.

import { BLOCK_SIZE, describeContent, lookOf } from "./blocks.ts";
import type { ByteSource, Disk, Extent } from "./source.ts";

/** What a part of the disk is for. */
export type AreaUse =
  | "table"
  | "efi-system"
  | "header"
  | "keyslots"
  | "encrypted"
  | "unused"
  | "partition";

/** A part of the disk whose use is known. */
export interface Region {
  readonly use: AreaUse;
  /** What it is called: `partition 2`, `partition table`. */
  readonly name: string;
  /** In bytes. */
  readonly offset: number;
  readonly size: number;
}

/** A part of the disk that is not encrypted. */
export interface ClearArea {
  readonly region: string;
  readonly use: AreaUse;
  /** In bytes, on the disk. */
  readonly offset: number;
  readonly size: number;
  /** What its beginning looks like. */
  readonly content: string;
}

/** What a survey came to. */
export interface Survey {
  /** In order of offset; the first {@link MOST_AREAS}. */
  readonly clear: readonly ClearArea[];
  /** How many there are. */
  readonly clearCount: number;
  /** All bytes of the areas in clear. */
  readonly clearBytes: number;
  /** Bytes of regions in use `encrypted` that look like ciphertext, and that are zero. */
  readonly noiseBytes: number;
  readonly zeroBytes: number;
}

/** Called after every piece, with bytes of the disk. */
export type SurveyProgress = (done: number, total: number) => void;

/** Areas that are listed; a disk in clear has any number of them. */
const MOST_AREAS = 200;
/** Blocks of zeros or noise between two areas in clear that are taken for one. */
const SMALL_GAP = 64 * 1024;
const PIECE = 1024 * 1024;

/** Uses in which content in clear is what is to be expected. */
export const CLEAR_BY_DESIGN: ReadonlySet<AreaUse> = new Set(["table", "efi-system", "header"]);

/** Uses in which noise is what is to be expected. */
const NOISE_BY_DESIGN: ReadonlySet<AreaUse> = new Set(["keyslots", "encrypted"]);

/**
 * Looks at every block of a disk that the image stores.
 * @param regions In order of offset, without gaps, from the beginning of the disk to its end.
 */
export async function surveyDisk(
  disk: Disk,
  regions: readonly Region[],
  progress: SurveyProgress = () => {},
): Promise<Survey> {
  const survey = new Collector();
  let current = 0;
  for await (const extent of disk.extents()) {
    const end = extent.offset + extent.length;
    for (let at = extent.offset; at < end;) {
      while (current < regions.length - 1 && at >= endOf(regions[current]!)) current++;
      const region = regions[current];
      if (region === undefined) return survey.result();
      const until = Math.min(end, Math.max(at + 1, endOf(region)));
      await surveyPart(disk, region, { ...extent, offset: at, length: until - at }, survey);
      at = until;
    }
    progress(end, disk.size);
  }
  return survey.result();
}

/** Looks at parts of a file that are used for nothing. */
export async function surveyLeftovers(
  file: ByteSource,
  parts: readonly { readonly offset: number; readonly length: number }[],
): Promise<Survey> {
  const survey = new Collector();
  for (const { offset, length } of parts) {
    const region: Region = { use: "unused", name: "unused part of the file", offset, size: length };
    await surveyPart(file, region, { offset, length, state: "data" }, survey);
  }
  return survey.result();
}

async function surveyPart(
  source: ByteSource,
  region: Region,
  extent: Extent,
  survey: Collector,
): Promise<void> {
  const { offset, length, state } = extent;
  if (CLEAR_BY_DESIGN.has(region.use)) return survey.wholeRegion(region);
  if (state !== "data") return survey.zeros(region, length);
  for (let at = offset; at < offset + length; at += PIECE) {
    const size = Math.min(PIECE, offset + length - at);
    const bytes = await source.read(at, size);
    for (let within = 0; within < size; within += BLOCK_SIZE) {
      survey.block(region, at + within, bytes.subarray(within, within + BLOCK_SIZE));
    }
  }
}

class Collector {
  readonly #clear: { -readonly [K in keyof ClearArea]: ClearArea[K] }[] = [];
  #count = 0;
  #clearBytes = 0;
  #noise = 0;
  #zero = 0;
  /** The last area, also when it is not listed any more. */
  #last = { region: "", start: -1, end: -Infinity };

  /** A region that is in clear by design, once. */
  wholeRegion({ name, use, offset, size }: Region): void {
    if (this.#last.start === offset) return;
    this.#add({ region: name, use, offset, size, content: name });
  }

  zeros(region: Region, length: number): void {
    if (region.use === "encrypted") this.#zero += length;
  }

  block(region: Region, offset: number, bytes: Uint8Array): void {
    const look = lookOf(bytes);
    if (look === "zero") return this.zeros(region, bytes.length);
    if (look === "noise" && NOISE_BY_DESIGN.has(region.use)) {
      if (region.use === "encrypted") this.#noise += bytes.length;
      return;
    }
    // Where no ciphertext belongs, noise is something somebody put there.
    const { name, use } = region;
    if (this.#last.region === name && offset - this.#last.end <= SMALL_GAP) {
      const end = offset + bytes.length;
      const added = end - this.#last.end;
      const area = this.#clear.at(-1);
      if (area !== undefined && this.#count <= MOST_AREAS) area.size += added;
      this.#clearBytes += added;
      this.#last.end = end;
      return;
    }
    const content = look === "noise" ? "noise, as compressed data is" : describeContent(bytes);
    this.#add({ region: name, use, offset, size: bytes.length, content });
  }

  #add(area: ClearArea): void {
    this.#count++;
    this.#clearBytes += area.size;
    this.#last = { region: area.region, start: area.offset, end: area.offset + area.size };
    if (this.#clear.length < MOST_AREAS) this.#clear.push({ ...area });
  }

  result(): Survey {
    return {
      clear: this.#clear,
      clearCount: this.#count,
      clearBytes: this.#clearBytes,
      noiseBytes: this.#noise,
      zeroBytes: this.#zero,
    };
  }
}

function endOf({ offset, size }: Region): number {
  return offset + size;
}
