// SPDX-License-Identifier: Apache-2.0
// Revocation lists: three modes, freshness, who may issue them, and what stands on them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createHierarchy } from "@greenlight/psp/hierarchy";
import type { RevocationListEdit } from "@greenlight/psp/hierarchy";
import type { EndorseResult, Endorser, RevocationRule } from "../../src/endorsement/index.ts";
import type { SuppliedCertificate } from "../../src/evidence/index.ts";
import { missingVectors, readVector } from "../support/vectors.ts";
import {
  AT,
  IF_AVAILABLE,
  OFF,
  REQUIRED,
  endorse,
  idsOf,
  outcomeOf,
  supply,
  supplyVector,
  titleOf,
  trusting,
  verdictOf,
} from "./support.ts";

const skip = missingVectors("snp/index.json");
const DAY = 86_400_000;
const HOUR = DAY / 24;

const milan = createHierarchy({ line: "Milan" });
const vek = milan.vcek();
const vlek = milan.vlek();

/** The verdict on a good report with these lists. */
function withLists(
  lists: readonly (Uint8Array | SuppliedCertificate)[],
  revocation: RevocationRule = REQUIRED,
  at: number = AT,
  endorser: Endorser = trusting(milan).endorser,
): Promise<EndorseResult> {
  const supplied = lists.map((list) => (list instanceof Uint8Array ? supply("CRL", list) : list));
  const certificates = [supply("VCEK", vek.der), ...supplied];
  return endorse(vek.report(), certificates, { endorser, at, revocation });
}

const revocationOf = ({ findings }: EndorseResult): Readonly<Record<string, string>> =>
  Object.fromEntries(
    findings
      .filter(({ id }) => id.startsWith("snp.revocation."))
      .map(({ id, outcome }) => [id.slice("snp.revocation.".length), outcome]),
  );

// The windows of the five lists, and a real report of each line with its VCEK.
const REAL_LISTS = [
  ["genoa-2024-10-23", "2024-10-23T04:36:24Z", "2025-11-03T01:00:00Z"],
  ["genoa-2026-08-19", "2026-08-19T14:09:01Z", "2026-10-04T00:00:00Z"],
  ["milan-2025-05-06", "2025-05-06T12:39:06Z", "2026-05-12T00:00:00Z"],
  ["milan-2026-08-19", undefined, "2026-10-04T00:00:00Z"],
  ["turin-2026-08-19", undefined, "2026-10-04T00:00:00Z"],
] as const;
const REAL_REPORTS = {
  genoa: "azure-genoa-trustee",
  milan: "azure-live-attestationrs",
  turin: "turin-v5-aci",
} as const;

for (const [name, from = "2026-08-20T00:00:00Z", until] of REAL_LISTS) {
  test(
    `trap 13: the real list ${name} counts inside its window and not outside`,
    { skip },
    async () => {
      const line = name.slice(0, 5) as keyof typeof REAL_REPORTS;
      const certificates = [
        supplyVector("VCEK", `veks/${REAL_REPORTS[line]}`),
        supplyVector("CRL", `crl/kds-vcek-${name}`),
      ];
      const bytes = readVector(`snp/reports/${REAL_REPORTS[line]}.bin`);
      const judge = (at: string | number, revocation: RevocationRule = REQUIRED) =>
        endorse(bytes, certificates, {
          at: typeof at === "number" ? at : Date.parse(at),
          revocation,
        });
      const end = Date.parse(until);
      // The VCEK of the Genoa report is younger than the older list.
      const start = Math.max(Date.parse(from), Date.UTC(2025, 1, 1));
      for (const at of [start, end]) {
        const inside = await judge(at);
        assert.equal(verdictOf(inside), "accept", new Date(at).toISOString());
        assert.equal(inside.endorsement?.validUntil, end);
        assert.deepEqual(inside.needs, []);
        assert.equal(outcomeOf(inside, "snp.revocation.ask-revoked"), "pass");
      }
      const stale = await judge(end + 1000);
      assert.equal(verdictOf(stale), "undecided");
      assert.deepEqual(idsOf(stale, "unknown"), ["snp.revocation.stale"]);
      assert.deepEqual(
        stale.needs.map(({ kind }) => kind),
        ["CRL"],
      );
      const warned = await judge(end + 1000, IF_AVAILABLE);
      assert.equal(verdictOf(warned), "accept");
      assert.equal(outcomeOf(warned, "snp.revocation.stale"), "warn");
      const early = await judge(Date.parse(from) - DAY);
      assert.equal(outcomeOf(early, "snp.revocation.not-yet-valid"), "unknown");
    },
  );
}

