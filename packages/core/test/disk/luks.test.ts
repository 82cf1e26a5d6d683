// SPDX-License-Identifier: Apache-2.0
// LUKS2 headers: those of cryptsetup, and those that somebody wrote to be opened.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LayoutError } from "../../src/bytes/index.ts";
import { readLuksHeader, readLuksMetadata } from "../../src/disk/index.ts";
import { checkLuks } from "../../src/disk/luks/check.ts";
import { parseLuksHeader } from "../../src/disk/luks/header.ts";
import type { FindingId } from "../../src/finding/index.ts";
import { sourceOf } from "../support/disk-builder.ts";
import { asCryptsetup, luksHeader, luksMetadata, sign } from "../support/luks-header.ts";
import type { LuksJson } from "../support/luks-header.ts";
import { missingVectors, readVector } from "../support/vectors.ts";

const SIZE = 64 * 1024 * 1024;

async function check(header: Uint8Array): Promise<ReadonlyMap<FindingId, string>> {
  const source = sourceOf(header);
  const primary = await readLuksHeader(source, "primary");
  const secondary = await readLuksHeader(source, "secondary", primary.size).catch(
    (error: unknown) => {
      if (error instanceof LayoutError) return error;
      throw error;
    },
  );
  let metadata;
  try {
    metadata = readLuksMetadata(primary.json);
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    metadata = error;
  }
  const findings = checkLuks({ primary, secondary, metadata, size: SIZE, name: "partition 1" });
  return new Map(findings.map(({ id, outcome }) => [id, outcome]));
}

/** Ids of the findings that did not pass. */
async function open(change: (json: LuksJson) => void): Promise<readonly string[]> {
  const json = luksMetadata();
  change(json);
  const outcomes = await check(luksHeader(asCryptsetup(json)));
  return [...outcomes].flatMap(([id, outcome]) => (outcome === "pass" ? [] : [`${outcome} ${id}`]));
}

const vectors = ["argon2i", "argon2id", "pbkdf2"].map(
  (name) => `firmware/disk/header-${name}.luks`,
);

test("headers of cryptsetup are read", { skip: missingVectors(...vectors) }, async () => {
  for (const path of vectors) {
    const source = sourceOf(readVector(path));
    const primary = await readLuksHeader(source, "primary");
    const secondary = await readLuksHeader(source, "secondary", primary.size);
    assert.equal(primary.json, secondary.json);
    assert.equal(primary.sequence, 3n);
    assert.match(primary.label, /^GL-/);
    const metadata = readLuksMetadata(primary.json);
    assert.deepEqual(Object.keys(metadata.keyslots), ["0"]);
    const outcomes = await check(readVector(path));
    assert.deepEqual(
      [...outcomes].filter(([, outcome]) => outcome === "fail"),
      [],
    );
    // They were made to be opened fast.
    assert.equal(outcomes.get("disk.luks.kdf-weak"), "warn");
  }
});

test("the usual header passes every check", async () => {
  assert.deepEqual(await open(() => undefined), []);
});

test("each thing that is wrong with a header is named", async () => {
  const slot = (json: LuksJson): Record<string, Record<string, unknown>> =>
    json.keyslots["0"] as Record<string, Record<string, unknown>>;
  const cases: readonly (readonly [readonly string[], (json: LuksJson) => void])[] = [
    [
      ["fail disk.luks.null-cipher", "fail disk.luks.keyslot-cipher"],
      (json) => void (slot(json)["area"]!["encryption"] = "cipher_null-ecb"),
    ],
    [
      ["fail disk.luks.null-cipher", "fail disk.luks.cipher"],
      (json) => void (json.segments["0"]!["encryption"] = "CIPHER_NULL-ecb"),
    ],
    [
      ["fail disk.luks.cipher"],
      (json) => void (json.segments["0"]!["encryption"] = "aes-cbc-essiv:sha256"),
    ],
    [
      ["fail disk.luks.cipher"],
      (json) => void (json.segments["0"]!["integrity"] = { type: "none" }),
    ],
    [["fail disk.luks.keyslot-cipher"], (json) => void (slot(json)["area"]!["key_size"] = 16)],
    [
      ["fail disk.luks.metadata", "fail disk.luks.cipher", "fail disk.luks.segment"],
      (json) => void (json.segments["0"] = { type: "linear", offset: "16777216", size: "dynamic" }),
    ],
    [["fail disk.luks.segment"], (json) => void (json.segments["0"]!["offset"] = "0")],
    [["fail disk.luks.segment"], (json) => void (json.segments["0"]!["size"] = "4096")],
    [["fail disk.luks.segment"], (json) => void (json.segments["0"]!["iv_tweak"] = "8")],
    [["fail disk.luks.segment"], (json) => void (json.segments["0"]!["flags"] = ["backup-final"])],
    [["fail disk.luks.segment"], (json) => void (json.segments["0"]!["sector_size"] = 8192)],
    [["fail disk.luks.digest"], (json) => void (json.digests["0"]!["segments"] = [])],
    [["fail disk.luks.digest"], (json) => void (json.digests = {})],
    [["warn disk.luks.tokens"], (json) => void (json.tokens["0"] = { type: "clevis" })],
    [
      ["fail disk.luks.requirements"],
      (json) => void (json.config["requirements"] = ["online-reencrypt"]),
    ],
    [
      ["fail disk.luks.requirements"],
      (json) => void (json.config["requirements"] = { mandatory: ["online-reencrypt-v2"] }),
    ],
    [["warn disk.luks.kdf-weak"], (json) => void (slot(json)["kdf"]!["memory"] = 32_768)],
    [["fail disk.luks.kdf-costly"], (json) => void (slot(json)["kdf"]!["memory"] = 1_000_000_000)],
    [["fail disk.luks.kdf-costly"], (json) => void (slot(json)["kdf"]!["time"] = 2_000_000_000)],
  ];
  for (const [expected, change] of cases) assert.deepEqual(await open(change), expected);
});

