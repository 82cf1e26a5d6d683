// SPDX-License-Identifier: Apache-2.0
// Partition tables: both copies, and every way to break one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { LayoutError } from "../../src/bytes/index.ts";
import { PARTITION_TYPES, readPartitionTable } from "../../src/disk/index.ts";
import { MIB, sourceOf, writeGpt } from "../support/disk-builder.ts";
import type { Planned } from "../support/disk-builder.ts";

const PLAN: readonly Planned[] = [
  { type: "EFI system", offset: MIB, size: MIB },
  { type: "Linux root (x86-64)", offset: 2 * MIB, size: 5 * MIB },
];

function disk(plan = PLAN): Uint8Array {
  const bytes = new Uint8Array(8 * MIB);
  writeGpt(bytes, plan);
  return bytes;
}

/** Changes a header and makes its checksum right again. */
function withHeader(change: (header: DataView) => void): Uint8Array {
  const bytes = disk();
  const header = bytes.subarray(512, 512 + 92);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  change(view);
  view.setUint32(16, 0, true);
  view.setUint32(16, crc32(header), true);
  return bytes;
}

async function refusal(bytes: Uint8Array, copy: "primary" | "backup" = "primary"): Promise<string> {
  const error: unknown = await readPartitionTable(sourceOf(bytes), copy).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof LayoutError, String(error));
  return error.message;
}

test("both copies give the same partitions, by offset", async () => {
  const source = sourceOf(disk(PLAN.toReversed()));
  const primary = await readPartitionTable(source, "primary");
  const backup = await readPartitionTable(source, "backup");
  assert.deepEqual(primary.partitions, backup.partitions);
  assert.deepEqual(
    primary.partitions.map(({ number, type, name, offset, size }) => [
      number,
      type,
      name,
      offset,
      size,
    ]),
    [
      [2, PARTITION_TYPES["EFI system"], "part 2", MIB, MIB],
      [1, PARTITION_TYPES["Linux root (x86-64)"], "part 1", 2 * MIB, 5 * MIB],
    ],
  );
  assert.equal(primary.disk, "11111111-1111-4111-8111-111111111111");
  assert.deepEqual(primary.areas, [
    { offset: 512, size: 512 },
    { offset: 1024, size: 16_384 },
  ]);
});

test("a changed byte breaks a checksum", async () => {
  const header = disk();
  header[512 + 60]! ^= 1;
  assert.match(await refusal(header), /has a wrong checksum/);
  const entry = disk();
  entry[1024 + 40]! ^= 1;
  assert.match(await refusal(entry), /entries with a wrong checksum/);
  assert.equal((await readPartitionTable(sourceOf(entry), "backup")).partitions.length, 2);
});

test("partitions that overlap or lie outside are refused", async () => {
  const overlapping = [...PLAN, { type: "Linux filesystem", offset: 6 * MIB, size: MIB } as const];
  assert.match(await refusal(disk(overlapping)), /partitions 2 and 3 overlap/);
  const outside = [{ type: "Linux filesystem", offset: MIB, size: 7 * MIB } as const];
  assert.match(await refusal(disk(outside)), /partition 1 outside the usable blocks/);
});

test("headers that point elsewhere are refused", async () => {
  const cases: readonly (readonly [RegExp, (view: DataView) => void])[] = [
    [/not where it says/, (view) => view.setBigUint64(24, 5n, true)],
    [/points outside the disk/, (view) => view.setBigUint64(72, 1n << 60n, true)],
    [/points outside the disk/, (view) => view.setBigUint64(72, 1n, true)],
    [/points outside the disk/, (view) => view.setBigUint64(48, 1n << 40n, true)],
    [/entries where partitions may be/, (view) => view.setBigUint64(40, 3n, true)],
    [/has 1048576 entries/, (view) => view.setUint32(80, 1 << 20, true)],
    [/entrySize/, (view) => view.setUint32(84, 256, true)],
    [/revision/, (view) => view.setUint32(8, 0x0002_0000, true)],
  ];
  for (const [expected, change] of cases) assert.match(await refusal(withHeader(change)), expected);
});

test("a disk that is too small has no table", async () => {
  assert.match(await refusal(new Uint8Array(1024)), /needs 3 blocks/);
  assert.match(await refusal(new Uint8Array(4096)), /signature/);
});

test("a disk that has partitions in its first block too is refused: Linux would read those", async () => {
  const none = disk();
  none.fill(0, 446, 462);
  assert.match(await refusal(none), /no protective MBR/);
  const hybrid = disk();
  hybrid[462 + 4] = 0x83;
  assert.match(await refusal(hybrid), /protective MBR/);
  const unsigned = disk();
  unsigned[510] = 0;
  assert.match(await refusal(unsigned), /protective MBR/);
});

test("entries that are unused hold nothing", async () => {
  const bytes = disk();
  bytes.set(new TextEncoder().encode("a passphrase"), 1024 + 5 * 128 + 56);
  const checksum = crc32(bytes.subarray(1024, 1024 + 128 * 128));
  const header = bytes.subarray(512, 512 + 92);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  view.setUint32(88, checksum, true);
  view.setUint32(16, 0, true);
  view.setUint32(16, crc32(header), true);
  assert.match(await refusal(bytes), /unused entry 6/);
});
