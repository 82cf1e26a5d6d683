// SPDX-License-Identifier: Apache-2.0
// Secret tables: what is built is read back, and what is not a table is refused by name.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { guidDecode, guidEncode, hexEncode } from "../../../src/bytes/index.ts";
import {
  DISK_PASSPHRASE_GUID,
  KNOWN_SECRETS,
  SECRET_TABLE_GUID,
  buildSecretTable,
  knownSecret,
  parseSecretTable,
} from "../../../src/launch/session/index.ts";
import type { SecretEntry } from "../../../src/launch/session/index.ts";

const OTHER = "736869e5-aaaa-4973-92ec-06879ce3da0b";
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const passphrase: SecretEntry = { guid: DISK_PASSPHRASE_GUID, data: text("open sesame") };
const other: SecretEntry = { guid: OTHER, data: text("other") };

const anyGuid = fc.uuid({ version: [1, 4, 7] });
const anyEntries = fc.uniqueArray(
  fc.record(
    { guid: anyGuid, data: fc.uint8Array({ minLength: 1, maxLength: 60 }) },
    { noNullPrototype: true },
  ),
  { selector: ({ guid }) => guid, minLength: 1, maxLength: 8 },
);

test("a table is read back as it was built, whatever zeros follow it", () => {
  fc.assert(
    fc.property(anyEntries, fc.nat(64), (entries, room) => {
      const table = buildSecretTable(entries, { order: "as-given" });
      assert.equal(table.length % 16, 0);
      const area = new Uint8Array(table.length + room);
      area.set(table);
      const { length, entries: read } = parseSecretTable(area);
      assert.deepEqual(read, entries);
      assert.ok(table.length - length < 16);
    }),
  );
});

test("the layout: GUIDs in EFI order, lengths with their headers, padding not counted", () => {
  const table = buildSecretTable([{ guid: OTHER, data: text("abc") }]);
  assert.equal(table.length, 48);
  assert.equal(
    hexEncode(table),
    `42f5741edd71664d963eef4287ff173b2b000000${hexEncode(guidEncode(OTHER))}17000000616263${"00".repeat(5)}`,
  );
});

test("the disk passphrase goes last unless the order is to stay", () => {
  const guids = (table: Uint8Array): readonly string[] =>
    parseSecretTable(table).entries.map(({ guid }) => guid);
  assert.deepEqual(guids(buildSecretTable([passphrase, other])), [OTHER, DISK_PASSPHRASE_GUID]);
  const kept = buildSecretTable([passphrase, other], { order: "as-given" });
  assert.deepEqual(guids(kept), [DISK_PASSPHRASE_GUID, OTHER]);
});

test("the NUL for GRUB is added where asked, and only to the passphrase", () => {
  const entries = [other, { ...passphrase, guid: DISK_PASSPHRASE_GUID.toUpperCase() }];
  const [first, last] = parseSecretTable(buildSecretTable(entries, { nulForGrub: true })).entries;
  assert.deepEqual(first?.data, text("other"));
  assert.deepEqual(last?.data, text("open sesame\0"));
  const [plain] = parseSecretTable(buildSecretTable([passphrase])).entries;
  assert.deepEqual(plain?.data, text("open sesame"));
});

test("what cannot be a table is refused by name", () => {
  const twice = [passphrase, { ...passphrase, guid: DISK_PASSPHRASE_GUID.toUpperCase() }];
  const ended = [{ ...passphrase, data: text("open\0") }];
  const rows: readonly (readonly [string, readonly SecretEntry[], object])[] = [
    ["no-secret", [], {}],
    ["empty-secret", [{ guid: OTHER, data: new Uint8Array(0) }], {}],
    ["duplicate-secret", twice, {}],
    ["wiped-secret", [{ guid: "00000000-0000-0000-0000-000000000000", data: text("x") }], {}],
    ["bad-guid", [{ guid: "luks-key", data: text("x") }], {}],
    ["secret-too-large", [{ guid: OTHER, data: new Uint8Array(16345) }], {}],
    ["secret-too-large", [passphrase], { maximum: 48 }],
    ["no-passphrase", [other], { nulForGrub: true }],
    ["passphrase-has-nul", ended, { nulForGrub: true }],
  ];
  for (const [code, entries, options] of rows) {
    assert.throws(() => buildSecretTable(entries, options), { code });
  }
  const largest = buildSecretTable([{ guid: OTHER, data: new Uint8Array(16344) }]);
  assert.equal(largest.length, 16384);
  assert.equal(buildSecretTable([passphrase], { maximum: 64 }).length, 64);
});