test("a list of AMD's that was altered is refused", { skip }, async () => {
  const certificates = (at: number): readonly SuppliedCertificate[] => {
    const der = readVector("snp/crl/kds-vcek-milan-2026-08-19.crl");
    der[at] = der[at]! ^ 1;
    return [supplyVector("VCEK", "veks/milan-v3-aci"), supply("CRL", der)];
  };
  const report = readVector("snp/reports/milan-v3-aci.bin");
  const last = await endorse(report, certificates(865), { revocation: REQUIRED });
  assert.deepEqual(idsOf(last, "fail"), ["snp.revocation.signature"]);
  assert.equal(outcomeOf(last, "snp.revocation.unknown"), "unknown");
  assert.equal(last.endorsement, undefined);
});

test("the three modes without a list", async () => {
  const off = await withLists([], OFF);
  assert.equal(verdictOf(off), "accept");
  assert.deepEqual([...new Set(Object.values(revocationOf(off)))], ["skipped"]);
  assert.deepEqual(off.needs, []);

  const need = [{ kind: "CRL", line: "Milan", endorser: "vcek" }];
  const relaxed = await withLists([], IF_AVAILABLE);
  assert.equal(verdictOf(relaxed), "accept");
  assert.equal(outcomeOf(relaxed, "snp.revocation.unknown"), "warn");
  assert.deepEqual(relaxed.needs, need);
  assert.ok(relaxed.endorsement !== undefined);

  const required = await withLists([], REQUIRED);
  assert.equal(verdictOf(required), "undecided");
  assert.deepEqual(idsOf(required, "unknown"), ["snp.revocation.unknown"]);
  assert.deepEqual(required.needs, need);
  // Genuine it is, and for what else is to be judged that is enough.
  assert.ok(required.endorsement !== undefined);
});

test("a VLEK asks for the list of its own path", async () => {
  const { needs } = await endorse(vlek.report(), [supply("VLEK", vlek.der)], {
    ...trusting(milan),
    revocation: REQUIRED,
  });
  assert.deepEqual(needs, [{ kind: "CRL", line: "Milan", endorser: "vlek" }]);
});

test("ARK, ASK and ASVK are looked for on the list, the serial of the key never", async () => {
  const date = Date.UTC(2026, 2, 1);
  const revoked = async (serial: bigint, kind: "VCEK" | "VLEK"): Promise<readonly string[]> => {
    const crl = milan.crl({ revoked: [{ serial, date, reason: 1 }] });
    const key = kind === "VCEK" ? vek : vlek;
    const result = await endorse(key.report(), [supply(kind, key.der), supply("CRL", crl)], {
      ...trusting(milan),
      revocation: REQUIRED,
    });
    assert.equal(result.endorsement === undefined, idsOf(result, "fail").length > 0);
    return idsOf(result, "fail");
  };
  const { ark, ask, asvk } = milan;
  assert.deepEqual(await revoked(ask.serial, "VCEK"), ["snp.revocation.ask-revoked"]);
  assert.deepEqual(await revoked(ask.serial, "VLEK"), []);
  assert.deepEqual(await revoked(asvk.serial, "VLEK"), ["snp.revocation.ask-revoked"]);
  assert.deepEqual(await revoked(asvk.serial, "VCEK"), []);
  assert.deepEqual(await revoked(ark.serial, "VCEK"), ["snp.revocation.ark-revoked"]);
  assert.deepEqual(await revoked(ark.serial, "VLEK"), ["snp.revocation.ark-revoked"]);
  // Every VCEK and VLEK has the serial number zero.
  assert.deepEqual(await revoked(0n, "VCEK"), []);
  assert.deepEqual(await revoked(0n, "VLEK"), []);

  const crl = milan.crl({ revoked: [{ serial: ask.serial, date, reason: 1 }] });
  const result = await withLists([crl], IF_AVAILABLE);
  assert.match(titleOf(result, "snp.revocation.ask-revoked"), /0x10001, since 2026-03-01.*keyComp/);
});

test("a list that is stale, and even one from later, still revokes", async () => {
  const entry = { serial: milan.ask.serial, date: Date.UTC(2026, 2, 1) };
  const start = Date.UTC(2026, 2, 1);
  const stale = milan.crl({ revoked: [entry], thisUpdate: start, nextUpdate: start + DAY });
  const later = milan.crl({ revoked: [entry], thisUpdate: AT + DAY, nextUpdate: AT + 9 * DAY });
  const current = milan.crl({ number: 2n });
  for (const lists of [[stale], [later], [current, stale], [stale, current], [current, later]]) {
    const result = await withLists(lists);
    assert.deepEqual(idsOf(result, "fail"), ["snp.revocation.ask-revoked"]);
  }
});

test("the newest current list counts, whatever the order", async () => {
  const older = milan.crl({ thisUpdate: AT - 20 * DAY, nextUpdate: AT + DAY });
  const newer = milan.crl({ thisUpdate: AT - 10 * DAY, nextUpdate: AT + 2 * DAY });
  const future = milan.crl({ thisUpdate: AT + DAY, nextUpdate: AT + 30 * DAY });
  const lists = [older, newer, future];
  for (const order of [lists, lists.toReversed(), [newer, future, older]]) {
    const result = await withLists(order);
    assert.equal(verdictOf(result), "accept");
    assert.equal(result.endorsement?.validUntil, AT + 2 * DAY);
  }
});

