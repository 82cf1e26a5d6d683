// SPDX-License-Identifier: Apache-2.0
// The header of a qcow2 image. Source: QEMU docs/interop/qcow2.txt.

import { LayoutError, at, bytes, signature, struct, u32, u64, version } from "../../bytes/index.ts";
import type { Infer } from "../../bytes/index.ts";

const SOURCE = "QEMU docs/interop/qcow2.txt, Header";

/** Fields of both versions. */
export const QCOW2_HEADER = struct(
  "qcow2 header",
  { size: 72, source: SOURCE, endian: "big" },
  {
    magic: at(0, signature("QFI")),
    magicEnd: at(3, bytes(1)),
    version: at(4, version(u32, [2, 3])),
    backingFileOffset: at(8, u64),
    backingFileSize: at(16, u32),
    clusterBits: at(20, u32),
    size: at(24, u64),
    encryption: at(32, u32),
    l1Size: at(36, u32),
    l1Offset: at(40, u64),
    refcountOffset: at(48, u64),
    refcountClusters: at(56, u32),
    snapshots: at(60, u32),
    snapshotsOffset: at(64, u64),
  },
);

/** What version 3 adds, behind them. */
export const QCOW2_HEADER_ADDED = struct(
  "qcow2 header, version 3",
  { size: 32, source: SOURCE, endian: "big" },
  {
    incompatible: at(0, u64),
    compatible: at(8, u64),
    autoclear: at(16, u64),
    refcountOrder: at(24, u32),
    headerLength: at(28, u32),
  },
);

/** Bits of the incompatible features. */
export const QCOW2_INCOMPATIBLE = {
  dirty: 1n,
  corrupt: 2n,
  externalData: 4n,
  compressionType: 8n,
  extendedL2: 16n,
} as const;

/** The header, in both versions. */
export interface Qcow2Header extends Infer<typeof QCOW2_HEADER>, Infer<typeof QCOW2_HEADER_ADDED> {
  readonly clusterSize: number;
  /** 0 is deflate, 1 is zstd. */
  readonly compressionType: number;
}

/** Bytes that hold any header. */
export const QCOW2_HEADER_SIZE = 112;

/** Limits QEMU has too: clusters of 512 bytes to 2 MiB, tables of 32 MiB (L1) and 8 MiB (refcounts). */
const CLUSTER_BITS = { least: 9, most: 21 } as const;
const LARGEST_L1 = 32 * 1024 * 1024;
const LARGEST_REFCOUNTS = 8 * 1024 * 1024;
/** Refcounts have 64 bits at most. */
const LARGEST_REFCOUNT_ORDER = 6;

/** Whether an image begins as qcow2 does. */
export function isQcow2(beginning: Uint8Array): boolean {
  return [0x51, 0x46, 0x49, 0xfb].every((byte, i) => beginning[i] === byte);
}

/**
 * Reads the first {@link QCOW2_HEADER_SIZE} bytes of an image.
 * @throws {LayoutError} for another format or version, and for sizes beyond QEMU's own limits.
 */
export function readQcow2Header(beginning: Uint8Array): Qcow2Header {
  const common = QCOW2_HEADER.decodeAt(beginning, 0);
  if (common.magicEnd[0] !== 0xfb) {
    throw problem("constant-mismatch", "is not the magic of qcow2", "magic", 3);
  }
  const { clusterBits, l1Size, size } = common;
  if (clusterBits < CLUSTER_BITS.least || clusterBits > CLUSTER_BITS.most) {
    throw problem("out-of-range", `is ${clusterBits}, must be 9 to 21`, "clusterBits", 20);
  }
  if (l1Size * 8 > LARGEST_L1) {
    throw problem("out-of-range", `is ${l1Size}, too large a table`, "l1Size", 36);
  }
  const clusterSize = 2 ** clusterBits;
  if (common.refcountClusters * clusterSize > LARGEST_REFCOUNTS) {
    const found = common.refcountClusters;
    throw problem("out-of-range", `is ${found}, too large a table`, "refcountClusters", 56);
  }
  // Each entry of L1 maps a cluster full of entries.
  const mapped = BigInt(l1Size) * BigInt(clusterSize / 8) * BigInt(clusterSize);
  if (size > mapped || size > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw problem("out-of-range", `is ${size}, more than the tables map`, "size", 24);
  }
  if (common.version === 2) {
    return {
      ...common,
      clusterSize,
      incompatible: 0n,
      compatible: 0n,
      autoclear: 0n,
      refcountOrder: 4,
      headerLength: QCOW2_HEADER.size,
      compressionType: 0,
    };
  }
  const added = QCOW2_HEADER_ADDED.decodeAt(beginning, QCOW2_HEADER.size);
  const least = QCOW2_HEADER.size + QCOW2_HEADER_ADDED.size;
  if (added.headerLength < least || added.headerLength > clusterSize) {
    throw problem("bad-length", `is ${added.headerLength}`, "headerLength", 100);
  }
  if (added.refcountOrder > LARGEST_REFCOUNT_ORDER) {
    throw problem("out-of-range", `is ${added.refcountOrder}, at most 6`, "refcountOrder", 96);
  }
  const hasType = added.headerLength > least;
  return {
    ...common,
    ...added,
    clusterSize,
    compressionType: hasType ? (beginning[least] ?? 0) : 0,
  };
}

function problem(
  code: "bad-length" | "constant-mismatch" | "out-of-range",
  reason: string,
  field: string,
  offset: number,
): LayoutError {
  return new LayoutError({
    code,
    structure: "qcow2 header",
    field,
    offset,
    reason,
    source: SOURCE,
  });
}