test("errors do not repeat secrets", () => {
  const secret = "do-not-show-this";
  const entries = [{ guid: DISK_PASSPHRASE_GUID, data: text(`${secret}\0`) }];
  for (const options of [{ nulForGrub: true }, { maximum: 16 }]) {
    assert.throws(
      () => buildSecretTable(entries, options),
      (error) =>
        error instanceof Error && !JSON.stringify(error, ["message", "hint"]).includes(secret),
    );
  }
});

test("errors about what is no table do not show what is there instead", () => {
  const sound = buildSecretTable([passphrase, other]);
  // A secret without a table, as sev-tool packs it; and one where a length is looked for.
  const misread = Uint8Array.from(sound);
  misread.set(text("S3cr"), 36);
  for (const bytes of [text("S3cret of sixteen or more bytes"), text("S3cr"), misread]) {
    assert.throws(
      () => parseSecretTable(bytes),
      (error) => {
        assert.ok(error instanceof Error && error.name === "LayoutError");
        const shown = JSON.stringify(error, ["message", "reason", "hint"]);
        const number = new DataView(text("S3cr").buffer).getUint32(0, true);
        const guid = guidDecode(text("S3cret of sixteen or more bytes").subarray(0, 16));
        for (const leak of ["S3cr", String(number), number.toString(16), guid]) {
          assert.ok(!shown.includes(leak), shown);
        }
        return true;
      },
    );
  }
});

test("bytes that are no table are refused", () => {
  const sound = buildSecretTable([passphrase, other]);
  const changed = (offset: number, value: number): Uint8Array => {
    const copy = Uint8Array.from(sound);
    new DataView(copy.buffer).setUint32(offset, value, true);
    return copy;
  };
  const { length } = parseSecretTable(sound);
  const rows: readonly (readonly [string, Uint8Array])[] = [
    ["truncated", sound.subarray(0, 19)],
    ["truncated", new Uint8Array(0)],
    ["constant-mismatch", new Uint8Array(64)],
    ["truncated", sound.subarray(0, length - 1)],
    ["out-of-range", changed(16, 19)],
    ["truncated", changed(16, 0xffff_ffff)],
    ["out-of-range", changed(16, 24)],
    ["out-of-range", changed(36, 0)],
    ["truncated", changed(36, 0xffff_fff0)],
    ["must-be-zero", changed(sound.length - 4, 1 << 24)],
  ];
  for (const [code, bytes] of rows) {
    assert.throws(() => parseSecretTable(bytes), { name: "LayoutError", code });
  }
});

test("an entry that Linux wiped is still walked over", () => {
  const table = buildSecretTable([other, passphrase]);
  table.fill(0, 20, 36);
  const [wiped, last] = parseSecretTable(table).entries;
  assert.equal(wiped?.guid, "00000000-0000-0000-0000-000000000000");
  assert.equal(last?.guid, DISK_PASSPHRASE_GUID);
});

test("known secrets by GUID and by alias", () => {
  assert.equal(knownSecret("luks-key")?.guid, DISK_PASSPHRASE_GUID);
  assert.equal(knownSecret(DISK_PASSPHRASE_GUID.toUpperCase())?.alias, "luks-key");
  assert.equal(knownSecret(OTHER), undefined);
  const names = KNOWN_SECRETS.flatMap(({ guid, alias }) => [guid, alias]);
  assert.equal(new Set(names).size, names.length);
  assert.ok(!names.includes(SECRET_TABLE_GUID));
});
