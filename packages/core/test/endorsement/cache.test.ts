// SPDX-License-Identifier: Apache-2.0
// What an Endorser keeps: a further report costs one verification, and nothing that is kept changes any
// verdict.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createHierarchy } from "@greenlight/psp/hierarchy";
import { signatures as onWeb } from "../../src/crypto/signature-web.ts";
import { signatures as onNode } from "../../src/crypto/signature-node.ts";
import type { SignatureVerifier } from "../../src/crypto/signature.ts";
import { BoundedCache } from "../../src/endorsement/bounded-cache.ts";
import { Endorser } from "../../src/endorsement/index.ts";
import { AT, REQUIRED, endorse, idsOf, outcomeOf, supply, verdictOf } from "./support.ts";

const DAY = 86_400_000;
const milan = createHierarchy({ line: "Milan" });
const other = createHierarchy({ line: "Milan", seed: "other" });
const vek = milan.vcek();
const certificates = [supply("VCEK", vek.der)];

/** A verifier that counts what it is asked for. */
function counting(inner: SignatureVerifier = onNode) {
  const counts = { keys: 0, rsa: 0, ecdsa: 0 };
  const signatures: SignatureVerifier = {
    importKey: (spki, scheme) => {
      counts.keys++;
      return inner.importKey(spki, scheme);
    },
    verify: (key, message, signature) => {
      counts[key.scheme === "ECDSA-P384-SHA384" ? "ecdsa" : "rsa"]++;
      return inner.verify(key, message, signature);
    },
  };
  const take = () => {
    const taken = { ...counts };
    Object.assign(counts, { keys: 0, rsa: 0, ecdsa: 0 });
    return taken;
  };
  return { signatures, take };
}

const NOTHING_ELSE = { keys: 0, rsa: 0, ecdsa: 1 };

test("a further report of a key costs one verification, and no key is imported again", async () => {
  const { signatures, take } = counting();
  const endorser = new Endorser({ roots: [milan.trustRoot()], signatures });
  const lists = [supply("CRL", milan.crl())];
  const options = { endorser, revocation: REQUIRED };
  await endorse(vek.report(), [...certificates, ...lists], options);
  // VCEK, ASK, ARK and list; keys of VCEK, ASK and ARK.
  assert.deepEqual(take(), { keys: 3, rsa: 4, ecdsa: 1 });
  for (const measurement of [new Uint8Array(48), new Uint8Array(48).fill(7)]) {
    const report = vek.report(3, { measurement });
    const result = await endorse(report, [...certificates, ...lists], options);
    assert.equal(verdictOf(result), "accept");
    assert.deepEqual(take(), NOTHING_ELSE);
  }
  // Another chip costs its own certificate, but not the ones above it.
  const chip = milan.vcek({ chipId: new Uint8Array(64).fill(9) });
  await endorse(chip.report(), [supply("VCEK", chip.der), ...lists], options);
  assert.deepEqual(take(), { keys: 1, rsa: 1, ecdsa: 1 });
});

test("findings are the same whether kept or new", async () => {
  const endorser = new Endorser({ roots: [milan.trustRoot()] });
  const first = await endorse(vek.report(), certificates, { endorser });
  const second = await endorse(vek.report(), certificates, { endorser });
  assert.deepEqual(second, first);
});

test("what failed is not kept", async () => {
  const { signatures, take } = counting();
  const endorser = new Endorser({ roots: [milan.trustRoot()], signatures });
  const forged = milan.vcek({ issuer: { ...milan.ask, key: other.ask.key } });
  for (let i = 0; i < 2; i++) {
    const result = await endorse(forged.report(), [supply("VCEK", forged.der)], { endorser });
    assert.equal(outcomeOf(result, "snp.vek.signature"), "fail");
    assert.deepEqual(take(), { keys: i === 0 ? 3 : 1, rsa: i === 0 ? 3 : 1, ecdsa: 1 });
  }
  assert.equal(verdictOf(await endorse(vek.report(), certificates, { endorser })), "accept");
});

test("a kept key is still judged at the instant, and by the lists that come", async () => {
  const endorser = new Endorser({ roots: [milan.trustRoot()] });
  assert.equal(verdictOf(await endorse(vek.report(), certificates, { endorser })), "accept");
  const late = await endorse(vek.report(), certificates, { endorser, at: Date.UTC(2034, 0, 1) });
  assert.deepEqual(idsOf(late, "fail"), ["snp.vek.validity"]);
  const revoked = [{ serial: milan.ask.serial, date: AT - DAY }];
  const list = supply("CRL", milan.crl({ revoked }));
  const options = { endorser, revocation: REQUIRED };
  const result = await endorse(vek.report(), [...certificates, list], options);
  assert.deepEqual(idsOf(result, "fail"), ["snp.revocation.ask-revoked"]);
  assert.equal(verdictOf(await endorse(vek.report(), certificates, { endorser })), "accept");
});

