// SPDX-License-Identifier: Apache-2.0
// A guest that was started without the plan's ID block, or with another one, is not the planned one.

import assert from "node:assert/strict";
import { createHash, generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { idBlockFinding } from "../../../src/appraisal/launch/id-block.ts";
import { base64Decode, hexDecode } from "../../../src/bytes/index.ts";
import {
  ID_BLOCK,
  importSigningKey,
  makeIdBlock,
  signIdBlock,
} from "../../../src/launch/id-block/index.ts";
import { missingVectors, readVector, readVectorJson } from "../../support/vectors.ts";
import { report } from "../support.ts";

const CASES = "sev/cases.json";
const AUTH = "sev/idauth/test_auth_block.bin";

const sha384 = (bytes: Uint8Array): Uint8Array => createHash("sha384").update(bytes).digest();

async function signingKey() {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
  return importSigningKey(privateKey.export({ type: "pkcs8", format: "pem" }));
}

const ids = { familyId: new Uint8Array(16).fill(7), imageId: new Uint8Array(16).fill(9) };

test("a report that shows the block, and every way not to", async () => {
  const [idKey, authorKey] = [await signingKey(), await signingKey()];
  const idBlock = makeIdBlock({ launchDigest: new Uint8Array(48), ...ids, guestSvn: 3 });
  const planned = { idBlock, idAuth: await signIdBlock(idBlock, idKey, authorKey) };
  const shown = {
    ...ids,
    guestSvn: 3,
    idKeyDigest: sha384(idKey.publicKey),
    authorKeyDigest: sha384(authorKey.publicKey),
  };
  assert.equal(idBlockFinding(report(shown), planned).outcome, "pass");
  const none = new Uint8Array(48);
  const wrong = {
    "family id": { familyId: new Uint8Array(16) },
    "image id": { imageId: new Uint8Array(16) },
    "ID key": { idKeyDigest: sha384(authorKey.publicKey) },
    "author key": { authorKeyDigest: none },
    "guest SVN": { guestSvn: 2 },
  };
  for (const [what, change] of Object.entries(wrong)) {
    const { outcome, title } = idBlockFinding(report({ ...shown, ...change }), planned);
    assert.equal(outcome, "fail", what);
    assert.match(title, new RegExp(`other ${what}$`));
  }
  // What a host gives that leaves the block out.
  const bare = idBlockFinding(report({}), planned);
  assert.match(bare.title, /other family id, image id, ID key, author key, guest SVN$/);
  assert.equal(idBlockFinding(undefined, planned).outcome, "unknown");
});

test("without an author key the report has zeros", async () => {
  const idKey = await signingKey();
  const idBlock = makeIdBlock({ launchDigest: new Uint8Array(48), ...ids });
  const planned = { idBlock, idAuth: await signIdBlock(idBlock, idKey) };
  const shown = { ...ids, idKeyDigest: sha384(idKey.publicKey) };
  assert.equal(idBlockFinding(report(shown), planned).outcome, "pass");
});

test("digests that another tool computed", { skip: missingVectors(CASES, AUTH) }, () => {
  const { idauth } = readVectorJson(CASES) as { idauth: readonly Record<string, string>[] };
  const { id_block_b64, id_key_digest, author_key_digest } = idauth[0]!;
  const idBlock = base64Decode(id_block_b64!);
  const { familyId, imageId, guestSvn } = ID_BLOCK.decode(idBlock);
  const shown = {
    familyId,
    imageId,
    guestSvn,
    idKeyDigest: hexDecode(id_key_digest!),
    authorKeyDigest: hexDecode(author_key_digest!),
  };
  const planned = { idBlock, idAuth: readVector(AUTH) };
  assert.equal(idBlockFinding(report(shown), planned).outcome, "pass");
});
