// SPDX-License-Identifier: Apache-2.0
// Making and signing ID blocks.

import assert from "node:assert/strict";
import { verify } from "node:crypto";
import { test } from "node:test";
import { hexEncode } from "../../../src/bytes/index.ts";
import {
  ID_AUTH,
  ID_BLOCK,
  makeIdBlock,
  publicKeyToAmd,
  signIdBlock,
  signatureFromAmd,
} from "../../../src/launch/id-block/index.ts";
import { DIGEST, newKey, pointOf } from "./support.ts";

test("the default ID block: no ids, SVN 0, version 1, policy 0x30000", () => {
  const tail = `${"00".repeat(32)}01000000000000000000030000000000`;
  assert.equal(hexEncode(makeIdBlock({ launchDigest: DIGEST })), hexEncode(DIGEST) + tail);
});

test("every field lands where it belongs", () => {
  const value = {
    launchDigest: DIGEST,
    familyId: new Uint8Array(16).fill(0xfa),
    imageId: new Uint8Array(16).fill(0x1d),
    guestSvn: 0xfedc_ba98,
    policy: 0xb0137n,
  };
  assert.deepEqual(ID_BLOCK.decode(makeIdBlock(value)), { ...value, version: 1 });
});

test("values that do not fit are refused by name", () => {
  const make = (more: object) => () => makeIdBlock({ launchDigest: DIGEST, ...more });
  const short = new Uint8Array(15);
  assert.throws(make({ launchDigest: DIGEST.subarray(1) }), {
    name: "LayoutError",
    code: "bad-length",
    message: "ID_BLOCK.launchDigest at offset 0x0: has 47 bytes, must have 48",
  });
  assert.throws(make({ familyId: short }), { code: "bad-length", field: "familyId" });
  assert.throws(make({ imageId: short }), { code: "bad-length", field: "imageId" });
  for (const guestSvn of [-1, 2 ** 32, 0.5, Number.NaN]) {
    assert.throws(make({ guestSvn }), { code: "out-of-range", field: "guestSvn" });
  }
  for (const policy of [-1n, 1n << 64n]) {
    assert.throws(make({ policy }), { code: "out-of-range", structure: "GUEST_POLICY" });
  }
  assert.throws(make({ policy: 0x10000n }), { code: "out-of-range", hint: /0x30000/ });
});

test("policy bits without a name are kept: newer firmware may know them", () => {
  const policy = 0x8000_0000_0003_0000n;
  assert.equal(ID_BLOCK.decode(makeIdBlock({ launchDigest: DIGEST, policy })).policy, policy);
});

test("signatures are what node:crypto accepts, over all 96 and all 1028 bytes", async () => {
  const [idKey, authorKey] = await Promise.all([newKey(), newKey()]);
  const idBlock = makeIdBlock({ launchDigest: DIGEST });
  const idAuth = await signIdBlock(idBlock, idKey.imported, authorKey.imported);
  assert.equal(idAuth.length, 4096);
  const { idKeyAlgo, authKeyAlgo } = ID_AUTH.decode(idAuth);
  assert.deepEqual([idKeyAlgo, authKeyAlgo], [1, 1]);
  const idKeyBytes = idAuth.subarray(0x240, 0x240 + 1028);
  assert.deepEqual(new Uint8Array(idKeyBytes), publicKeyToAmd(pointOf(idKey.publicKey)));
  const check = (key: typeof idKey, data: Uint8Array, offset: number) =>
    verify(
      "sha384",
      data,
      { key: key.publicKey, dsaEncoding: "ieee-p1363" },
      signatureFromAmd(idAuth.subarray(offset, offset + 512)),
    );
  assert.equal(check(idKey, idBlock, 0x040), true);
  assert.equal(check(authorKey, idKeyBytes, 0x680), true);
  assert.equal(check(authorKey, idBlock, 0x040), false);
});

test("without an author key its three fields stay zero", async () => {
  const idKey = await newKey();
  const idAuth = await signIdBlock(makeIdBlock({ launchDigest: DIGEST }), idKey.imported);
  assert.deepEqual(idAuth.subarray(4, 8), new Uint8Array(4));
  assert.deepEqual(idAuth.subarray(0x680), new Uint8Array(4096 - 0x680));
});

test("only 96 bytes can be signed", async () => {
  const idKey = await newKey();
  for (const length of [0, 95, 97, 4096]) {
    await assert.rejects(signIdBlock(new Uint8Array(length), idKey.imported), {
      name: "LayoutError",
      code: "bad-length",
      structure: "ID_BLOCK",
    });
  }
});
