// SPDX-License-Identifier: Apache-2.0
// Disks in memory: partition tables, noise, and sources over bytes.

import { createCipheriv } from "node:crypto";
import { crc32 } from "node:zlib";
import { guidEncode } from "../../src/bytes/index.ts";
import { PARTITION_TYPES } from "../../src/disk/index.ts";
import type { ByteSource, Decompress } from "../../src/disk/index.ts";
import { asCryptsetup, luksHeader, luksMetadata } from "./luks-header.ts";

const SECTOR = 512;
export const MIB = 1024 * 1024;

/** A partition to be; in bytes. */
export interface Planned {
  readonly type: keyof typeof PARTITION_TYPES;
  readonly offset: number;
  readonly size: number;
}

/** The beginning of a FAT file system, as far as it is looked at. */
export const FAT = Buffer.concat([Buffer.alloc(54), Buffer.from("FAT16   ")]);

/** Bytes as a source; reading outside them fails a test. */
export function sourceOf(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    async read(offset, length) {
      if (!Number.isInteger(offset) || offset < 0 || offset + length > bytes.length) {
        throw new Error(`read ${length} bytes at ${offset} of ${bytes.length}`);
      }
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** For images without compressed clusters. */
export const neverPacked: Decompress = () => {
  throw new Error("no cluster is compressed");
};

/** Bytes that look random, the same in every run. */
export function noise(length: number, seed = 1): Uint8Array {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, seed), Buffer.alloc(16));
  return cipher.update(Buffer.alloc(length));
}

/** Writes both copies of a partition table onto a disk. */
export function writeGpt(disk: Uint8Array, partitions: readonly Planned[]): void {
  const blocks = disk.length / SECTOR;
  const entries = Buffer.alloc(128 * 128);
  partitions.forEach(({ type, offset, size }, i) => {
    const entry = entries.subarray(i * 128, (i + 1) * 128);
    entry.set(guidEncode(PARTITION_TYPES[type]));
    entry.set(guidEncode(`00000000-0000-4000-8000-00000000000${i + 1}`), 16);
    entry.writeBigUInt64LE(BigInt(offset / SECTOR), 32);
    entry.writeBigUInt64LE(BigInt((offset + size) / SECTOR - 1), 40);
    entry.write(`part ${i + 1}`, 56, "utf16le");
  });
  const header = (own: number, other: number, entriesAt: number): Buffer => {
    const raw = Buffer.alloc(92);
    raw.write("EFI PART");
    raw.writeUInt32LE(0x0001_0000, 8);
    raw.writeUInt32LE(92, 12);
    raw.writeBigUInt64LE(BigInt(own), 24);
    raw.writeBigUInt64LE(BigInt(other), 32);
    raw.writeBigUInt64LE(34n, 40);
    raw.writeBigUInt64LE(BigInt(blocks - 34), 48);
    raw.set(guidEncode("11111111-1111-4111-8111-111111111111"), 56);
    raw.writeBigUInt64LE(BigInt(entriesAt), 72);
    raw.writeUInt32LE(128, 80);
    raw.writeUInt32LE(128, 84);
    raw.writeUInt32LE(crc32(entries), 88);
    raw.writeUInt32LE(crc32(raw), 16);
    return raw;
  };
  // The protective MBR: one entry for the whole disk.
  const mbr = Buffer.alloc(SECTOR);
  mbr.set([0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff, 1, 0, 0, 0], 446);
  mbr.writeUInt32LE(blocks - 1, 458);
  mbr.writeUInt16LE(0xaa55, 510);
  disk.set(mbr);
  disk.set(header(1, blocks - 1, 2), SECTOR);
  disk.set(entries, 2 * SECTOR);
  disk.set(header(blocks - 1, 1, blocks - 33), (blocks - 1) * SECTOR);
  disk.set(entries, (blocks - 33) * SECTOR);
}

/** A partition encrypted as far as anybody can tell: a header, noise behind it. */
export function encryptedPartition(header: Uint8Array, size: number, dataOffset = MIB): Uint8Array {
  const partition = new Uint8Array(size);
  partition.set(header);
  partition.set(noise(size - dataOffset), dataOffset);
  return partition;
}

/** A disk of 8 MiB whose root partition is encrypted as far as anybody can tell. */
export function encryptedDisk(): Uint8Array {
  const json = luksMetadata();
  json.segments["0"]!["offset"] = String(MIB);
  json.config["keyslots_size"] = String(MIB - 32 * 1024);
  json.keyslots["0"]!["kdf"] = {
    type: "pbkdf2",
    salt: Buffer.alloc(32, 1).toString("base64"),
    hash: "sha256",
    iterations: 1000,
  };
  const disk = new Uint8Array(8 * MIB);
  const root: Planned = { type: "Linux root (x86-64)", offset: 2 * MIB, size: 4 * MIB };
  disk.set(encryptedPartition(luksHeader(asCryptsetup(json)), root.size), root.offset);
  disk.set(FAT, MIB);
  writeGpt(disk, [{ type: "EFI system", offset: MIB, size: MIB }, root]);
  return disk;
}

/** A qcow2 image (version 3, clusters of 64 KiB) of a disk; clusters of zeros are left out. */
export function qcow2Of(disk: Uint8Array): Uint8Array<ArrayBuffer> {
  const cluster = 65_536;
  const count = Math.ceil(disk.length / cluster);
  const l2Count = Math.ceil(count / (cluster / 8));
  // Header, L1, refcount table, refcount block, L2 tables, data.
  const firstData = 4 + l2Count;
  const pieces: Uint8Array[] = [];
  const l2 = Buffer.alloc(l2Count * cluster);
  for (let i = 0; i < count; i++) {
    const piece = new Uint8Array(cluster);
    piece.set(disk.subarray(i * cluster, (i + 1) * cluster));
    if (piece.every((byte) => byte === 0)) continue;
    l2.writeBigUInt64BE((1n << 63n) | BigInt((firstData + pieces.length) * cluster), i * 8);
    pieces.push(piece);
  }
  const header = Buffer.alloc(cluster);
  header.write("QFI\xfb", "latin1");
  header.writeUInt32BE(3, 4);
  header.writeUInt32BE(16, 20);
  header.writeBigUInt64BE(BigInt(disk.length), 24);
  header.writeUInt32BE(l2Count, 36);
  header.writeBigUInt64BE(BigInt(cluster), 40);
  header.writeBigUInt64BE(BigInt(2 * cluster), 48);
  header.writeUInt32BE(1, 56);
  header.writeUInt32BE(4, 96);
  header.writeUInt32BE(104, 100);
  const l1 = Buffer.alloc(cluster);
  for (let i = 0; i < l2Count; i++) {
    l1.writeBigUInt64BE((1n << 63n) | BigInt((4 + i) * cluster), i * 8);
  }
  const refcounts = Buffer.alloc(2 * cluster);
  refcounts.writeBigUInt64BE(BigInt(3 * cluster), 0);
  for (let i = 0; i < firstData + pieces.length; i++) refcounts.writeUInt16BE(1, cluster + i * 2);
  return Uint8Array.from(Buffer.concat([header, l1, refcounts, l2, ...pieces]));
}
