// SPDX-License-Identifier: Apache-2.0
// How much of its own tables a qcow2 image needs for its disk and its file. What lies in their clusters
// beyond that is zero in any image that QEMU made. Source: QEMU docs/interop/qcow2.txt.

import type { ByteSource } from "../source.ts";
import type { Qcow2Header } from "./header.ts";

/** A part of the file, in bytes. */
export interface FilePart {
  readonly offset: number;
  readonly length: number;
}

/** Header and extensions as QEMU writes them have far less. */
const LONGEST_HEADER = 4096;

/** Bytes of the L1 table that the size of the disk asks for. */
export function l1Length({ size, clusterSize }: Qcow2Header): number {
  return Math.ceil(Number(size) / (clusterSize * (clusterSize / 8))) * 8;
}

/** Bytes of the refcount table that the clusters of a file ask for. */
export function refcountLength(header: Qcow2Header, file: Pick<ByteSource, "size">): number {
  const { clusterSize, refcountOrder, refcountClusters } = header;
  const perBlock = (clusterSize * 8) / 2 ** refcountOrder;
  const blocks = Math.ceil(Math.ceil(file.size / clusterSize) / perBlock);
  return Math.min(blocks * 8, refcountClusters * clusterSize);
}

/** What header, L1 table and refcount table leave of their clusters. */
export function tableSlack(
  header: Qcow2Header,
  file: Pick<ByteSource, "size">,
): readonly FilePart[] {
  const { clusterSize, l1Offset, refcountOffset } = header;
  const behind = (offset: number, length: number): FilePart => {
    const end = Math.ceil((offset + length) / clusterSize) * clusterSize;
    const start = offset + length;
    return { offset: start, length: Math.max(0, Math.min(end, file.size) - start) };
  };
  return [
    behind(0, Math.min(LONGEST_HEADER, clusterSize)),
    behind(Number(l1Offset), l1Length(header)),
    behind(Number(refcountOffset), refcountLength(header, file)),
  ].filter(({ length }) => length > 0);
}
