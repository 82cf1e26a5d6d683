// SPDX-License-Identifier: Apache-2.0
// Where a qcow2 image keeps the clusters of its disk. Every cluster of the file may be used once only:
// so reading takes no longer than the file is large, whatever the tables say.
// Source: QEMU docs/interop/qcow2.txt, Cluster mapping.

import { LayoutError } from "../../bytes/index.ts";
import type { ByteSource } from "../source.ts";
import type { Qcow2Header } from "./header.ts";

const OFFSET_MASK = 0x00ff_ffff_ffff_fe00n;
const COMPRESSED = 1n << 62n;
const ZERO = 1n;

/** What the image has for one cluster of the disk. */
export type Cluster =
  | { readonly state: "data"; readonly fileOffset: number }
  | { readonly state: "zero" | "absent" }
  | { readonly state: "compressed"; readonly fileOffset: number; readonly length: number };

/** Clusters of the file, by number. */
export class ClusterSet {
  readonly #bits: Uint8Array;
  readonly count: number;

  constructor(count: number) {
    this.count = count;
    this.#bits = new Uint8Array(Math.ceil(count / 8));
  }

  has(cluster: number): boolean {
    return ((this.#bits[cluster >>> 3] ?? 0) & (1 << (cluster & 7))) !== 0;
  }

  add(cluster: number): void {
    this.#bits[cluster >>> 3]! |= 1 << (cluster & 7);
  }
}

/** The tables of an image. */
export class Qcow2Mapping {
  readonly #file: ByteSource;
  readonly #header: Qcow2Header;
  readonly #l1: DataView;
  #l2: { readonly index: number; readonly table: DataView | undefined } | undefined;

  private constructor(file: ByteSource, header: Qcow2Header, l1: DataView) {
    this.#file = file;
    this.#header = header;
    this.#l1 = l1;
  }

  /**
   * Reads the L1 table.
   * @throws {LayoutError} when it is not in the file.
   */
  static async open(file: ByteSource, header: Qcow2Header): Promise<Qcow2Mapping> {
    const size = header.l1Size * 8;
    const offset = placeInFile(file, header.l1Offset, size, "L1 table");
    return new Qcow2Mapping(file, header, viewOf(await file.read(offset, size)));
  }

  /** Clusters of the disk that one entry of L1 stands for. */
  get clustersPerEntry(): number {
    return this.#header.clusterSize / 8;
  }

  /** Where an entry of L1 says its L2 table is; undefined for none. */
  tableOffset(entry: number): bigint | undefined {
    const offset = this.#l1.getBigUint64(entry * 8) & OFFSET_MASK;
    return offset === 0n ? undefined : offset;
  }

  /**
   * What is stored for a cluster of the disk.
   * @throws {LayoutError} for tables that point outside the file, or where nothing can be.
   */
  async cluster(index: number): Promise<Cluster> {
    const entry = Math.floor(index / this.clustersPerEntry);
    const table = await this.#table(entry);
    if (table === undefined) return { state: "absent" };
    const l2Entry = table.getBigUint64((index % this.clustersPerEntry) * 8);
    return parseL2Entry(l2Entry, this.#header, this.#file);
  }

  async #table(entry: number): Promise<DataView | undefined> {
    if (this.#l2?.index === entry) return this.#l2.table;
    const offset = this.tableOffset(entry);
    const { clusterSize } = this.#header;
    let table: DataView | undefined;
    if (offset !== undefined) {
      const place = placeInFile(this.#file, offset, clusterSize, "L2 table");
      if (place % clusterSize !== 0) throw problem("L2 table", place, "is not at a cluster");
      table = viewOf(await this.#file.read(place, clusterSize));
    }
    this.#l2 = { index: entry, table };
    return table;
  }
}

/**
 * What an entry of an L2 table says of its cluster.
 * @throws {LayoutError} for one that points outside the file, or where no cluster begins.
 */
export function parseL2Entry(
  entry: bigint,
  { clusterBits, clusterSize }: Pick<Qcow2Header, "clusterBits" | "clusterSize">,
  file: Pick<ByteSource, "size">,
): Cluster {
  if ((entry & COMPRESSED) !== 0n) {
    const shift = BigInt(62 - (clusterBits - 8));
    const sectors = Number((entry & (COMPRESSED - 1n)) >> shift) + 1;
    const place = placeInFile(file, entry & ((1n << shift) - 1n), 1, "compressed cluster");
    const end = Math.min((Math.floor(place / 512) + sectors) * 512, file.size);
    return { state: "compressed", fileOffset: place, length: end - place };
  }
  if ((entry & ZERO) !== 0n) return { state: "zero" };
  const offset = entry & OFFSET_MASK;
  if (offset === 0n) return { state: "absent" };
  // The last cluster of a file may be cut short.
  const place = placeInFile(file, offset, 1, "cluster");
  if (place % clusterSize !== 0) throw problem("cluster", place, "is not at a cluster");
  return { state: "data", fileOffset: place };
}

/**
 * An offset of the tables as one of the file.
 * @throws {LayoutError} `truncated` when the bytes are not in the file.
 */
export function placeInFile(
  file: Pick<ByteSource, "size">,
  offset: bigint,
  size: number,
  what: string,
): number {
  if (offset + BigInt(size) > BigInt(file.size)) {
    throw new LayoutError({
      code: "truncated",
      structure: `qcow2 ${what}`,
      reason: `is said to be at 0x${offset.toString(16)}, beyond the end of the file`,
    });
  }
  return Number(offset);
}

function problem(structure: string, offset: number, reason: string): LayoutError {
  return new LayoutError({ code: "out-of-range", structure: `qcow2 ${structure}`, offset, reason });
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
