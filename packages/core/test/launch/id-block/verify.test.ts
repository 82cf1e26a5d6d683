// SPDX-License-Identifier: Apache-2.0
// Verifying ID blocks: every check passes when it should, and only the right ones fail otherwise.

import assert from "node:assert/strict";
import { sign } from "node:crypto";
import { before, describe, test } from "node:test";
import {
  ID_AUTH,
  keyDigest,
  makeIdBlock,
  publicKeyToAmd,
  signIdBlock,
  signatureToAmd,
  verifyIdBlock,
} from "../../../src/launch/id-block/index.ts";
import { DIGEST, idsWith, newKey, newSigned, pointOf, withBitFlipped } from "./support.ts";
import type { SignedIdBlock } from "./support.ts";

const BY_ITSELF = [
  "snp.id-auth.author-key",
  "snp.id-auth.author-key-algorithm",
  "snp.id-auth.author-key-curve",
  "snp.id-auth.author-signature",
  "snp.id-auth.id-key",
  "snp.id-auth.id-key-algorithm",
  "snp.id-auth.id-key-curve",
  "snp.id-auth.reserved",
  "snp.id-block.policy-bits",
  "snp.id-block.signature",
  "snp.id-block.version",
];
const COMPARED = [
  "snp.id-auth.author-key-digest",
  "snp.id-auth.id-key-digest",
  "snp.id-block.family-id",
  "snp.id-block.guest-svn",
  "snp.id-block.image-id",
  "snp.id-block.launch-digest",
  "snp.id-block.policy",
];
const AUTHOR = BY_ITSELF.filter((id) => id.startsWith("snp.id-auth.author"));