test("a greatest age counts beside nextUpdate", async () => {
  const list = milan.crl({ thisUpdate: AT - 5 * DAY, nextUpdate: AT + 300 * DAY });
  const rule = (maxAge: number): RevocationRule => ({ mode: "required", maxAge });
  const young = await withLists([list], rule(5 * DAY));
  assert.equal(verdictOf(young), "accept");
  assert.equal(young.endorsement?.validUntil, AT);
  const old = await withLists([list], rule(5 * DAY - 1000));
  assert.deepEqual(idsOf(old, "unknown"), ["snp.revocation.too-old"]);
  assert.equal(old.needs[0]?.kind, "CRL");
  const relaxed = await withLists([list], { mode: "if-available", maxAge: HOUR });
  assert.equal(verdictOf(relaxed), "accept");
  assert.equal(outcomeOf(relaxed, "snp.revocation.too-old"), "warn");
  assert.equal(outcomeOf(await withLists([list]), "snp.revocation.too-old"), "skipped");
});

test("lists of others do not count, and are named", async () => {
  const other = createHierarchy({ line: "Genoa" });
  const result = await withLists([other.crl()]);
  assert.deepEqual(idsOf(result, "unknown"), ["snp.revocation.unknown"]);
  assert.match(titleOf(result, "snp.revocation.unknown"), /ARK-Genoa-Simulator/);
  const both = await withLists([other.crl(), milan.crl()]);
  assert.equal(verdictOf(both), "accept");
  assert.deepEqual(idsOf(both, "warn"), ["snp.chain.ark-not-amd"]);
});

test("a forged list is refused alone, and ignored beside a good one", async () => {
  const other = createHierarchy({ line: "Milan", seed: "other" });
  const forged = milan.crl({ signer: other.ark.key });
  for (const rule of [REQUIRED, IF_AVAILABLE]) {
    const alone = await withLists([forged], rule);
    assert.deepEqual(idsOf(alone, "fail"), ["snp.revocation.signature"]);
  }
  for (const lists of [
    [forged, milan.crl()],
    [milan.crl(), forged],
  ]) {
    const result = await withLists(lists);
    assert.equal(verdictOf(result), "accept");
    assert.equal(outcomeOf(result, "snp.revocation.signature"), "warn");
  }
  // The ASK may not sign lists.
  const byAsk = await withLists([milan.crl({ signer: milan.ask.key })]);
  assert.deepEqual(idsOf(byAsk, "fail"), ["snp.revocation.signature"]);
});

test("a list without nextUpdate is current at no time", async () => {
  const edit: RevocationListEdit = ({ nextUpdate: _, ...fields }) => fields;
  const result = await withLists([milan.crl({ edit })]);
  assert.deepEqual(idsOf(result, "unknown"), ["snp.revocation.stale"]);
});

test("a list with a critical extension, such as a partial one, does not count", async () => {
  const edit: RevocationListEdit = (fields) => ({
    ...fields,
    // deltaCRLIndicator (RFC 5280 section 5.2.4).
    extensions: [
      ...fields.extensions,
      { oid: "2.5.29.27", critical: true, value: Uint8Array.of(2, 1, 0) },
    ],
  });
  const result = await withLists([milan.crl({ edit })]);
  assert.deepEqual(idsOf(result, "unknown"), ["snp.revocation.unknown"]);
  assert.match(titleOf(result, "snp.revocation.layout"), /2\.5\.29\.27/);
});

test("something that is no list is ignored with a warning", async () => {
  const result = await withLists([Uint8Array.of(0x30, 0x00)]);
  assert.equal(outcomeOf(result, "snp.revocation.layout"), "warn");
  assert.equal(verdictOf(result), "undecided");
});

test("lists without a role are recognized", async () => {
  const result = await withLists([supply(undefined, milan.crl())]);
  assert.equal(verdictOf(result), "accept");
});

test("a state that was kept does not outlive its window", async () => {
  const { endorser } = trusting(milan);
  const list = milan.crl({ thisUpdate: AT - DAY, nextUpdate: AT + DAY });
  const outcomes: string[] = [];
  for (const at of [AT, AT + DAY, AT + DAY + 1000, AT, AT - DAY - 1000, AT - DAY]) {
    outcomes.push(verdictOf(await withLists([list], REQUIRED, at, endorser)));
  }
  assert.deepEqual(outcomes, ["accept", "accept", "undecided", "accept", "undecided", "accept"]);
  // Nor does it serve other lists or another rule.
  assert.equal(verdictOf(await withLists([], REQUIRED, AT, endorser)), "undecided");
  const strict = { mode: "required", maxAge: HOUR } as const;
  assert.equal(verdictOf(await withLists([list], strict, AT, endorser)), "undecided");
});
