// SPDX-License-Identifier: Apache-2.0
// ID blocks at SNP_LAUNCH_FINISH: the right one gives the guest its identity, every other one is refused
// with its own status, and a refused guest does not run.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { before, describe, test } from "node:test";
import { decodeReport, decodeSignerInfo } from "@greenlight/core/evidence";
import {
  ID_AUTH,
  ID_BLOCK,
  importSigningKey,
  keyDigest,
  makeIdBlock,
  signIdBlock,
} from "@greenlight/core/id-block";
import type { SigningKey } from "@greenlight/core/id-block";
import type { SnpProcessor } from "../../src/snp/types.ts";
import { done, processor, refused } from "./support.ts";

const policy = 0x30000n;

async function signingKey(): Promise<SigningKey> {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
  return importSigningKey(privateKey.export({ type: "pkcs8", format: "pem" }));
}

/** A guest that waits for SNP_LAUNCH_FINISH. */
function waiting(snp: SnpProcessor): number {
  const { gctx } = done(snp.gctxCreate());
  done(snp.launchStart({ gctx, policy }));
  done(snp.activate({ gctx, asid: gctx }));
  const page = new Uint8Array(4096).fill(1);
  done(snp.launchUpdate({ gctx, type: "NORMAL", gpa: 0x1000, page }));
  return gctx;
}

