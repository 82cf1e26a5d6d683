// SPDX-License-Identifier: Apache-2.0
// Whole disks: what is found about them, and which areas are in clear.

import assert from "node:assert/strict";
import { test } from "node:test";
import { checkDisk } from "../../src/disk/index.ts";
import type { CheckedDisk, CheckDiskOptions } from "../../src/disk/index.ts";
import type { FindingId } from "../../src/finding/index.ts";
import {
  FAT,
  MIB,
  encryptedPartition,
  neverPacked,
  noise,
  qcow2Of,
  sourceOf,
  writeGpt,
} from "../support/disk-builder.ts";
import type { Planned } from "../support/disk-builder.ts";
import { asCryptsetup, luksHeader, luksMetadata } from "../support/luks-header.ts";
import { missingVectors, readVector } from "../support/vectors.ts";

const ESP: Planned = { type: "EFI system", offset: MIB, size: MIB };
const ROOT: Planned = { type: "Linux root (x86-64)", offset: 2 * MIB, size: 4 * MIB };
const DATA = ROOT.offset + MIB;

function header(change: (json: ReturnType<typeof luksMetadata>) => void = () => {}): Uint8Array {
  const json = luksMetadata();
  json.segments["0"]!["offset"] = String(MIB);
  json.config["keyslots_size"] = String(MIB - 32 * 1024);
  change(json);
  return luksHeader(asCryptsetup(json));
}

/** A disk as it should be. */
function disk(extra: readonly Planned[] = []): Uint8Array {
  const bytes = new Uint8Array(8 * MIB);
  bytes.set(FAT, ESP.offset);
  bytes.set(new TextEncoder().encode("a kernel in clear"), ESP.offset + 5000);
  bytes.set(encryptedPartition(header(), ROOT.size), ROOT.offset);
  writeGpt(bytes, [ESP, ROOT, ...extra]);
  return bytes;
}

function check(image: Uint8Array, options: Partial<CheckDiskOptions> = {}): Promise<CheckedDisk> {
  return checkDisk(sourceOf(image), { decompress: neverPacked, ...options });
}

function open({ findings }: CheckedDisk): readonly (readonly [FindingId, string])[] {
  return findings.flatMap(({ id, outcome, actual }) =>
    outcome === "pass" || outcome === "skipped" ? [] : [[id, actual ?? ""] as const],
  );
}

const ids = (checked: CheckedDisk): readonly FindingId[] => open(checked).map(([id]) => id);

test("a disk as it should be passes, raw and as qcow2", async () => {
  for (const image of [disk(), qcow2Of(disk())]) {
    const checked = await check(image);
    assert.deepEqual(open(checked), []);
    const { name, offset, size, uuid, dataOffset, sectorSize, headerDigest } = checked.encrypted!;
    assert.deepEqual(
      [name, offset, size, dataOffset, sectorSize],
      ["partition 2", ROOT.offset, ROOT.size, MIB, 4096],
    );
    assert.equal(uuid, "00000000-0000-4000-8000-0000000000aa");
    assert.match(headerDigest, /^[0-9a-f]{64}$/);
    assert.deepEqual(
      checked.survey!.clear.map(({ use, offset: at, size: length }) => [use, at, length]),
      [
        ["table", 0, 512],
        ["table", 512, 512],
        ["table", 1024, 16_384],
        ["efi-system", ESP.offset, ESP.size],
        ["header", ROOT.offset, 32 * 1024],
        ["table", 8 * MIB - 16_896, 16_384],
        ["table", 8 * MIB - 512, 512],
      ],
    );
    assert.equal(checked.survey!.noiseBytes, ROOT.size - MIB);
  }
});

test("text in the encrypted data is found, with its place", async () => {
  const image = disk();
  image.set(new TextEncoder().encode("all work and no play ".repeat(1000)), DATA + 512 * 1024);
  const checked = await check(image);
  assert.deepEqual(ids(checked), ["disk.content.in-clear"]);
  const area = checked.survey!.clear.find(({ use }) => use === "encrypted")!;
  assert.deepEqual([area.offset, area.size, area.content], [DATA + 512 * 1024, 24_576, "text"]);
  assert.match(
    open(checked)[0]![1],
    /^0x380000, 24576 bytes: text \(encrypted data of partition 2\)/,
  );
});

test("something between the partitions or behind them is found, even noise", async () => {
  const image = disk();
  image.set(noise(4096), 7 * MIB);
  image.set(new TextEncoder().encode("#!/bin/sh\n"), 713_728);
  const checked = await check(image);
  assert.deepEqual(ids(checked), ["disk.content.in-clear"]);
  assert.deepEqual(
    checked.survey!.clear.flatMap(({ use, offset, content }) =>
      use === "unused" ? [[offset, content]] : [],
    ),
    [
      [713_728, "sparse binary data"],
      [7 * MIB, "noise, as compressed data is"],
    ],
  );
});

test("a partition in clear is named, and a disk without any encryption", async () => {
  const extra: Planned = { type: "Linux filesystem", offset: 6 * MIB, size: MIB };
  assert.deepEqual(ids(await check(disk([extra]))), ["disk.partition.in-clear"]);
  const plain = new Uint8Array(8 * MIB);
  plain[1024 + 56] = 0x53;
  plain[1024 + 57] = 0xef;
  const checked = await check(plain);
  assert.deepEqual(ids(checked), [
    "disk.partition.in-clear",
    "disk.partition.no-root",
    "disk.content.in-clear",
  ]);
  assert.equal(checked.survey!.clear[0]!.content, "ext file system");
});

