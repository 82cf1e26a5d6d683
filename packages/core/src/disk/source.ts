// SPDX-License-Identifier: Apache-2.0
// Where the bytes of a disk come from, as ports: this folder opens no files.

/** Bytes that are too many to hold: a file, a partition. */
export interface ByteSource {
  /** In bytes. */
  readonly size: number;
  /** Exactly these bytes; rejects when they are not all there. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/**
 * What an image stores for a part of its disk: `data`; `zero`, said to be zero without being stored;
 * `absent`, never written, which reads as zero.
 */
export type ExtentState = "data" | "zero" | "absent";

/** A part of a disk, in bytes. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
  readonly state: ExtentState;
}

/** A disk as its guest sees it. */
export interface Disk extends ByteSource {
  readonly format: "raw" | "qcow2";
  /** The whole disk, in order of offset and without gaps; neighbours may have the same state. */
  extents(): AsyncIterable<Extent>;
}

/** Pieces a raw image is reported in. */
const RAW_PIECE = 16 * 1024 * 1024;

/** A raw image: the disk is the file. */
export function rawDisk(source: ByteSource): Disk {
  return {
    format: "raw",
    size: source.size,
    read: (offset, length) => source.read(offset, length),
    async *extents() {
      for (let offset = 0; offset < source.size; offset += RAW_PIECE) {
        yield { offset, length: Math.min(RAW_PIECE, source.size - offset), state: "data" };
      }
    },
  };
}

/** A part of a source, with offsets of its own. The part must lie inside. */
export function part(source: ByteSource, start: number, size: number): ByteSource {
  return {
    size,
    read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > size) {
        throw new RangeError(`bytes ${offset} to ${offset + length} are not in the part`);
      }
      return source.read(start + offset, length);
    },
  };
}