describe("ID block", () => {
  let idKey: SigningKey;
  let authorKey: SigningKey;
  let block: Uint8Array;
  let auth: Uint8Array;
  const digest = (() => {
    const snp = processor();
    return snp.launchDigest(waiting(snp))!;
  })();

  before(async () => {
    [idKey, authorKey] = await Promise.all([signingKey(), signingKey()]);
    block = makeIdBlock({
      launchDigest: digest,
      familyId: new Uint8Array(16).fill(1),
      imageId: new Uint8Array(16).fill(2),
      guestSvn: 7,
      policy,
    });
    auth = await signIdBlock(block, idKey, authorKey);
  });

  test("with an author key: its fields and both key digests are in the report", () => {
    const snp = processor();
    const gctx = waiting(snp);
    done(snp.launchFinish({ gctx, idBlock: block, idAuth: auth, authorKeyEnabled: true }));
    const report = decodeReport(done(snp.hostReport({ gctx })).report);
    assert.equal(report.guestSvn, 7);
    assert.deepEqual(report.familyId, new Uint8Array(16).fill(1));
    assert.deepEqual(report.imageId, new Uint8Array(16).fill(2));
    assert.deepEqual(report.idKeyDigest, keyDigest(idKey.publicKey));
    assert.deepEqual(report.authorKeyDigest, keyDigest(authorKey.publicKey));
    assert.equal(decodeSignerInfo(report.signerInfo).authorKeyEnabled, true);
  });

  test("without counting the author key: its digest stays zero", () => {
    const snp = processor();
    const gctx = waiting(snp);
    done(snp.launchFinish({ gctx, idBlock: block, idAuth: auth }));
    const report = decodeReport(done(snp.hostReport({ gctx })).report);
    assert.deepEqual(report.idKeyDigest, keyDigest(idKey.publicKey));
    assert.deepEqual(report.authorKeyDigest, new Uint8Array(48));
    assert.equal(decodeSignerInfo(report.signerInfo).authorKeyEnabled, false);
  });

  test("without one: no identity", () => {
    const snp = processor();
    const gctx = waiting(snp);
    done(snp.launchFinish({ gctx }));
    const report = decodeReport(done(snp.hostReport({ gctx })).report);
    assert.equal(report.guestSvn, 0);
    assert.deepEqual(report.idKeyDigest, new Uint8Array(48));
  });

  const changed = (bytes: Uint8Array, offset: number, value?: number): Uint8Array => {
    const copy = Uint8Array.from(bytes);
    copy[offset] = value ?? copy[offset]! ^ 1;
    return copy;
  };

  const finish = (idBlock: Uint8Array, idAuth?: Uint8Array, authorKeyEnabled = true): string => {
    const snp = processor();
    const gctx = waiting(snp);
    const status = refused(
      snp.launchFinish({
        gctx,
        idBlock,
        authorKeyEnabled,
        ...(idAuth === undefined ? {} : { idAuth }),
      }),
    );
    assert.equal(done(snp.guestStatus({ gctx })).state, "LAUNCH");
    assert.equal(refused(snp.hostReport({ gctx })), "INVALID_GUEST_STATE");
    return status;
  };

  test("of another launch digest: BAD_MEASUREMENT", async () => {
    const other = makeIdBlock({ launchDigest: new Uint8Array(48), policy });
    assert.equal(finish(other, await signIdBlock(other, idKey, authorKey)), "BAD_MEASUREMENT");
  });

  test("of another policy: POLICY_FAILURE", async () => {
    const other = makeIdBlock({ launchDigest: digest, policy: 0xb0000n });
    assert.equal(finish(other, await signIdBlock(other, idKey, authorKey)), "POLICY_FAILURE");
  });

  test("changed after signing: BAD_SIGNATURE, whichever byte", () => {
    for (const field of ["launchDigest", "familyId", "imageId", "guestSvn", "policy"] as const) {
      assert.equal(finish(changed(block, ID_BLOCK.offsetOf(field)), auth), "BAD_SIGNATURE", field);
    }
  });

  test("with a changed signature or key, or a point off the curve: BAD_SIGNATURE", () => {
    const fields = ["idBlockSig", "idKeySig"] as const;
    for (const field of fields) {
      const at = ID_AUTH.offsetOf(field);
      assert.equal(finish(block, changed(auth, at)), "BAD_SIGNATURE", field);
      // Beyond the 48 bytes in use, where nothing may be.
      assert.equal(finish(block, changed(auth, at + 60)), "BAD_SIGNATURE", field);
    }
    for (const field of ["idKey", "authorKey"] as const) {
      assert.equal(finish(block, changed(auth, ID_AUTH.offsetOf(field) + 4)), "BAD_SIGNATURE");
    }
  });

  test("by another author key, which counts only when it is enabled", async () => {
    const snp = processor();
    const gctx = waiting(snp);
    const at = ID_AUTH.offsetOf("idKeySig");
    const foreign = changed(auth, at);
    assert.equal(finish(block, foreign), "BAD_SIGNATURE");
    done(snp.launchFinish({ gctx, idBlock: block, idAuth: foreign }));
  });

  test("of an unknown version, algorithm or curve, or in parts: INVALID_PARAM", () => {
    assert.equal(finish(changed(block, ID_BLOCK.offsetOf("version"), 2), auth), "INVALID_PARAM");
    for (const field of ["idKeyAlgo", "authKeyAlgo", "idKey", "authorKey"] as const) {
      assert.equal(finish(block, changed(auth, ID_AUTH.offsetOf(field), 9)), "INVALID_PARAM");
    }
    assert.equal(finish(block), "INVALID_PARAM");
    assert.equal(finish(block.subarray(1), auth), "INVALID_PARAM");
    assert.equal(finish(block, auth.subarray(1)), "INVALID_PARAM");
    const snp = processor();
    const gctx = waiting(snp);
    assert.equal(refused(snp.launchFinish({ gctx, authorKeyEnabled: true })), "INVALID_PARAM");
  });

  test("refused once, right the next time: the guest runs", () => {
    const snp = processor();
    const gctx = waiting(snp);
    refused(snp.launchFinish({ gctx, idBlock: changed(block, 0), idAuth: auth }));
    done(snp.launchFinish({ gctx, idBlock: block, idAuth: auth }));
    assert.equal(done(snp.guestStatus({ gctx })).state, "RUNNING");
  });
});
