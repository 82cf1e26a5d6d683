// SPDX-License-Identifier: Apache-2.0
// A qcow2 image read as the disk it stands for, and what else its file holds.

import { LayoutError } from "../../bytes/index.ts";
import type { ByteSource, Disk, Extent } from "../source.ts";
import { QCOW2_HEADER_SIZE, QCOW2_INCOMPATIBLE, readQcow2Header } from "./header.ts";
import type { Qcow2Header } from "./header.ts";
import { ClusterSet, Qcow2Mapping, placeInFile } from "./mapping.ts";
import type { Cluster } from "./mapping.ts";
import { l1Length, refcountLength, tableSlack } from "./tables.ts";
import type { FilePart } from "./tables.ts";

/** Unpacks one compressed cluster: at most `size` bytes; trailing bytes of the input are to be left. */
export type Decompress = (
  algorithm: "deflate" | "zstd",
  packed: Uint8Array,
  size: number,
) => Uint8Array;

/** An open image. */
export interface Qcow2Disk extends Disk {
  readonly format: "qcow2";
  readonly header: Qcow2Header;
  /**
   * Parts of the file that neither the disk nor the format's tables use, in order. Whoever has the
   * file can read them all the same.
   */
  leftovers(): Promise<readonly FilePart[]>;
  /** Parts of the file that belong to the format's tables and that they do not need. */
  slack(): readonly FilePart[];
}

/** Incompatible features with which the tables still mean what they mean here. */
const READABLE =
  QCOW2_INCOMPATIBLE.dirty | QCOW2_INCOMPATIBLE.corrupt | QCOW2_INCOMPATIBLE.compressionType;

/** Whether the disk can be read out of the file at all: nothing elsewhere, encrypted or unknown. */
export function isReadable({ incompatible, encryption }: Qcow2Header): boolean {
  return (incompatible & ~READABLE) === 0n && encryption === 0;
}

/**
 * Opens an image. A backing file is not followed: what would come from it reads as never written; the
 * header says that there is one.
 * @throws {LayoutError} for an image that is not sound or not readable; also later, from its methods.
 */
export async function openQcow2(file: ByteSource, decompress: Decompress): Promise<Qcow2Disk> {
  const header = readQcow2Header(await file.read(0, Math.min(QCOW2_HEADER_SIZE, file.size)));
  if (!isReadable(header)) {
    throw new LayoutError({
      code: "unsupported-version",
      structure: "qcow2 header",
      field: header.encryption === 0 ? "incompatible" : "encryption",
      reason: "has data elsewhere, encrypted by QEMU, or of a form that is not known",
    });
  }
  return new Image(file, header, await Qcow2Mapping.open(file, header), decompress);
}

class Image implements Qcow2Disk {
  readonly format = "qcow2";
  readonly header: Qcow2Header;
  readonly size: number;
  readonly #file: ByteSource;
  readonly #mapping: Qcow2Mapping;
  readonly #decompress: Decompress;

