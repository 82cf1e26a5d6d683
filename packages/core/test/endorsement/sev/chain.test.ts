// SPDX-License-Identifier: Apache-2.0
// Chains that are wrong in one way each: which check tells, that the others are told too, and that
// nothing of a chain's own is ever trusted.

import assert from "node:assert/strict";
import { test } from "node:test";
import { signatures as web } from "../../../src/crypto/signature-web.ts";
import {
  SEV_ALGORITHM,
  SEV_USAGE,
  ownerFingerprint,
  p384PublicKey,
  parseSevCertificate,
  verifySevChain,
} from "../../../src/endorsement/sev/index.ts";
import type { SevChain, SevChainPolicy } from "../../../src/endorsement/sev/index.ts";
import { SEV_ENDORSEMENT_FINDINGS } from "../../../src/finding/catalogue-sev-endorsement.ts";
import {
  amdCertificate,
  certificate,
  ecPair,
  failedOf,
  makePlatform,
  outcomeOf,
  rsaPair,
} from "./support.ts";

const made = makePlatform();
const { chain, root, keys } = made;
const verify = async (changed: Partial<SevChain> = {}, policy: SevChainPolicy = {}) =>
  verifySevChain({ chain: { ...chain, ...changed }, roots: [root], policy });

const byOca = { usage: SEV_USAGE.OCA, key: keys.oca.privateKey };
const byCek = { usage: SEV_USAGE.CEK, key: keys.cek.privateKey };
const byPek = { usage: SEV_USAGE.PEK, key: keys.pek.privateKey };
const byAsk = {
  usage: SEV_USAGE.ASK,
  algorithm: SEV_ALGORITHM["RSA-SHA256"],
  key: keys.ask.privateKey,
};
const ECDH = { algorithm: SEV_ALGORITHM["ECDH-SHA256"] };

test("a whole chain is accepted, with a warning that it is a simulator's", async () => {
  const result = await verify();
  assert.equal(result.verdict, "accepted");
  assert.deepEqual(failedOf(result), []);
  assert.equal(outcomeOf(result, "sev.ark.not-amd"), "warn");
  assert.equal(result.pdh, chain.pdh);
});

test("the same chain is refused when nobody named its root", async () => {
  const result = await verifySevChain({ chain });
  assert.deepEqual(failedOf(result), ["sev.ark.not-pinned"]);
});

test("every check is told, whatever is wrong or missing", async () => {
  const all = Object.keys(SEV_ENDORSEMENT_FINDINGS).filter((id) => !id.startsWith("sev.report."));
  const other = makePlatform();
  const inputs: readonly SevChain[] = [
    {},
    chain,
    { ...chain, ask: other.chain.ask },
    { pdh: chain.pdh },
    { cek: chain.cek },
    { ask: chain.ask },
    { ark: chain.ark },
    other.chain,
  ];
  for (const input of inputs) {
    const { findings } = await verifySevChain({ chain: input, roots: [root] });
    assert.deepEqual(findings.map(({ id }) => id).toSorted(), all.toSorted());
  }
});

test("an empty chain is undecided", async () => {
  const result = await verifySevChain({ chain: {} });
  assert.equal(result.verdict, "undecided");
  assert.equal(result.pdh, undefined);
});

test("RSA-4096 roots sign with SHA-384", async () => {
  const large = makePlatform(4096);
  const result = await verifySevChain({ chain: large.chain, roots: [large.root] });
  assert.deepEqual(failedOf(result), []);
  assert.equal(result.verdict, "accepted");
});

test("WebCrypto comes to the same", async () => {
  const forged = certificate(SEV_USAGE.PEK, keys.pek.publicKey, [byOca, byPek]);
  for (const pek of [chain.pek, forged]) {
    const input = { chain: { ...chain, pek }, roots: [root] };
    const node = await verifySevChain(input);
    assert.deepEqual((await verifySevChain({ ...input, signatures: web })).findings, node.findings);
  }
});

