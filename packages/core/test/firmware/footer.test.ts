// SPDX-License-Identifier: Apache-2.0
// The footer table: what is read out of it, and every way in which it can be malformed.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AREA,
  FOOTER_GUIDS,
  SEV_ES_RESET_BLOCK,
  footerGuidName,
  readFirmware,
  readFooterTable,
} from "../../src/firmware/index.ts";
import { buildFirmware } from "../support/firmware-builder.ts";
import type { BuiltEntry, FirmwareSpec } from "../support/firmware-builder.ts";

const UNKNOWN = "11223344-5566-7788-99aa-bbccddeeff00";

const reset = (resetEip: number): BuiltEntry => ({
  guid: FOOTER_GUIDS.SEV_ES_RESET_BLOCK,
  data: SEV_ES_RESET_BLOCK.encode({ resetEip }),
});

/** That reading the image fails with this code, in the footer table. */
function refused(spec: FirmwareSpec, code: string, message: RegExp): void {
  assert.throws(() => readFirmware(buildFirmware(spec)), {
    name: "LayoutError",
    code,
    structure: "OVMF footer table",
    message,
  });
}

test("entries are read from the footer backwards, with their place in the file", () => {
  const image = buildFirmware({ entries: [{ guid: UNKNOWN, data: new Uint8Array([1, 2, 3]) }] });
  const table = readFooterTable(image)!;
  assert.deepEqual(
    table.entries.map(({ guid, data }) => [footerGuidName(guid), data.length]),
    [
      [undefined, 3],
      ["SEV_ES_RESET_BLOCK", 4],
      ["SEV_LAUNCH_SECRET", 8],
      ["SEV_HASH_TABLE", 8],
      ["SEV_METADATA", 4],
    ],
  );
  const [first] = table.entries;
  assert.equal(first!.guid, UNKNOWN);
  assert.deepEqual(first!.data, new Uint8Array([1, 2, 3]));
  assert.deepEqual(image.subarray(first!.offset, first!.offset + 3), first!.data);
  assert.equal(first!.offset, image.length - 32 - 18 - 18 - 3);
  assert.equal(table.length, 18 + 21 + 22 + 26 + 26 + 22);
  assert.equal(table.offset, image.length - 32 - table.length);
  assert.equal(table.lone, false);
});

test("every known GUID has a name of its own, an unknown one none", () => {
  for (const [name, guid] of Object.entries(FOOTER_GUIDS)) assert.equal(footerGuidName(guid), name);
  assert.equal(new Set(Object.values(FOOTER_GUIDS)).size, Object.keys(FOOTER_GUIDS).length);
  assert.equal(footerGuidName(UNKNOWN), undefined);
});

test("a file without footer, however small, has no table and is not an error", () => {
  for (const length of [0, 1, 17, 18, 31, 32, 49, 50, 51, 4095, 4096]) {
    assert.equal(readFooterTable(new Uint8Array(length)), null, String(length));
    assert.equal(readFirmware(new Uint8Array(length)).size, length);
  }
});

test("a table of nothing but its footer is empty", () => {
  const image = buildFirmware({
    resetEip: null,
    hashTable: null,
    secret: null,
    sections: null,
    tableLength: 18,
  });
  assert.deepEqual(readFooterTable(image)!.entries, []);
  const { resetEip, hashTable, secret, sections } = readFirmware(image);
  assert.deepEqual(
    { resetEip, hashTable, secret, sections },
    {
      resetEip: null,
      hashTable: null,
      secret: null,
      sections: null,
    },
  );
});

test("a table longer than the image, or shorter than its footer, is refused", () => {
  refused({ size: 4096, tableLength: 0xffff }, "bad-length", /65535 bytes, which the image cannot/);
  refused({ size: 4096, tableLength: 4096 - 32 + 1 }, "bad-length", /which the image cannot hold/);
  refused({ tableLength: 17 }, "bad-length", /the table has 17 bytes/);
  refused({ tableLength: 0 }, "bad-length", /the table has 0 bytes/);
});

test("a table whose length ends inside an entry is refused", () => {
  refused({ tableLength: 19 }, "bad-length", /1 bytes are left, an entry needs 18/);
  refused({ tableLength: 35 }, "bad-length", /17 bytes are left/);
  refused({ tableLength: 39 }, "bad-length", /says 22 bytes, must be 18 to 21/);
});

test("an entry of length zero, below 18 or beyond the table is refused, not looped over", () => {
  for (const length of [0, 1, 17, 0xffff]) {
    const entries = [{ guid: UNKNOWN, data: new Uint8Array(4), length }];
    refused({ entries }, "bad-length", new RegExp(`entry ${UNKNOWN} says ${length} bytes`));
  }
});

test("an entry shorter than its structure is refused", () => {
  for (const length of [0, 1, 3]) {
    const entries = [{ guid: FOOTER_GUIDS.SEV_ES_RESET_BLOCK, data: new Uint8Array(length) }];
    refused({ entries, resetEip: null }, "bad-length", /\(SEV-ES reset block\) has . bytes/);
  }
  const short = [{ guid: FOOTER_GUIDS.SEV_HASH_TABLE, data: new Uint8Array(7) }];
  refused({ entries: short, hashTable: null }, "bad-length", /\(OVMF area\) has 7 bytes/);
});

test("of an entry longer than its structure the beginning counts", () => {
  const data = new Uint8Array(12);
  data.set(AREA.encode({ base: 0x1000, size: 0x2000 }));
  const entries = [{ guid: FOOTER_GUIDS.SEV_HASH_TABLE, data }];
  const { hashTable } = readFirmware(buildFirmware({ entries, hashTable: null }));
  assert.deepEqual(hashTable, { base: 0x1000, size: 0x2000 });
});

test("of duplicate GUIDs the one nearest to the footer counts, as in QEMU", () => {
  const image = readFirmware(buildFirmware({ entries: [reset(0x1111)], resetEip: 0x2222 }));
  assert.equal(image.resetEip, 0x1111);
});

test("the lone reset block of 2021 is read where there is no table", () => {
  const image = readFirmware(buildFirmware({ lone: true, sections: null, resetEip: 0x80_b004 }));
  assert.equal(image.footer!.lone, true);
  assert.equal(image.resetEip, 0x80_b004);
  assert.deepEqual([image.hashTable, image.secret, image.sections], [null, null, null]);
});

test("a lone reset block of a wrong length is refused", () => {
  const lone = { lone: true, sections: null } as const;
  refused({ ...lone, tableLength: 17 }, "bad-length", /lone reset block says 17 bytes/);
  refused({ ...lone, tableLength: 0 }, "bad-length", /lone reset block says 0 bytes/);
  refused({ ...lone, tableLength: 0xffff }, "bad-length", /lone reset block says 65535 bytes/);
  refused({ ...lone, tableLength: 20 }, "bad-length", /\(SEV-ES reset block\) has 2 bytes/);
});

test("a table that fills the smallest image is read", () => {
  const whole = buildFirmware({ sections: null });
  const { length } = readFooterTable(whole)!;
  const tail = whole.subarray(whole.length - length - 32);
  assert.equal(readFooterTable(tail)!.offset, 0);
  assert.throws(() => readFooterTable(tail.subarray(1)), { code: "bad-length" });
});
