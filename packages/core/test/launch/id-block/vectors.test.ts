// SPDX-License-Identifier: Apache-2.0
// ID blocks and keys that other implementations made.

import assert from "node:assert/strict";
import { test } from "node:test";
import { base64Decode, hexDecode, hexEncode } from "../../../src/bytes/index.ts";
import { sha256 } from "../../../src/crypto/node.ts";
import {
  ID_AUTH,
  importSigningKey,
  keyDigest,
  makeIdBlock,
  signIdBlock,
  verifyIdBlock,
} from "../../../src/launch/id-block/index.ts";
import { missingVectors, readVector, readVectorJson } from "../../support/vectors.ts";
import { idsWith } from "./support.ts";

const FOLDER = "measurement/";
const CASES = `${FOLDER}id-block.json`;
const SAMPLE = "sev/cases.json";

/** A case of id-block.json; a field this test does not know fails it. */
const FIELDS = [
  "author_key",
  "author_key_digest",
  "example_id_auth_b64",
  "id_block_hex",
  "id_key",
  "id_key_digest",
  "id_pubkey_sha256",
  "launch_digest",
  "name",
] as const;

type Case = Readonly<Record<(typeof FIELDS)[number], string>>;

test(
  "id-block.json: ID block, keys, digests and signatures",
  { skip: missingVectors(CASES) },
  async (t) => {
    const cases = readVectorJson(CASES) as readonly Case[];
    assert.ok(cases.length >= 2);
    for (const vector of cases) {
      await t.test(vector.name, async () => {
        assert.deepEqual(Object.keys(vector).toSorted(), FIELDS);
        const launchDigest = hexDecode(vector.launch_digest);
        const idBlock = makeIdBlock({ launchDigest });
        assert.equal(hexEncode(idBlock), vector.id_block_hex);

        const idKey = await importSigningKey(readVector(FOLDER + vector.id_key));
        const authorKey = await importSigningKey(readVector(FOLDER + vector.author_key));
        assert.equal(hexEncode(sha256(idKey.publicKey)), vector.id_pubkey_sha256);
        assert.equal(hexEncode(keyDigest(idKey.publicKey)), vector.id_key_digest);
        assert.equal(hexEncode(keyDigest(authorKey.publicKey)), vector.author_key_digest);

        const expected = {
          launchDigest,
          familyId: new Uint8Array(16),
          imageId: new Uint8Array(16),
          guestSvn: 0,
          policy: 0x30000n,
          idKeyDigest: hexDecode(vector.id_key_digest),
          authorKeyDigest: hexDecode(vector.author_key_digest),
          authorKeyEnabled: true,
        };
        const theirs = base64Decode(vector.example_id_auth_b64);
        const ours = await signIdBlock(idBlock, idKey, authorKey);
        for (const idAuth of [theirs, ours]) {
          const findings = await verifyIdBlock(idBlock, idAuth, expected);
          assert.deepEqual(idsWith("pass", findings), findings.map(({ id }) => id).toSorted());
        }
      });
    }
  },
);

test(
  "virtee/sev's authentication block with its detached signatures",
  {
    skip: missingVectors(
      SAMPLE,
      `${FOLDER}test_auth_block.bin`,
      `${FOLDER}test_id_sig.bin`,
      `${FOLDER}test_auth_sig.bin`,
      `${FOLDER}test_id_key.pem`,
      `${FOLDER}test_auth_key.pem`,
    ),
  },
  async () => {
    const idAuth = readVector(`${FOLDER}test_auth_block.bin`);
    const slice = (field: "idBlockSig" | "idKey" | "idKeySig" | "authorKey", size: number) =>
      idAuth.slice(ID_AUTH.offsetOf(field), ID_AUTH.offsetOf(field) + size);
    assert.deepEqual(slice("idBlockSig", 512), readVector(`${FOLDER}test_id_sig.bin`));
    assert.deepEqual(slice("idKeySig", 512), readVector(`${FOLDER}test_auth_sig.bin`));
    const idKey = await importSigningKey(readVector(`${FOLDER}test_id_key.pem`));
    const authorKey = await importSigningKey(readVector(`${FOLDER}test_auth_key.pem`));
    assert.deepEqual(slice("idKey", 1028), idKey.publicKey);
    assert.deepEqual(slice("authorKey", 1028), authorKey.publicKey);
    assert.deepEqual(ID_AUTH.encode(ID_AUTH.decode(idAuth)), idAuth);

    const { idauth } = readVectorJson(SAMPLE) as { idauth: readonly Record<string, string>[] };
    const sample = idauth[0]!;
    assert.equal(sample["expect"], "both signatures valid");
    const findings = await verifyIdBlock(base64Decode(sample["id_block_b64"]!), idAuth, {
      idKeyDigest: hexDecode(sample["id_key_digest"]!),
      authorKeyDigest: hexDecode(sample["author_key_digest"]!),
    });
    assert.deepEqual(idsWith("fail", findings), []);
    assert.ok(idsWith("pass", findings).includes("snp.id-block.signature"));
    assert.ok(idsWith("pass", findings).includes("snp.id-auth.author-signature"));
  },
);