test("a second passphrase is told, one that the digest does not know fails", async () => {
  const again = (json: LuksJson): void => void (json.keyslots["1"] = json.keyslots["0"]!);
  assert.deepEqual(await open(again), ["fail disk.luks.digest", "warn disk.luks.keyslots"]);
  const known = (json: LuksJson): void => {
    again(json);
    json.digests["0"]!["keyslots"] = ["1", "0"];
  };
  assert.deepEqual(await open(known), ["warn disk.luks.keyslots"]);
});

test("copies that differ are told, and one that is broken", async () => {
  const older = luksHeader(asCryptsetup(luksMetadata()));
  const newer = luksHeader(asCryptsetup(luksMetadata()), { sequence: 9n });
  const mixed = Uint8Array.from(older);
  mixed.set(newer.subarray(16_384), 16_384);
  assert.equal((await check(mixed)).get("disk.luks.header"), "fail");
  const broken = Uint8Array.from(older);
  broken[16_384 + 5000]! ^= 1;
  assert.equal((await check(broken)).get("disk.luks.header"), "fail");
});

test("headers that are not sound are refused, by field", async () => {
  const cases: readonly (readonly [string, (copy: DataView) => void])[] = [
    ["magic", (copy) => copy.setUint8(0, 0)],
    ["version", (copy) => copy.setUint16(6, 3)],
    ["size", (copy) => copy.setBigUint64(8, 1n << 40n)],
    ["size", (copy) => copy.setBigUint64(8, 4096n)],
    ["offset", (copy) => copy.setBigUint64(256, 4096n)],
    ["checksumAlgorithm", (copy) => copy.setUint8(72, 0x6d)],
    ["reserved", (copy) => copy.setUint8(300, 1)],
    ["label", (copy) => copy.setUint8(24, 0xff)],
  ];
  for (const [field, change] of cases) {
    const header = luksHeader(asCryptsetup(luksMetadata()));
    const copy = header.subarray(0, 16_384);
    change(new DataView(copy.buffer, copy.byteOffset, copy.byteLength));
    sign(copy);
    await assert.rejects(
      readLuksHeader(sourceOf(header), "primary"),
      (error) => error instanceof LayoutError && error.field === field,
      field,
    );
  }
  const changed = luksHeader(asCryptsetup(luksMetadata()));
  changed[5000]! ^= 1;
  await assert.rejects(readLuksHeader(sourceOf(changed), "primary"), /checksum/);
});

test("JSON in which something stands twice, or that has unknown members, is refused", () => {
  const json = asCryptsetup(luksMetadata());
  assert.deepEqual(Object.keys(readLuksMetadata(json).keyslots), ["0"]);
  const twice = json.replace('"encryption":', '"encryption":"cipher_null-ecb","encryption":');
  assert.throws(() => readLuksMetadata(twice), /not in the form that cryptsetup writes/);
  assert.throws(() => readLuksMetadata(`${json} `), /not in the form/);
  const unknown = json.replace('"iv_tweak"', '"offsets":[],"iv_tweak"');
  assert.throws(() => readLuksMetadata(unknown), /segments\.0/);
  assert.throws(() => readLuksMetadata("[]"), LayoutError);
  assert.throws(() => readLuksMetadata("{"), /is not JSON/);
});

test("a header with something behind its JSON is refused, as cryptsetup does", () => {
  const header = luksHeader(asCryptsetup(luksMetadata()));
  const copy = header.subarray(0, 16 * 1024);
  copy[copy.length - 100] = 0x41;
  sign(copy);
  assert.throws(
    () => parseLuksHeader(header, "primary", 0),
    (error) => error instanceof LayoutError && error.code === "must-be-zero",
  );
});

test("digests of other types may hold anything", async () => {
  for (const keyslots of [["0"], 7, null]) {
    const found = await open((json) => {
      const other = { type: "other", keyslots };
      json.digests = { "0": other };
    });
    assert.deepEqual(found, ["fail disk.luks.metadata", "fail disk.luks.digest"]);
  }
});

test("costs that would stop whoever tries a passphrase are told", async () => {
  const threads = await open((json) => {
    json.keyslots["0"]!["kdf"] = { ...(json.keyslots["0"]!["kdf"] as object), cpus: 500_000 };
  });
  assert.deepEqual(threads, ["fail disk.luks.kdf-costly"]);
  const digest = await open((json) => {
    json.digests["0"]!["iterations"] = 4_000_000_000;
  });
  assert.deepEqual(digest, ["fail disk.luks.kdf-costly"]);
});