describe("verifyIdBlock", () => {
  let signed: SignedIdBlock;
  before(async () => {
    signed = await newSigned();
  });

  test("without expectations: all checks pass, all comparisons are skipped", async () => {
    const findings = await verifyIdBlock(signed.idBlock, signed.idAuth);
    assert.deepEqual(idsWith("pass", findings), BY_ITSELF);
    assert.deepEqual(idsWith("skipped", findings), COMPARED);
    assert.equal(new Set(findings.map(({ id }) => id)).size, findings.length);
    for (const { title, source, where } of findings) {
      assert.match(title, /^[A-Z].*[^.]$/);
      assert.match(source ?? "", /AMD 56860/);
      assert.match(where?.artefact ?? "", /^ID (?:block|auth)$/);
    }
  });

  test("each finding points at the bytes it is about", async () => {
    const findings = await verifyIdBlock(signed.idBlock, signed.idAuth);
    const places = Object.fromEntries(
      findings.map(({ id, where }) => [id, [where?.artefact, where?.offset, where?.size]]),
    );
    assert.deepEqual(places, {
      "snp.id-block.version": ["ID block", 0x50, 4],
      "snp.id-block.policy-bits": ["ID block", 0x58, 8],
      "snp.id-block.launch-digest": ["ID block", 0, 48],
      "snp.id-block.family-id": ["ID block", 0x30, 16],
      "snp.id-block.image-id": ["ID block", 0x40, 16],
      "snp.id-block.guest-svn": ["ID block", 0x54, 4],
      "snp.id-block.policy": ["ID block", 0x58, 8],
      "snp.id-auth.reserved": ["ID auth", undefined, undefined],
      "snp.id-auth.id-key-algorithm": ["ID auth", 0, 4],
      "snp.id-auth.id-key-curve": ["ID auth", 0x240, 4],
      "snp.id-auth.id-key": ["ID auth", 0x240, 1028],
      "snp.id-block.signature": ["ID auth", 0x40, 512],
      "snp.id-auth.id-key-digest": ["ID auth", 0x240, 1028],
      "snp.id-auth.author-key-algorithm": ["ID auth", 4, 4],
      "snp.id-auth.author-key-curve": ["ID auth", 0x880, 4],
      "snp.id-auth.author-key": ["ID auth", 0x880, 1028],
      "snp.id-auth.author-signature": ["ID auth", 0x680, 512],
      "snp.id-auth.author-key-digest": ["ID auth", 0x880, 1028],
    });
  });

  test("titles say what was found, and failures say why", async () => {
    const idBlock = withBitFlipped(signed.idBlock, 0);
    const idAuth = withBitFlipped(withBitFlipped(signed.idAuth, 0x8b4), 0x644, 7);
    const expected = { guestSvn: 7, policy: 0xb0000n };
    const findings = await verifyIdBlock(idBlock, idAuth, expected);
    const said = (id: string) => {
      const { title, actual, where } = findings.find((finding) => finding.id === id)!;
      return [title, actual, where?.offset];
    };
    assert.deepEqual(said("snp.id-auth.reserved"), [
      "The ID authentication information has reserved bytes that are not zero",
      "reserved1 is 0x80, must be zero; authorKey.qxHigh is 0x1, must be zero",
      0x644,
    ]);
    assert.deepEqual(said("snp.id-block.signature"), [
      "The ID block is not signed by the ID key",
      undefined,
      0x40,
    ]);
    assert.deepEqual(said("snp.id-auth.author-signature"), [
      "The ID key is not signed by the author key",
      "the author key is not usable",
      0x680,
    ]);
    assert.deepEqual(said("snp.id-auth.author-key").slice(0, 2), [
      "The author key is not a usable P-384 key",
      "ECDSA_PUBLIC_KEY.qxHigh at offset 0x34: is 0x1, must be zero",
    ]);
    assert.equal(said("snp.id-auth.id-key")[0], "The ID key is a point of P-384");
    assert.equal(said("snp.id-block.guest-svn")[0], "The guest SVN is the expected one");
    assert.equal(said("snp.id-block.policy")[0], "The guest policy is not the expected one");
    assert.equal(said("snp.id-block.family-id")[0], "No family id was given to compare with");
  });

  test("with every expectation met: all pass", async () => {
    const findings = await verifyIdBlock(signed.idBlock, signed.idAuth, {
      launchDigest: DIGEST,
      familyId: new Uint8Array(16),
      imageId: new Uint8Array(16),
      guestSvn: 7,
      policy: 0x30000n,
      idKeyDigest: keyDigest(publicKeyToAmd(pointOf(signed.idKey.publicKey))),
      authorKeyDigest: keyDigest(publicKeyToAmd(pointOf(signed.authorKey.publicKey))),
      authorKeyEnabled: true,
    });
    assert.deepEqual(idsWith("pass", findings), [...BY_ITSELF, ...COMPARED].toSorted());
  });

  test("with an expectation not met: exactly that one fails and shows both values", async () => {
    const wrong = [
      ["snp.id-block.launch-digest", { launchDigest: withBitFlipped(DIGEST, 47, 7) }],
      ["snp.id-block.family-id", { familyId: new Uint8Array(16).fill(1) }],
      ["snp.id-block.image-id", { imageId: new Uint8Array(16).fill(1) }],
      ["snp.id-block.guest-svn", { guestSvn: 6 }],
      ["snp.id-block.policy", { policy: 0xb0000n }],
      ["snp.id-auth.id-key-digest", { idKeyDigest: new Uint8Array(48) }],
      ["snp.id-auth.author-key-digest", { authorKeyDigest: new Uint8Array(48) }],
    ] as const;
    for (const [id, expected] of wrong) {
      const findings = await verifyIdBlock(signed.idBlock, signed.idAuth, expected);
      assert.deepEqual(idsWith("fail", findings), [id]);
      const failed = findings.find((finding) => finding.id === id)!;
      assert.notEqual(failed.expected, undefined);
      assert.notEqual(failed.actual, failed.expected);
    }
  });

  test("a changed bit anywhere in the ID block fails its signature", async () => {
    for (let offset = 0; offset < 96; offset++) {
      const idBlock = withBitFlipped(signed.idBlock, offset, offset % 8);
      const failed = idsWith("fail", await verifyIdBlock(idBlock, signed.idAuth));
      const isVersion = offset >= 0x50 && offset < 0x54;
      const isBit17 = offset === 0x58 + 2 && offset % 8 === 1;
      assert.deepEqual(failed, [
        ...(isBit17 ? ["snp.id-block.policy-bits"] : []),
        "snp.id-block.signature",
        ...(isVersion ? ["snp.id-block.version"] : []),
      ]);
    }
  });

  test("a changed bit in each part of the ID authentication fails the right checks", async () => {
    const idKeyBroken = [
      "snp.id-auth.author-signature",
      "snp.id-auth.id-key",
      "snp.id-block.signature",
    ];
    const authorKeyBroken = ["snp.id-auth.author-key", "snp.id-auth.author-signature"];
    const reserved = "snp.id-auth.reserved";
    const regions: readonly (readonly [number, number, readonly string[]])[] = [
      [0x000, 4, ["snp.id-auth.id-key-algorithm"]],
      [0x004, 4, ["snp.id-auth.author-key-algorithm"]],
      [0x008, 56, [reserved]],
      [0x040, 48, ["snp.id-block.signature"]],
      [0x070, 24, [reserved, "snp.id-block.signature"]],
      [0x088, 48, ["snp.id-block.signature"]],
      [0x0b8, 24, [reserved, "snp.id-block.signature"]],
      [0x0d0, 368, [reserved, "snp.id-block.signature"]],
      [0x240, 4, ["snp.id-auth.author-signature", "snp.id-auth.id-key-curve"]],
      [0x244, 48, idKeyBroken],
      [0x274, 24, [...idKeyBroken, reserved]],
      [0x28c, 48, idKeyBroken],
      [0x2bc, 24, [...idKeyBroken, reserved]],
      [0x2d4, 880, [...idKeyBroken, reserved]],
      [0x644, 60, [reserved]],
      [0x680, 48, ["snp.id-auth.author-signature"]],
      [0x6b0, 24, [reserved, "snp.id-auth.author-signature"]],
      [0x6c8, 48, ["snp.id-auth.author-signature"]],
      [0x6f8, 24, [reserved, "snp.id-auth.author-signature"]],
      [0x710, 368, [reserved, "snp.id-auth.author-signature"]],
      [0x880, 4, ["snp.id-auth.author-key-curve"]],
      [0x884, 48, authorKeyBroken],
      [0x8b4, 24, [...authorKeyBroken, reserved]],
      [0x8cc, 48, authorKeyBroken],
      [0x8fc, 24, [...authorKeyBroken, reserved]],
      [0x914, 880, [...authorKeyBroken, reserved]],
      [0xc84, 892, [reserved]],
    ];
    let covered = 0;
    for (const [start, size, expected] of regions) {
      assert.equal(start, covered);
      covered += size;
      // Every byte of what is not reserved; of the long reserved parts the ends and some between.
      const step = size > 100 ? 61 : 1;
      const offsets = [start + size - 1];
      for (let offset = start; offset < start + size; offset += step) offsets.push(offset);
      for (const offset of offsets) {
        const idAuth = withBitFlipped(signed.idAuth, offset, offset % 8);
        const findings = await verifyIdBlock(signed.idBlock, idAuth);
        assert.deepEqual(idsWith("fail", findings), expected.toSorted(), `offset ${offset}`);
      }
    }
    assert.equal(covered, 4096);
  });

  test("keys and signatures of others fail", async () => {
    const other = await newSigned();
    const idAuth = new Uint8Array(signed.idAuth);
    const patch = (from: number, size: number) => {
      const patched = new Uint8Array(idAuth);
      patched.set(other.idAuth.subarray(from, from + size), from);
      return patched;
    };
    const failedWith = async (bytes: Uint8Array) =>
      idsWith("fail", await verifyIdBlock(signed.idBlock, bytes));
    assert.deepEqual(await failedWith(patch(0x040, 512)), ["snp.id-block.signature"]);
    assert.deepEqual(await failedWith(patch(0x240, 1028)), [
      "snp.id-auth.author-signature",
      "snp.id-block.signature",
    ]);
    assert.deepEqual(await failedWith(patch(0x880, 1028)), ["snp.id-auth.author-signature"]);
    assert.deepEqual(await failedWith(other.idAuth), []);
  });

  test("algorithm and curve numbers are named", async () => {
    const idAuth = new Uint8Array(signed.idAuth);
    idAuth[0] = 2;
    idAuth[4] = 0;
    idAuth[0x240] = 1;
    const findings = await verifyIdBlock(signed.idBlock, idAuth);
    const of = (id: string) => findings.find((finding) => finding.id === id);
    const idAlgorithm = of("snp.id-auth.id-key-algorithm");
    assert.equal(idAlgorithm?.title, "The ID key has an invalid algorithm number");
    assert.equal(idAlgorithm.actual, "2 (unknown)");
    assert.equal(idAlgorithm.expected, "1 (ECDSA P-384 with SHA-384)");
    assert.equal(of("snp.id-auth.author-key-algorithm")?.outcome, "fail");
    assert.equal(of("snp.id-auth.author-key-algorithm")?.actual, "0 (none)");
    assert.equal(of("snp.id-auth.id-key-curve")?.actual, "1 (P-256)");
  });

  test("policies: bit 17 clear fails, unknown bits warn", async () => {
    const idKey = await newKey();
    const withPolicy = async (policy: bigint) => {
      const idBlock = makeIdBlock({ launchDigest: DIGEST });
      new DataView(idBlock.buffer).setBigUint64(0x58, policy, true);
      const findings = await verifyIdBlock(idBlock, await signIdBlock(idBlock, idKey.imported));
      return findings.find(({ id }) => id === "snp.id-block.policy-bits")!;
    };
    assert.equal((await withPolicy(0x30000n)).outcome, "pass");
    assert.equal((await withPolicy(0x10000n)).outcome, "fail");
    const unknown = await withPolicy(0x8000_0000_0403_0000n);
    assert.equal(unknown.outcome, "warn");
    assert.match(unknown.title, /26, 63$/);
  });

  describe("the author key", () => {
    let idAuth: Uint8Array;
    before(async () => {
      idAuth = await signIdBlock(signed.idBlock, signed.idKey.imported);
    });

    test("is skipped where there is none, whichever algorithm number stands there", async () => {
      for (const algorithm of [0, 1]) {
        const bytes = new Uint8Array(idAuth);
        bytes[4] = algorithm;
        const findings = await verifyIdBlock(signed.idBlock, bytes);
        assert.deepEqual(idsWith("fail", findings), []);
        assert.deepEqual(idsWith("skipped", findings), [...AUTHOR, ...COMPARED].toSorted());
      }
    });

    test("has its algorithm number refused even where there is none", async () => {
      const bytes = new Uint8Array(idAuth);
      bytes[4] = 2;
      const failed = idsWith("fail", await verifyIdBlock(signed.idBlock, bytes));
      assert.deepEqual(failed, ["snp.id-auth.author-key-algorithm"]);
    });

    test("fails where it is enabled or expected and there is none", async () => {
      const enabled = await verifyIdBlock(signed.idBlock, idAuth, { authorKeyEnabled: true });
      assert.deepEqual(idsWith("fail", enabled), AUTHOR);
      const authorKeyDigest = keyDigest(signed.authorKey.imported.publicKey);
      const expected = await verifyIdBlock(signed.idBlock, idAuth, { authorKeyDigest });
      assert.deepEqual(idsWith("fail", expected), ["snp.id-auth.author-key-digest"]);
    });

    test("is skipped where it is there and not enabled, unless it is expected", async () => {
      const broken = withBitFlipped(signed.idAuth, 0x680);
      const options = { authorKeyEnabled: false };
      const findings = await verifyIdBlock(signed.idBlock, broken, options);
      assert.deepEqual(idsWith("fail", findings), []);
      const authorKeyDigest = keyDigest(signed.authorKey.imported.publicKey);
      const wanted = await verifyIdBlock(signed.idBlock, broken, { ...options, authorKeyDigest });
      assert.deepEqual(idsWith("fail", wanted), ["snp.id-auth.author-key-digest"]);
    });

    test("counts as there when only its signature is", async () => {
      const bytes = new Uint8Array(idAuth);
      bytes[0x680] = 1;
      assert.deepEqual(idsWith("fail", await verifyIdBlock(signed.idBlock, bytes)), AUTHOR);
    });
  });

  test("a signature by node:crypto is accepted", async () => {
    const idAuth = new Uint8Array(signed.idAuth);
    const options = { key: signed.idKey.privateKey, dsaEncoding: "ieee-p1363" } as const;
    const raw = sign("sha384", signed.idBlock, options);
    idAuth.set(signatureToAmd(raw), ID_AUTH.offsetOf("idBlockSig"));
    assert.deepEqual(idsWith("fail", await verifyIdBlock(signed.idBlock, idAuth)), []);
  });

  test("input that changes while it is checked does not change the result", async () => {
    const idBlock = Buffer.from(signed.idBlock);
    const idAuth = Buffer.from(signed.idAuth);
    const running = verifyIdBlock(idBlock, idAuth);
    idBlock.fill(0);
    idAuth.fill(0);
    assert.deepEqual(idsWith("fail", await running), []);
  });

  test("wrong lengths are errors, not findings", async () => {
    const { idBlock, idAuth } = signed;
    const wrong = [
      [idBlock.subarray(1), idAuth, {}, "ID_BLOCK"],
      [new Uint8Array(0), idAuth, {}, "ID_BLOCK"],
      [idBlock, idAuth.subarray(1), {}, "ID_AUTH"],
      [idBlock, new Uint8Array(4097), {}, "ID_AUTH"],
      [idBlock, idAuth, { launchDigest: new Uint8Array(32) }, "expected launch digest"],
      [idBlock, idAuth, { familyId: new Uint8Array(0) }, "expected family id"],
      [idBlock, idAuth, { imageId: new Uint8Array(17) }, "expected image id"],
      [idBlock, idAuth, { idKeyDigest: new Uint8Array(32) }, "expected ID key digest"],
      [idBlock, idAuth, { authorKeyDigest: new Uint8Array(0) }, "expected author key digest"],
    ] as const;
    for (const [block, auth, expected, structure] of wrong) {
      await assert.rejects(verifyIdBlock(block, auth, expected), {
        name: "LayoutError",
        code: "bad-length",
        structure,
      });
    }
    await assert.rejects(verifyIdBlock(idBlock, idAuth, { policy: (1n << 64n) | 0x30000n }), {
      name: "LayoutError",
      code: "out-of-range",
    });
  });
});