test("what is called EFI system and is not, or is a second one, is in clear", async () => {
  const renamed = disk();
  renamed.fill(0x20, ESP.offset, ESP.offset + 512);
  assert.deepEqual(ids(await check(renamed)), ["disk.partition.in-clear", "disk.content.in-clear"]);
  const second = disk([{ type: "EFI system", offset: 6 * MIB, size: MIB }]);
  second.set(FAT, 6 * MIB);
  assert.deepEqual(ids(await check(second)), ["disk.partition.in-clear", "disk.content.in-clear"]);
});

test("parts that were never written are told", async () => {
  const image = disk();
  image.fill(0, DATA + MIB, DATA + 2 * MIB);
  for (const form of [image, qcow2Of(image)]) {
    assert.deepEqual(open(await check(form)), [
      ["disk.content.never-written", `${MIB} bytes are zero`],
    ]);
  }
});

test("another header is told by its digest", async () => {
  const { encrypted } = await check(disk());
  const { headerDigest } = encrypted!;
  assert.deepEqual(open(await check(disk(), { headerDigest: headerDigest.toUpperCase() })), []);
  const swapped = disk();
  swapped.set(
    header((json) => void (json.digests["0"]!["salt"] = Buffer.alloc(32, 9).toString("base64"))),
    ROOT.offset,
  );
  const checked = await check(swapped, { headerDigest });
  assert.deepEqual(ids(checked), ["disk.luks.other-header"]);
});

test("a header with the cipher that does nothing is told, with the data it leaves in clear", async () => {
  const image = disk();
  image.set(
    header((json) => void (json.segments["0"]!["encryption"] = "cipher_null-ecb")),
    ROOT.offset,
  );
  image.fill(0x41, DATA, DATA + 4096);
  assert.deepEqual(ids(await check(image)), [
    "disk.luks.null-cipher",
    "disk.luks.cipher",
    "disk.content.in-clear",
  ]);
});

test("a broken partition table leaves nothing to rely on", async () => {
  const image = disk();
  image[1024 + 33]! ^= 1;
  const found = ids(await check(image));
  assert.equal(found[0], "disk.gpt.primary");
  assert.ok(found.includes("disk.partition.no-root"));
  const backup = disk();
  backup[backup.length - 500]! ^= 1;
  const [finding] = ids(await check(backup));
  assert.equal(finding, "disk.gpt.backup");
});

test("tables that differ are told", async () => {
  const image = disk();
  const other = disk([{ type: "Linux filesystem", offset: 6 * MIB, size: MIB }]);
  image.set(other.subarray(-33 * 512), image.length - 33 * 512);
  assert.deepEqual(ids(await check(image)), ["disk.gpt.backup"]);
});

test("qcow2 images that are more than their file are told", async () => {
  const change = (write: (view: DataView) => void): Uint8Array => {
    const image = qcow2Of(disk());
    write(new DataView(image.buffer));
    return image;
  };
  const backing = change((view) => view.setBigUint64(8, 512n));
  assert.deepEqual(ids(await check(backing)), ["disk.qcow2.backing-file"]);
  const snapshots = change((view) => view.setUint32(60, 1));
  assert.deepEqual(ids(await check(snapshots)), ["disk.qcow2.snapshots"]);
  const dirty = change((view) => view.setBigUint64(72, 1n));
  assert.deepEqual(ids(await check(dirty)), ["disk.qcow2.marked"]);
  const external = await check(change((view) => view.setBigUint64(72, 4n)));
  assert.deepEqual(ids(external), ["disk.qcow2.unreadable", "disk.qcow2.external-data"]);
  assert.equal(external.survey, undefined);
});

test("clear text in clusters that the disk no longer uses is found", async () => {
  const image = qcow2Of(disk());
  const longer = new Uint8Array(image.length + 65_536);
  longer.set(image);
  longer.set(new TextEncoder().encode("an older state ".repeat(100)), image.length);
  const checked = await check(longer);
  assert.deepEqual(ids(checked), ["disk.qcow2.leftovers"]);
  assert.match(open(checked)[0]![1], /0x[0-9a-f]+, 4096 bytes: /);
});

test("clear text in what the format's own tables do not need is found", async () => {
  const text = new TextEncoder().encode("an older state ".repeat(100));
  const refcounts = 2 * 65_536;
  for (const at of [8192, 65_536 + 4096, refcounts + 4096]) {
    const image = qcow2Of(disk());
    image.set(text, at);
    assert.deepEqual(ids(await check(image)), ["disk.qcow2.leftovers"], String(at));
  }
});

test("clear text that is passed off as a table is found", async () => {
  const image = qcow2Of(disk());
  const longer = new Uint8Array(image.length + 65_536);
  longer.set(image);
  longer.set(new TextEncoder().encode("an older state ".repeat(100)), image.length);
  // Refcount blocks of clusters far beyond the end of the file.
  new DataView(longer.buffer).setBigUint64(2 * 65_536 + 800, BigInt(image.length));
  const checked = await check(longer);
  assert.deepEqual(ids(checked), ["disk.qcow2.leftovers"]);
  assert.ok(open(checked)[0]![1].includes(`0x${image.length.toString(16)}, `));
});

const VECTOR = "firmware/disk/disk-argon2id.qcow2";

test(
  "an image that qemu-img and cryptsetup made passes",
  { skip: missingVectors(VECTOR) },
  async () => {
    const checked = await check(readVector(VECTOR));
    assert.deepEqual(ids(checked), ["disk.luks.kdf-weak"]);
    assert.equal(checked.encrypted!.offset, MIB);
    assert.equal(checked.size, 16 * MIB);
  },
);
