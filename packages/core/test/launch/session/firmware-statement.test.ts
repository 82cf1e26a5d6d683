// SPDX-License-Identifier: Apache-2.0
// Statements about firmware: signed, read, and every way in which one does not hold.

import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import { sha256 } from "../../../src/crypto/node.ts";
import { importSigningKey, publicKeyFromAmd } from "../../../src/launch/id-block/index.ts";
import {
  checkFirmwareStatement,
  parseFirmwareStatement,
  signFirmwareStatement,
} from "../../../src/launch/session/index.ts";
import type { FirmwareDemand } from "../../../src/launch/session/index.ts";
import { flipped } from "./support.ts";

const pair = generateKeyPairSync("ec", { namedCurve: "P-384" });
const key = await importSigningKey(pair.privateKey.export({ type: "pkcs8", format: "pem" }));
const other = await importSigningKey(
  generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey.export({
    type: "pkcs8",
    format: "pem",
  }),
);
const firmware = new Uint8Array(5000).fill(7);
const STATEMENT = { name: "ovmf amdsev", version: 12, sha256: sha256(firmware) };
const statement = await signFirmwareStatement(STATEMENT, key);
const DEMAND: FirmwareDemand = {
  name: STATEMENT.name,
  minimumVersion: 12,
  keys: [publicKeyFromAmd(key.publicKey)],
};

async function failing(
  file: Uint8Array,
  image: Uint8Array,
  demand: FirmwareDemand,
): Promise<readonly string[]> {
  const findings = await checkFirmwareStatement(file, image, demand);
  assert.equal(findings.length, 4);
  return findings.filter(({ outcome }) => outcome === "fail").map(({ id }) => id);
}

test("a statement says what was signed, and holds", async () => {
  assert.deepEqual(parseFirmwareStatement(statement), STATEMENT);
  assert.equal(statement.length, 176);
  assert.deepEqual(await failing(statement, firmware, DEMAND), []);
  const keys = [publicKeyFromAmd(other.publicKey), ...DEMAND.keys];
  assert.deepEqual(await failing(statement, firmware, { ...DEMAND, keys }), []);
});

test("OpenSSL signs the same statement", async () => {
  const covered = statement.subarray(0, 80);
  const options = { key: pair.privateKey, dsaEncoding: "ieee-p1363" } as const;
  const again = new Uint8Array([...covered, ...sign("sha384", covered, options)]);
  assert.deepEqual(await failing(again, firmware, DEMAND), []);
});

test("each failing check is told apart", async () => {
  const keys = [publicKeyFromAmd(other.publicKey)];
  const rows = [
    ["firmware.statement.signature", firmware, { ...DEMAND, keys }],
    ["firmware.statement.name", firmware, { ...DEMAND, name: "other" }],
    ["firmware.statement.version-below-minimum", firmware, { ...DEMAND, minimumVersion: 13 }],
    ["firmware.statement.digest", new Uint8Array(5000), DEMAND],
  ] as const;
  for (const [id, image, demand] of rows) {
    assert.deepEqual(await failing(statement, image, demand), [id]);
  }
});

test("any bit changed fails, or is no statement", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(8 * 176 - 1), async (bit) => {
      try {
        const failed = await failing(flipped(statement, bit), firmware, DEMAND);
        assert.ok(failed.includes("firmware.statement.signature"));
      } catch (error) {
        assert.ok(error instanceof Error);
        assert.equal(error.name, "LayoutError", error.message);
      }
    }),
  );
});

test("names and keys that cannot be used are refused", async () => {
  for (const name of ["", " x", "x ", "x".repeat(33), "a\nb", "\u00e9"]) {
    await assert.rejects(signFirmwareStatement({ ...STATEMENT, name }, key), {
      code: "statement-unusable",
    });
  }
  const longest = await signFirmwareStatement({ ...STATEMENT, name: "x".repeat(32) }, key);
  assert.equal(parseFirmwareStatement(longest).name.length, 32);
  await assert.rejects(signFirmwareStatement({ ...STATEMENT, version: 2 ** 32 }, key), {
    code: "out-of-range",
  });
  await assert.rejects(checkFirmwareStatement(statement, firmware, { ...DEMAND, keys: [] }), {
    code: "statement-unusable",
  });
  for (const size of [0, 175, 177]) {
    assert.throws(() => parseFirmwareStatement(new Uint8Array(size)), { name: "LayoutError" });
  }
});