test("signatures of the PEK may stand in either slot, and empty ones are passed over", async () => {
  const swapped = certificate(SEV_USAGE.PEK, keys.pek.publicKey, [byCek, byOca]);
  assert.equal((await verify({ pek: swapped })).verdict, "accepted");
  const odd = certificate(SEV_USAGE.CEK, keys.cek.publicKey, [
    byAsk,
    { usage: 0x1234, key: keys.oca.privateKey },
  ]);
  assert.equal((await verify({ cek: odd })).verdict, "accepted");
});

test("both signatures of the PEK are needed", async () => {
  const onlyOca = certificate(SEV_USAGE.PEK, keys.pek.publicKey, [byOca]);
  assert.deepEqual(failedOf(await verify({ pek: onlyOca })), ["sev.pek.cek-signature"]);
  const onlyCek = certificate(SEV_USAGE.PEK, keys.pek.publicKey, [undefined, byCek]);
  assert.deepEqual(failedOf(await verify({ pek: onlyCek })), ["sev.pek.oca-signature"]);
});

test("a signature that says another key made it does not count", async () => {
  const lying = { usage: SEV_USAGE.CEK, key: keys.oca.privateKey };
  const pek = certificate(SEV_USAGE.PEK, keys.pek.publicKey, [byOca, lying]);
  assert.deepEqual(failedOf(await verify({ pek })), ["sev.pek.cek-signature"]);
});

test("keys of another platform are found out", async () => {
  const { chain: other } = makePlatform();
  const rows: readonly (readonly [Partial<SevChain>, readonly string[]])[] = [
    [{ pdh: other.pdh }, ["sev.pdh.pek-signature"]],
    [{ oca: other.oca }, ["sev.pek.oca-signature"]],
    [{ cek: other.cek }, ["sev.cek.signature", "sev.pek.cek-signature"]],
  ];
  for (const [changed, failed] of rows) {
    assert.deepEqual(failedOf(await verify(changed)), failed);
  }
});

test("a certificate does not serve as another kind", async () => {
  const pdhAsPek = certificate(SEV_USAGE.PDH, keys.pek.publicKey, [byOca, byCek]);
  assert.deepEqual(failedOf(await verify({ pek: pdhAsPek })), ["sev.pek.usage"]);
  const signing = certificate(SEV_USAGE.PDH, keys.pdh.publicKey, [byPek]);
  assert.deepEqual(failedOf(await verify({ pdh: signing })), ["sev.pdh.key"]);
  const agreeing = certificate(SEV_USAGE.PEK, keys.pek.publicKey, [byOca, byCek], ECDH);
  assert.ok(failedOf(await verify({ pek: agreeing })).includes("sev.pek.key"));
});

test("points that are not on P-384 are refused, and other curves", async () => {
  const zero = p384PublicKey(new Uint8Array(96));
  const off = certificate(SEV_USAGE.PDH, zero, [byPek], ECDH);
  const result = await verify({ pdh: off });
  assert.deepEqual(failedOf(result), ["sev.pdh.key"]);
  assert.equal(result.pdh, undefined);
  const { publicKey } = ecPair();
  const p256 = { ...publicKey, curve: 1 } as typeof publicKey;
  const other = certificate(SEV_USAGE.PDH, p256, [byPek], ECDH);
  assert.deepEqual(failedOf(await verify({ pdh: other })), ["sev.pdh.key"]);
});

test("an OCA may be RSA of either size and hash; a PEK may not", async () => {
  for (const bits of [2048, 4096] as const) {
    for (const algorithm of [SEV_ALGORITHM["RSA-SHA256"], SEV_ALGORITHM["RSA-SHA384"]]) {
      const owner = rsaPair(bits);
      const signer = { usage: SEV_USAGE.OCA, algorithm, key: owner.privateKey };
      const oca = certificate(SEV_USAGE.OCA, owner.publicKey, [signer], { algorithm });
      const pek = certificate(SEV_USAGE.PEK, keys.pek.publicKey, [signer, byCek]);
      const result = await verify({ oca, pek });
      assert.deepEqual(failedOf(result), [], `${bits} ${algorithm}`);
    }
  }
  const { publicKey } = rsaPair(2048);
  const algorithm = SEV_ALGORITHM["RSA-SHA256"];
  const pek = certificate(SEV_USAGE.PEK, publicKey, [byOca, byCek], { algorithm });
  assert.ok(failedOf(await verify({ pek })).includes("sev.pek.key"));
});

