// SPDX-License-Identifier: Apache-2.0
// Launch digests that other implementations computed, each as a test of its own: those that are
// kept beside the repository, and the selection of them that the carried images suffice for.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fixtureFirmware, fixtureRows } from "../../../../fixtures/load.ts";
import * as bytes from "../../src/bytes/index.ts";
import * as firmware from "../../src/firmware/index.ts";
import * as launch from "../../src/launch/index.ts";
import { keystream, madeFile } from "../support/made-files.ts";
import { missingVectors, readVector, readVectorJson } from "../support/vectors.ts";
import { argvOf } from "./case-argv.ts";
import { checkDigest, checkParts, checkRust } from "./case-check.ts";
import type { BytesOf } from "./case-check.ts";
import { readCases } from "./case-reader.ts";
import type { MeasureCase } from "./case-reader.ts";

const FOLDER = "measurement/";
const CASES = `${FOLDER}cases.json`;
const core = { bytes, firmware, launch };

const sha256 = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

/** Files as cases name them, loaded once and compared with the size and hash the case gives. */
function checked(load: (name: string) => Uint8Array): BytesOf {
  const loaded = new Map<string, { readonly data: Uint8Array; readonly hash: string }>();
  return ({ file, size, sha256: expected }) => {
    assert.ok(file !== null, "a generated file is only ever used by its hash");
    let found = loaded.get(file);
    if (found === undefined) {
      const data = load(file);
      found = { data, hash: sha256(data) };
      loaded.set(file, found);
    }
    assert.equal(found.hash, expected, `SHA-256 of ${file}`);
    if (size !== undefined) assert.equal(found.data.length, size, `size of ${file}`);
    return found.data;
  };
}

function check(vector: MeasureCase, bytesOf: BytesOf): void {
  for (const file of [vector.firmware, vector.kernel, vector.initrd, vector.svsm ?? null]) {
    if (file === null) continue;
    if (file.file === null) assert.equal(file.generate, KEYSTREAM.command);
    else bytesOf(file);
  }
  checkParts(core, vector);
  checkDigest(core, vector, bytesOf);
  checkRust(core, vector, bytesOf);
}

test("launch digests of cases.json", { skip: missingVectors(CASES) }, async (t) => {
  const cases = readCases(readVectorJson(CASES));
  assert.ok(cases.length >= 118);
  const bytesOf = checked((name) => readVector(FOLDER + name));
  for (const vector of cases) await t.test(vector.title, () => check(vector, bytesOf));
  await t.test("a case gives the argument list its tool was called with", () => {
    for (const vector of cases.filter(({ argv }) => argv !== undefined)) {
      assert.deepEqual(argvOf(vector), vector.argv);
    }
  });
});

const EXPECTED = new URL("expected-digests.json", import.meta.url);

test("launch digests of the carried images", async (t) => {
  const cases = readCases(JSON.parse(readFileSync(EXPECTED, "utf8")));
  const bytesOf = checked((name) => madeFile(name) ?? fixtureFirmware(name));
  for (const vector of cases) await t.test(vector.title, () => check(vector, bytesOf));
  const used = new Set(cases.map((vector) => vector.firmware?.file));
  for (const { name } of fixtureRows) assert.ok(used.has(name), `no digest of ${name}`);
});

test("a case with anything unknown is refused", () => {
  const [known] = JSON.parse(readFileSync(EXPECTED, "utf8")) as readonly object[];
  const file = (known as { readonly firmware: object }).firmware;
  const variants: readonly (readonly [change: object, message: RegExp])[] = [
    [{ colour: "red" }, /case 0 has an unknown field "colour"/],
    [{ mode: "tdx" }, /case 0\.mode is "tdx", must be one of/],
    [{ vmm_type: "bhyve" }, /case 0\.vmm_type is "bhyve", must be one of/],
    [{ firmware: { ...file, md5: "" } }, /case 0\.firmware has an unknown field "md5"/],
    [{ "rust_sev_8.0.0": { hash: "" } }, /has an unknown field "hash"/],
    [{ "rust_sev_9.0.0": {} }, /unknown field "rust_sev_9\.0\.0"/],
    [{ vcpus: 0 }, /case 0: vcpus is missing/],
    [{ ec2_rdx: "0x600" }, /case 0: no such VMSA profile/],
    [{ expected_error: "no" }, /exactly one of expected_digest and expected_error/],
    [{ vars_size: 1 }, /vars_size without svsm/],
    [{ vcpu_sig: "0x100000000" }, /case 0\.vcpu_sig is .* at most 32 bits/],
  ];
  for (const [change, message] of variants) {
    assert.throws(() => readCases([{ ...known, ...change }]), { message });
  }
  const without = { ...known, mode: undefined };
  assert.throws(() => readCases([without]), { message: /case 0\.mode is missing/ });
});

/** The initrd of 64 MiB that is not kept: how the vectors say to make it. */
const KEYSTREAM = {
  command:
    "openssl enc -aes-128-ctr -K 00000000000000000000000000000000 -iv 00000000000000000000000000000000 -nosalt </dev/zero | head -c 67108864",
  sha256: "f30fb789a9f52beedf72cacba5240bcd34e513150a201daab9f24dde4051556d",
} as const;

test("the initrd of 64 MiB, made and hashed in pieces, has the hash the cases give it", () => {
  const hash = createHash("sha256");
  for (const piece of keystream({ key: 0, size: 64 << 20 })) hash.update(piece);
  assert.equal(hash.digest("hex"), KEYSTREAM.sha256);
});
