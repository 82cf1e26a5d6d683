// SPDX-License-Identifier: Apache-2.0
// The carried roots: as the vectors have them, and with the keys of AMD's X.509 certificates.

import assert from "node:assert/strict";
import { test } from "node:test";
import { hexEncode } from "../../../src/bytes/index.ts";
import { rsaSpki } from "../../../src/crypto/spki-write.ts";
import { AMD_ROOTS } from "../../../src/endorsement/index.ts";
import { AMD_SEV_ROOTS, SEV_PRODUCT_LINES, SEV_USAGE } from "../../../src/endorsement/sev/index.ts";
import { missingVectors, readVector } from "../../support/vectors.ts";

test("there is a root for every product line, and no key id twice", () => {
  assert.deepEqual(
    AMD_SEV_ROOTS.map(({ line }) => line),
    [...SEV_PRODUCT_LINES],
  );
  const ids = AMD_SEV_ROOTS.flatMap(({ ark, ask }) => [ark.keyId, ask!.keyId]).map(hexEncode);
  assert.equal(new Set(ids).size, ids.length);
  for (const { ark, ask } of AMD_SEV_ROOTS) {
    assert.equal(ark.usage, SEV_USAGE.ARK);
    assert.equal(ask!.usage, SEV_USAGE.ASK);
    assert.deepEqual(ask!.certifyingKeyId, ark.keyId);
  }
});

test("Milan, Genoa and Turin have the keys of AMD's X.509 certificates", () => {
  assert.ok(AMD_ROOTS.length >= 3);
  for (const { line, ark, ask } of AMD_ROOTS) {
    const legacy = AMD_SEV_ROOTS.find((root) => root.line === line);
    assert.ok(legacy !== undefined, line);
    assert.deepEqual(rsaSpki(legacy.ark.modulus, legacy.ark.exponent), ark.spki);
    assert.deepEqual(rsaSpki(legacy.ask!.modulus, legacy.ask!.exponent), ask!.spki);
  }
});

test(
  "they are the files of the vectors, byte for byte",
  { skip: missingVectors("sev/amd/naples/ark.cert") },
  () => {
    for (const { line, ark, ask } of AMD_SEV_ROOTS) {
      const folder = `sev/amd/${line.toLowerCase()}`;
      assert.deepEqual(ark.bytes, readVector(`${folder}/ark.cert`));
      assert.deepEqual(ask!.bytes, readVector(`${folder}/ask.cert`));
    }
  },
);
