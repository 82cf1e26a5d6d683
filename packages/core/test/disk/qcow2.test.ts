// SPDX-License-Identifier: Apache-2.0
// qcow2: what is read, what is left over, and tables that lead astray.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LayoutError } from "../../src/bytes/index.ts";
import { openQcow2, readQcow2Header } from "../../src/disk/index.ts";
import type { Extent, Qcow2Disk } from "../../src/disk/index.ts";
import { neverPacked, noise, qcow2Of, sourceOf } from "../support/disk-builder.ts";

const CLUSTER = 65_536;

const open = (image: Uint8Array): Promise<Qcow2Disk> => openQcow2(sourceOf(image), neverPacked);

async function extentsOf(disk: Qcow2Disk): Promise<readonly Extent[]> {
  const extents: Extent[] = [];
  for await (const extent of disk.extents()) extents.push(extent);
  return extents;
}

async function refusal(work: Promise<unknown>): Promise<LayoutError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof LayoutError, String(error));
  return error;
}

/** An image whose header, L1 or L2 was changed. */
function changed(change: (view: DataView) => void): Uint8Array {
  const image = qcow2Of(noise(3 * CLUSTER));
  change(new DataView(image.buffer));
  return image;
}

test("a disk reads as what it was made of, at any place", async () => {
  const clusters = fc.array(fc.boolean(), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(clusters, fc.nat(), fc.nat(), fc.nat(5000), async (kept, a, b, cut) => {
      const whole = noise(kept.length * CLUSTER);
      kept.forEach((isKept, i) => {
        if (!isKept) whole.fill(0, i * CLUSTER, (i + 1) * CLUSTER);
      });
      const bytes = whole.subarray(0, whole.length - cut);
      const disk = await open(qcow2Of(bytes));
      assert.equal(disk.size, bytes.length);
      const offset = a % bytes.length;
      const length = b % (bytes.length - offset);
      assert.deepEqual(
        Buffer.from(await disk.read(offset, length)),
        Buffer.from(bytes.subarray(offset, offset + length)),
      );
      const extents = await extentsOf(disk);
      let at = 0;
      for (const extent of extents) {
        assert.equal(extent.offset, at);
        at += extent.length;
      }
      assert.equal(at, bytes.length);
      assert.deepEqual(await disk.leftovers(), []);
    }),
    { numRuns: 30 },
  );
});

test("parts of the file that nothing uses are told", async () => {
  const image = new Uint8Array(qcow2Of(noise(CLUSTER)).length + 2 * CLUSTER + 100);
  const used = qcow2Of(noise(CLUSTER));
  image.set(used);
  const disk = await open(image);
  assert.deepEqual(await disk.leftovers(), [{ offset: used.length, length: 2 * CLUSTER + 100 }]);
});

test("a cluster that is used twice is refused, so that work is bounded by the file", async () => {
  const l2 = 4 * CLUSTER;
  const image = changed((view) => view.setBigUint64(l2 + 8, view.getBigUint64(l2)));
  assert.match((await refusal(extentsOf(await open(image)))).message, /is used twice/);
});

test("packed clusters that share what they are packed in are refused before long", async () => {
  // 512 MiB of disk out of one packed cluster, in a file of 384 KiB.
  const image = new Uint8Array(6 * CLUSTER);
  image.set(qcow2Of(noise(CLUSTER)).subarray(0, 5 * CLUSTER));
  const view = new DataView(image.buffer);
  const count = 8192;
  view.setBigUint64(24, BigInt(count * CLUSTER));
  const packed = (1n << 62n) | BigInt(5 * CLUSTER);
  for (let i = 0; i < count; i++) view.setBigUint64(4 * CLUSTER + 8 * i, packed);
  const disk = await open(image);
  assert.match((await refusal(extentsOf(disk))).message, /more than the file can hold/);
});

test("tables that point outside the file are refused", async () => {
  const far = (1n << 50n) | (1n << 63n);
  const cases: readonly (readonly [RegExp, (view: DataView) => void])[] = [
    [/L1 table/, (view) => view.setBigUint64(40, 1n << 50n)],
    [/L2 table/, (view) => view.setBigUint64(CLUSTER, far)],
    [/cluster: is said to be/, (view) => view.setBigUint64(4 * CLUSTER, far)],
    [/not at a cluster/, (view) => view.setBigUint64(4 * CLUSTER, BigInt(5 * CLUSTER + 512))],
  ];
  for (const [expected, change] of cases) {
    const image = changed(change);
    const error = await refusal(open(image).then((disk) => extentsOf(disk)));
    assert.match(error.message, expected);
  }
});

test("headers that ask for too much are refused", () => {
  const cases: readonly (readonly [string, (view: DataView) => void])[] = [
    ["version", (view) => view.setUint32(4, 4)],
    ["clusterBits", (view) => view.setUint32(20, 8)],
    ["clusterBits", (view) => view.setUint32(20, 40)],
    ["l1Size", (view) => view.setUint32(36, 0xffff_ffff)],
    ["size", (view) => view.setBigUint64(24, 1n << 62n)],
    ["refcountClusters", (view) => view.setUint32(56, 0xffff_ffff)],
    ["headerLength", (view) => view.setUint32(100, 3)],
    ["refcountOrder", (view) => view.setUint32(96, 7)],
    ["magic", (view) => view.setUint8(3, 0)],
  ];
  for (const [field, change] of cases) {
    assert.throws(
      () => readQcow2Header(changed(change)),
      (error) => error instanceof LayoutError && error.field === field,
      field,
    );
  }
});

test("what cannot be read without another file or a key is not opened", async () => {
  for (const change of [
    (view: DataView) => view.setBigUint64(72, 4n),
    (view: DataView) => view.setBigUint64(72, 16n),
    (view: DataView) => view.setBigUint64(72, 1n << 20n),
    (view: DataView) => view.setUint32(32, 2),
  ]) {
    assert.equal((await refusal(open(changed(change)))).code, "unsupported-version");
  }
});
