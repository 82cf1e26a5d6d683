// SPDX-License-Identifier: Apache-2.0
// Checks of an ID block without its authentication, and the other way round.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ID_AUTH,
  ID_BLOCK,
  checkIdAuth,
  checkIdBlock,
  checkMinimumSvn,
  makeIdBlock,
  signIdBlock,
} from "../../../src/launch/id-block/index.ts";
import { DIGEST, idsWith, newKey, newSigned, withBitFlipped } from "./support.ts";

test("an ID block alone is checked for version and policy bits", () => {
  const block = ID_BLOCK.decode(makeIdBlock({ launchDigest: DIGEST }));
  assert.deepEqual(idsWith("pass", checkIdBlock(block)), [
    "snp.id-block.policy-bits",
    "snp.id-block.version",
  ]);
  const wrong = checkIdBlock({ ...block, version: 2, policy: 0x10000n });
  assert.deepEqual(idsWith("fail", wrong), ["snp.id-block.policy-bits", "snp.id-block.version"]);
});

test("ID authentication alone is checked for everything but the ID block's signature", async () => {
  const { idAuth } = await newSigned();
  const findings = await checkIdAuth(idAuth);
  assert.ok(findings.every(({ outcome }) => outcome === "pass"));
  assert.ok(findings.some(({ id }) => id === "snp.id-auth.author-signature"));
  assert.ok(findings.every(({ id }) => id.startsWith("snp.id-auth.")));
  const broken = withBitFlipped(idAuth, ID_AUTH.offsetOf("idKeySig"));
  assert.deepEqual(idsWith("fail", await checkIdAuth(broken)), ["snp.id-auth.author-signature"]);
});

test("without an author key its checks are skipped", async () => {
  const { imported } = await newKey();
  const idAuth = await signIdBlock(makeIdBlock({ launchDigest: DIGEST }), imported);
  const findings = await checkIdAuth(idAuth);
  assert.deepEqual(idsWith("fail", findings), []);
  assert.ok(idsWith("skipped", findings).includes("snp.id-auth.author-signature"));
});

test("ID authentication of another size is refused", async () => {
  await assert.rejects(checkIdAuth(new Uint8Array(96)), { code: "bad-length" });
});

test("the guest SVN must reach the least one", () => {
  const block = ID_BLOCK.decode(makeIdBlock({ launchDigest: DIGEST, guestSvn: 7 }));
  assert.equal(checkMinimumSvn(block, 7).outcome, "pass");
  assert.equal(checkMinimumSvn(block, 0).outcome, "pass");
  const { outcome, expected, actual } = checkMinimumSvn(block, 8);
  assert.deepEqual(
    { outcome, expected, actual },
    {
      outcome: "fail",
      expected: "8 or higher",
      actual: "7",
    },
  );
});