test("a kept key is still compared with the report", async () => {
  const endorser = new Endorser({ roots: [milan.trustRoot()] });
  await endorse(vek.report(), certificates, { endorser });
  const chipId = new Uint8Array(64).fill(1);
  const reportedTcb = new Uint8Array(8);
  const result = await endorse(vek.report(3, { chipId, reportedTcb }), certificates, { endorser });
  assert.deepEqual(idsOf(result, "fail"), ["snp.vek.hwid-mismatch", "snp.vek.tcb-mismatch"]);
  // The same certificate does not pass as a VLEK because it is known as a VCEK.
  const asVlek = await endorse(vek.report(3, { signerInfo: 4 }), [supply("VLEK", vek.der)], {
    endorser,
  });
  assert.ok(idsOf(asVlek, "fail").includes("snp.vek.kind"));
});

test("what is kept does not change with the caller's bytes", async () => {
  const endorser = new Endorser({ roots: [milan.trustRoot()] });
  const der = Uint8Array.from(vek.der);
  const list = milan.crl();
  const supplied = [supply("VCEK", der), supply("CRL", list)];
  const options = { endorser, revocation: REQUIRED };
  const good = await endorse(vek.report(), supplied, options);
  der.fill(0);
  list.fill(0);
  assert.deepEqual(good.endorsement?.vek.der, vek.der);
  const broken = await endorse(vek.report(), supplied, options);
  assert.equal(verdictOf(broken), "reject");
  const again = [supply("VCEK", vek.der), supply("CRL", milan.crl())];
  assert.deepEqual(await endorse(vek.report(), again, options), good);
});

test("an ASK that came with earlier evidence does not serve later one", async () => {
  const endorser = new Endorser({ roots: [milan.trustRoot([])] });
  const withAsk = [...certificates, supply("ASK", milan.ask.der)];
  const judge = async (supplied: typeof certificates): Promise<string> =>
    verdictOf(await endorse(vek.report(), supplied, { endorser }));
  assert.equal(await judge(certificates), "undecided");
  assert.equal(await judge(withAsk), "accept");
  assert.equal(await judge(certificates), "undecided");
  assert.equal(await judge(withAsk), "accept");
});

test("few entries are enough, and none is refused", async () => {
  const endorser = new Endorser({ roots: [milan.trustRoot()], cacheEntries: 1 });
  const another = milan.vcek({ keyLabel: "2" });
  for (const each of [vek, another, vek, another]) {
    const result = await endorse(each.report(), [supply("VCEK", each.der)], { endorser });
    assert.equal(verdictOf(result), "accept");
  }
  for (const cacheEntries of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => new Endorser({ cacheEntries }), RangeError);
  }
});

test("many at the same time do not disturb one another", async () => {
  for (const signatures of [onNode, onWeb]) {
    const endorser = new Endorser({ roots: [milan.trustRoot()], signatures, cacheEntries: 2 });
    const forged = milan.vcek({ issuer: { ...milan.ask, key: other.ask.key } });
    const veks = [vek, forged, milan.vlek(), milan.vcek({ keyLabel: "2" }), forged, vek];
    const verdicts = await Promise.all(
      [...veks, ...veks].map(async (each) =>
        verdictOf(await endorse(each.report(), [supply(each.kind, each.der)], { endorser })),
      ),
    );
    const expected = veks.map((each) => (each === forged ? "reject" : "accept"));
    assert.deepEqual(verdicts, [...expected, ...expected]);
  }
});

test("WebCrypto finds the same as Node", async () => {
  const roots = [milan.trustRoot()];
  const broken = vek.report();
  broken[0x90] = broken[0x90]! ^ 1;
  for (const report of [vek.report(), broken]) {
    const [node, web] = await Promise.all(
      [onNode, onWeb].map((signatures) =>
        endorse(report, certificates, { endorser: new Endorser({ roots, signatures }) }),
      ),
    );
    assert.deepEqual(web?.findings, node?.findings);
  }
});

test("a verifier that is out of order is not remembered as a failure", async () => {
  let broken = true;
  const endorser = new Endorser({
    roots: [milan.trustRoot()],
    signatures: {
      importKey: (spki, scheme) => {
        if (broken) throw new Error("no cryptography today");
        return onNode.importKey(spki, scheme);
      },
      verify: (key, message, signature) => onNode.verify(key, message, signature),
    },
  });
  await assert.rejects(endorse(vek.report(), certificates, { endorser }), /no cryptography today/);
  broken = false;
  assert.equal(verdictOf(await endorse(vek.report(), certificates, { endorser })), "accept");
});

test("the oldest unused entry of a bounded cache goes first", () => {
  const cache = new BoundedCache<number>(2);
  cache.set("a", 1);
  cache.set("b", 2);
  assert.equal(cache.get("a"), 1);
  cache.set("c", 3);
  assert.equal(cache.get("b"), undefined);
  assert.equal(cache.get("a"), 1);
  cache.set("a", 4);
  assert.equal(cache.get("c"), 3);
  assert.equal(cache.get("a"), 4);
});