test("the CEK is signed with the hash that belongs to the ASK's size", async () => {
  const weaker = { ...byAsk, algorithm: SEV_ALGORITHM["RSA-SHA384"] };
  const cek = certificate(SEV_USAGE.CEK, keys.cek.publicKey, [weaker]);
  assert.deepEqual(failedOf(await verify({ cek })), ["sev.cek.signature"]);
});

test("a CEK without AMD's signature leaves the chain undecided, until the signed one is given", async () => {
  const cek = certificate(SEV_USAGE.CEK, keys.cek.publicKey, []);
  const result = await verify({ cek });
  assert.equal(result.verdict, "undecided");
  assert.equal(outcomeOf(result, "sev.cek.not-endorsed"), "unknown");
  assert.equal(outcomeOf(result, "sev.pek.cek-signature"), "pass");
  const signed = await verify({ cek }, { cekOfKds: chain.cek });
  assert.equal(signed.verdict, "accepted");
  assert.equal(outcomeOf(signed, "sev.platform.cek-mismatch"), "pass");
});

test("the CEK must be the one that AMD's service has for the chip", async () => {
  const { chain: other } = makePlatform();
  const result = await verify({}, { cekOfKds: other.cek });
  assert.deepEqual(failedOf(result), ["sev.platform.cek-mismatch"]);
  const unsigned = certificate(SEV_USAGE.CEK, keys.cek.publicKey, []);
  const swapped = await verify({ cek: unsigned }, { cekOfKds: other.cek });
  assert.ok(failedOf(swapped).includes("sev.platform.cek-mismatch"));
  assert.ok(failedOf(swapped).includes("sev.pek.cek-signature"));
});

test("ASK and ARK: key ids in full, usages, and the signature", async () => {
  const arkId = chain.ark.keyId;
  const near = Uint8Array.from(arkId);
  near[15]! ^= 1;
  const { modulus } = keys.ask as ReturnType<typeof rsaPair>;
  const ask = (usage: number, signer: Uint8Array, key = keys.ark.privateKey) =>
    amdCertificate(usage, { own: chain.ask.keyId, signer }, 2048, modulus, key);
  const rows: readonly (readonly [Partial<SevChain>, readonly string[]])[] = [
    [{ ask: ask(SEV_USAGE.ASK, near) }, ["sev.ask.issuer"]],
    [{ ask: ask(SEV_USAGE.ARK, arkId) }, ["sev.ask.usage"]],
    [{ ask: ask(SEV_USAGE.ASK, arkId, rsaPair(2048).privateKey) }, ["sev.ask.signature"]],
  ];
  for (const [changed, failed] of rows) {
    assert.deepEqual(failedOf(await verify(changed)), failed);
  }
});

test("a root with the pinned key id and another key is not the pinned one", async () => {
  const forger = rsaPair(2048);
  const { keyId } = chain.ark;
  const ids = { own: keyId, signer: keyId };
  const ark = amdCertificate(SEV_USAGE.ARK, ids, 2048, forger.modulus, forger.privateKey);
  const askId = { own: chain.ask.keyId, signer: keyId };
  const ask = amdCertificate(
    SEV_USAGE.ASK,
    askId,
    2048,
    (keys.ask as ReturnType<typeof rsaPair>).modulus,
    forger.privateKey,
  );
  const result = await verify({ ark, ask });
  assert.deepEqual(failedOf(result), ["sev.ark.not-pinned"]);
  assert.equal(result.product, undefined);
  // And with the true ARK, its ASK is not AMD's.
  assert.deepEqual(failedOf(await verify({ ask })), ["sev.ask.signature"]);
});

test("a new ASK under the pinned ARK is taken, and told", async () => {
  const next = rsaPair(2048);
  const ids = { own: new Uint8Array(16).fill(7), signer: chain.ark.keyId };
  const ask = amdCertificate(SEV_USAGE.ASK, ids, 2048, next.modulus, keys.ark.privateKey);
  const signer = { ...byAsk, key: next.privateKey };
  const cek = certificate(SEV_USAGE.CEK, keys.cek.publicKey, [signer]);
  const result = await verify({ ask, cek });
  assert.equal(result.verdict, "accepted");
  assert.equal(outcomeOf(result, "sev.ask.not-pinned"), "warn");
});

