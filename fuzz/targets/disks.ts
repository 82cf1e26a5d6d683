// SPDX-License-Identifier: Apache-2.0
// Targets of core/disk and of the ELF reader of host/guest: what lies on disks that others have made.

import { LayoutError } from "../../packages/core/src/bytes/index.ts";
import { crc32 } from "../../packages/core/src/disk/crc32.ts";
import { fileSystemName, lookOf } from "../../packages/core/src/disk/blocks.ts";
import { parseGptEntries, parseGptHeader } from "../../packages/core/src/disk/gpt.ts";
import { readLuksMetadata, readQcow2Header } from "../../packages/core/src/disk/index.ts";
import { checkLuks } from "../../packages/core/src/disk/luks/check.ts";
import { parseLuksHeader } from "../../packages/core/src/disk/luks/header.ts";
import { checkQcow2 } from "../../packages/core/src/disk/qcow2/check.ts";
import { parseL2Entry } from "../../packages/core/src/disk/qcow2/mapping.ts";
import { encryptedDisk, qcow2Of } from "../../packages/core/test/support/disk-builder.ts";
import {
  asCryptsetup,
  luksHeader,
  luksMetadata,
  sign,
} from "../../packages/core/test/support/luks-header.ts";
import { readElfNeeds } from "../../packages/host/src/guest/index.ts";
import type { Target } from "../engine/target.ts";
import { bytesOf, check, declared, shifted, textOf } from "./support.ts";

const expected = declared(LayoutError);

const SIZE = 64 * 1024 * 1024;
const COPY = 16 * 1024;

const JSON_WORDS = [
  "cipher_null-ecb",
  "aes-xts-plain64",
  '"linear"',
  '"dynamic"',
  '"requirements":["online-reencrypt"]',
  "9007199254740993",
].map(bytesOf);

/** A program with an interpreter and one library, as short as one can be. */
function program(): Uint8Array {
  const file = Buffer.alloc(400);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.writeUInt16LE(62, 18);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(3, 56);
  const segments = [
    [1, 0, 400],
    [2, 260, 64],
    [3, 240, 16],
  ] as const;
  segments.forEach(([type, offset, size], i) => {
    const at = 64 + i * 56;
    file.writeUInt32LE(type, at);
    for (const [field, value] of [
      [8, offset],
      [16, offset],
      [32, size],
    ] as const) {
      file.writeBigUInt64LE(BigInt(value), at + field);
    }
  });
  file.write("/lib64/ld.so\0", 240);
  [1, 1, 5, 340, 10, 20, 0, 0].forEach((value, i) =>
    file.writeBigUInt64LE(BigInt(value), 260 + i * 8),
  );
  file.write("\0libc.so.6\0", 340);
  return file;
}

/** A GPT header and, a block later, its entries, with checksums that are right. */
function withChecksums(data: Uint8Array): Uint8Array {
  const table = Buffer.from(data);
  if (table.length < 512) return table;
  const count = Math.min(table.readUInt32LE(80), 1024);
  table.writeUInt32LE(crc32(table.subarray(512, 512 + count * 128)), 88);
  table.writeUInt32LE(0, 16);
  table.writeUInt32LE(crc32(table.subarray(0, 92)), 16);
  return table;
}

export const targets: readonly Target[] = [
  {
    name: "qcow2-header",
    seeds: () => [qcow2Of(encryptedDisk()).slice(0, 112)],
    maxLength: 256,
    expected,
    run(data) {
      const header = readQcow2Header(shifted(data));
      check(header.clusterSize >= 512 && header.clusterSize <= 2 << 20, "clusters have a size");
      check(Number.isSafeInteger(Number(header.size)), "the disk has a size that can be counted");
      for (const finding of checkQcow2(header)) check(finding.title !== "", "there is a title");
    },
  },
  {
    name: "qcow2-entry",
    seeds: () => [Uint8Array.of(0x80, 0, 0, 0, 0, 5, 0, 0, 16), new Uint8Array(9)],
    maxLength: 16,
    expected,
    run(data) {
      const input = Buffer.alloc(9);
      input.set(data.subarray(0, 9));
      const clusterBits = 9 + (input[8]! % 13);
      const geometry = { clusterBits, clusterSize: 2 ** clusterBits };
      const file = { size: 1 << 30 };
      const cluster = parseL2Entry(input.readBigUInt64BE(0), geometry, file);
      if (cluster.state === "data") check(cluster.fileOffset < file.size, "data is in the file");
      if (cluster.state !== "compressed") return;
      check(cluster.length > 0, "packed data has a length");
      check(cluster.fileOffset + cluster.length <= file.size, "packed data is in the file");
    },
  },
  {
    name: "gpt",
    seeds: () => [Buffer.from(encryptedDisk().slice(512, 1024 + 16_384))],
    dictionary: [bytesOf("EFI PART")],
    maxLength: 20_000,
    expected,
    run(data) {
      // Anybody can write checksums that are right; without, nothing behind them would be reached.
      const bytes = shifted(withChecksums(data));
      const blocks = 16_384;
      const header = parseGptHeader(bytes.subarray(0, 92), 1, blocks);
      const entries = bytes.subarray(512, 512 + header.entryCount * 128);
      for (const { offset, size } of parseGptEntries(header, entries)) {
        check(
          offset > 0 && size > 0 && offset + size <= blocks * 512,
          "partitions are on the disk",
        );
      }
    },
  },
  {
    name: "luks-header",
    seeds: () => [luksHeader(asCryptsetup(luksMetadata())).slice(0, COPY)],
    dictionary: [bytesOf("sha256"), bytesOf("sha512"), ...JSON_WORDS],
    maxLength: COPY,
    expected,
    run(data) {
      const area = Uint8Array.from(data);
      // Anybody can write a checksum that is right; without, nothing behind it would be reached.
      if (area.length === COPY) sign(area);
      const copy = parseLuksHeader(shifted(area), "primary", 0);
      check(copy.json.length <= area.length, "the JSON is of the header");
    },
  },
  {
    name: "luks-metadata",
    text: true,
    seeds: () => [bytesOf(asCryptsetup(luksMetadata()))],
    dictionary: JSON_WORDS,
    maxLength: 1 << 14,
    expected,
    run(data) {
      const json = textOf(data);
      const metadata = readLuksMetadata(json);
      const primary = { size: COPY, sequence: 1n, label: "", uuid: "", subsystem: "", json };
      const findings = checkLuks({
        primary,
        secondary: primary,
        metadata,
        size: SIZE,
        name: "partition 1",
      });
      for (const { title, actual = "" } of findings) {
        check(title !== "", "a finding has a title");
        check(/^[ -~]*$/.test(actual), "nothing that a terminal would act on is shown");
      }
    },
  },
  {
    name: "disk-blocks",
    seeds: () => [new Uint8Array(4096), bytesOf("LABELONE"), bytesOf("hsqs")],
    maxLength: 4096,
    expected,
    run(data) {
      const look = lookOf(shifted(data));
      const isZero = data.every((byte) => byte === 0);
      check((look === "zero") === isZero, "zeros and only zeros are zero");
      fileSystemName(data);
    },
  },
  {
    name: "elf",
    seeds: () => [program()],
    maxLength: 1024,
    expected,
    run(data) {
      const { interpreter = "", libraries } = readElfNeeds(shifted(data));
      for (const name of [interpreter, ...libraries]) {
        check(name.length <= 4096 && !name.includes("\0"), "names end");
      }
    },
  },
];