  constructor(
    file: ByteSource,
    header: Qcow2Header,
    mapping: Qcow2Mapping,
    decompress: Decompress,
  ) {
    this.#file = file;
    this.header = header;
    this.size = Number(header.size);
    this.#mapping = mapping;
    this.#decompress = decompress;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (offset < 0 || length < 0 || offset + length > this.size) {
      throw new RangeError(`bytes ${offset} to ${offset + length} are not on the disk`);
    }
    const { clusterSize } = this.header;
    const target = new Uint8Array(length);
    for (let at = offset; at < offset + length;) {
      const index = Math.floor(at / clusterSize);
      const within = at - index * clusterSize;
      const count = Math.min(clusterSize - within, offset + length - at);
      const cluster = await this.#mapping.cluster(index);
      const bytes = await this.#stored(cluster, within, count);
      if (bytes !== undefined) target.set(bytes, at - offset);
      at += count;
    }
    return target;
  }

  /** Bytes of a cluster; undefined where it reads as zero. */
  async #stored(cluster: Cluster, within: number, count: number): Promise<Uint8Array | undefined> {
    if (cluster.state === "data") {
      const start = cluster.fileOffset + within;
      const there = Math.min(count, Math.max(0, this.#file.size - start));
      return this.#file.read(Math.min(start, this.#file.size), there);
    }
    if (cluster.state !== "compressed") return undefined;
    const packed = await this.#file.read(cluster.fileOffset, cluster.length);
    const algorithm = ["deflate", "zstd"] as const;
    const name = algorithm[this.header.compressionType];
    if (name === undefined) {
      throw new LayoutError({
        code: "unknown-value",
        structure: "qcow2 header",
        field: "compressionType",
        reason: `is ${this.header.compressionType}, known: 0 deflate, 1 zstd`,
      });
    }
    const whole = this.#decompress(name, packed, this.header.clusterSize);
    return whole.subarray(within, within + count);
  }

  async *extents(): AsyncIterable<Extent> {
    const { clusterSize } = this.header;
    const used = new ClusterSet(Math.ceil(this.#file.size / clusterSize));
    const count = Math.ceil(this.size / clusterSize);
    const perEntry = this.#mapping.clustersPerEntry;
    const mostPacked = (LARGEST_EXPANSION * this.#file.size) / clusterSize;
    let packed = 0;
    let open: { offset: number; length: number; state: Extent["state"] } | undefined;
    for (let index = 0; index < count;) {
      const table = this.#mapping.tableOffset(Math.floor(index / perEntry));
      let next = index + 1;
      let state: Extent["state"] = "absent";
      if (table === undefined) {
        next = Math.min(count, (Math.floor(index / perEntry) + 1) * perEntry);
      } else {
        if (index % perEntry === 0) this.#use(used, Number(table));
        const cluster = await this.#mapping.cluster(index);
        state = cluster.state === "compressed" ? "data" : cluster.state;
        if (cluster.state === "compressed" && ++packed > mostPacked) throw tooMuchPacked();
        if (cluster.state === "data") this.#use(used, cluster.fileOffset);
      }
      const offset = index * clusterSize;
      const length = Math.min(next * clusterSize, this.size) - offset;
      if (open?.state === state && open.length < LONGEST_EXTENT) {
        open.length += length;
      } else {
        if (open !== undefined) yield open;
        open = { offset, length, state };
      }
      index = next;
    }
    if (open !== undefined) yield open;
  }

  slack(): readonly FilePart[] {
    return tableSlack(this.header, this.#file);
  }

  async leftovers(): Promise<readonly FilePart[]> {
    const { clusterSize, clusterBits, refcountOffset } = this.header;
    const clusters = Math.ceil(this.#file.size / clusterSize);
    const used = new ClusterSet(clusters);
    const addRange = (offset: number, length: number): void => {
      const end = Math.min(clusters, Math.ceil((offset + length) / clusterSize));
      for (let each = Math.floor(offset / clusterSize); each < end; each++) used.add(each);
    };
    addRange(0, clusterSize);
    addRange(Number(this.header.l1Offset), l1Length(this.header));
    // Further entries could pass any cluster off as a table.
    const refcountSize = refcountLength(this.header, this.#file);
    const refcounts = placeInFile(this.#file, refcountOffset, refcountSize, "refcount table");
    addRange(refcounts, refcountSize);
    const table = await this.#file.read(refcounts, refcountSize);
    const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
    for (let at = 0; at < refcountSize; at += 8) {
      const block = view.getBigUint64(at);
      if (block !== 0n) addRange(placeInFile(this.#file, block, 1, "refcount block"), 1);
    }
    const count = Math.ceil(this.size / clusterSize);
    const perEntry = this.#mapping.clustersPerEntry;
    for (let entry = 0; entry * perEntry < count; entry++) {
      const offset = this.#mapping.tableOffset(entry);
      if (offset === undefined) continue;
      addRange(Number(offset), 1);
      for (let i = entry * perEntry; i < Math.min(count, (entry + 1) * perEntry); i++) {
        const cluster = await this.#mapping.cluster(i);
        if (cluster.state === "data") addRange(cluster.fileOffset, 1);
        else if (cluster.state === "compressed") addRange(cluster.fileOffset, cluster.length);
      }
    }
    const free: { offset: number; length: number }[] = [];
    for (let each = 0; each < clusters; each++) {
      if (used.has(each)) continue;
      const offset = each * 2 ** clusterBits;
      const length = Math.min(clusterSize, this.#file.size - offset);
      const last = free.at(-1);
      if (last !== undefined && last.offset + last.length === offset) last.length += length;
      else free.push({ offset, length });
    }
    return free;
  }

  /** @throws {LayoutError} when the cluster stands for two parts of the disk. */
  #use(used: ClusterSet, fileOffset: number): void {
    const cluster = Math.floor(fileOffset / this.header.clusterSize);
    if (used.has(cluster)) {
      throw new LayoutError({
        code: "out-of-range",
        structure: "qcow2 cluster",
        offset: fileOffset,
        reason: "is used twice",
        hint: "qemu-img check says more",
      });
    }
    used.add(cluster);
  }
}

/** Deflate packs 1032 bytes into one at best; clusters that say more share what they are packed in. */
const LARGEST_EXPANSION = 1032;

function tooMuchPacked(): LayoutError {
  return new LayoutError({
    code: "out-of-range",
    structure: "qcow2 compressed cluster",
    reason: "is one of more than the file can hold",
    hint: "qemu-img check says more",
  });
}

/** Extents are reported in pieces of about this size, so that work on them can be followed. */
const LONGEST_EXTENT = 16 * 1024 * 1024;