test("owners, product lines and firmware are demanded by name", async () => {
  const owner = ownerFingerprint(chain.oca);
  const rows: readonly (readonly [SevChainPolicy, readonly string[]])[] = [
    [{ owners: [owner.toUpperCase()] }, []],
    [{ owners: [] }, ["sev.oca.not-allowed"]],
    [{ owners: ["00".repeat(32)] }, ["sev.oca.not-allowed"]],
    [{ products: ["Milan"] }, []],
    [{ products: ["Genoa", "Turin"] }, ["sev.platform.product-not-allowed"]],
    [{ products: [] }, ["sev.platform.product-not-allowed"]],
    [{ minimumApi: { major: 1, minor: 55 } }, []],
    [{ minimumApi: { major: 0, minor: 200 } }, []],
    [{ minimumApi: { major: 1, minor: 56 } }, ["sev.platform.api-below-minimum"]],
    [{ minimumApi: { major: 2, minor: 0 } }, ["sev.platform.api-below-minimum"]],
    [{ minimumApi: { major: 1, minor: 54, build: 99 } }, []],
    [{ minimumApi: { major: 1, minor: 55, build: 3 }, reportedBuild: 3 }, []],
    [
      { minimumApi: { major: 1, minor: 55, build: 4 }, reportedBuild: 3 },
      ["sev.platform.api-below-minimum"],
    ],
  ];
  for (const [policy, failed] of rows) {
    const result = await verify({}, policy);
    assert.deepEqual(failedOf(result), failed, JSON.stringify(policy));
    assert.equal(result.verdict, failed.length === 0 ? "accepted" : "rejected");
  }
  const open = await verify({}, { minimumApi: { major: 1, minor: 55, build: 3 } });
  assert.equal(open.verdict, "undecided");
});

test("the older of PEK and PDH counts, and firmware that leaks keys is told", async () => {
  const api = { apiMajor: 0, apiMinor: 16 };
  const pek = certificate(SEV_USAGE.PEK, keys.pek.publicKey, [byOca, byCek], api);
  const result = await verify({ pek }, { minimumApi: { major: 0, minor: 17, build: 22 } });
  assert.deepEqual(failedOf(result), ["sev.platform.api-below-minimum"]);
  const lax = await verify({ pek });
  assert.equal(outcomeOf(lax, "sev.platform.weak-key-agreement"), "warn");
  assert.equal(lax.verdict, "accepted");
  // Of 0.17 only the build tells, which certificates do not hold.
  const edge = certificate(SEV_USAGE.PEK, keys.pek.publicKey, [byOca, byCek], {
    apiMajor: 0,
    apiMinor: 17,
  });
  for (const [policy, outcome] of [
    [{}, "warn"],
    [{ reportedBuild: 21 }, "warn"],
    [{ reportedBuild: 22 }, "pass"],
  ] as const) {
    assert.equal(
      outcomeOf(await verify({ pek: edge }, policy), "sev.platform.weak-key-agreement"),
      outcome,
    );
  }
});

test("contradictions among the files are a reason to refuse", async () => {
  const result = await verify({ contradictions: ['"b" holds another PEK'] });
  assert.deepEqual(failedOf(result), ["sev.chain.contradictory"]);
});

test("the digest of a chain does not depend on who signed the CEK when", async () => {
  const again = certificate(SEV_USAGE.CEK, keys.cek.publicKey, [byAsk]);
  assert.notDeepEqual(again.bytes, chain.cek.bytes);
  const [first, second] = [await verify(), await verify({ cek: again })];
  assert.deepEqual(second.chainDigest, first.chainDigest);
  const { chain: other } = makePlatform();
  assert.notDeepEqual((await verify({ pdh: other.pdh })).chainDigest, first.chainDigest);
});

test("a certificate that is changed after it was read is not what was verified", async () => {
  const bytes = Uint8Array.from(chain.pdh.bytes);
  const pdh = parseSevCertificate(bytes);
  bytes[5]! ^= 1;
  assert.deepEqual(failedOf(await verify({ pdh })), ["sev.pdh.pek-signature"]);
});
