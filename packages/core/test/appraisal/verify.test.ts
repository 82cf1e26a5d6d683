// SPDX-License-Identifier: Apache-2.0
// verifyEvidence(): from bytes to a verdict, with a hierarchy of our own and with real reports.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { createHierarchy } from "@greenlight/psp/hierarchy";
import type { Hierarchy } from "@greenlight/psp/hierarchy";
import { durationMs, verifyEvidence } from "../../src/appraisal/index.ts";
import type { Verdict } from "../../src/appraisal/index.ts";
import { DEFAULT_POLICY } from "../../src/appraisal/policy/index.ts";
import type { Policy } from "../../src/appraisal/policy/index.ts";
import { Endorser } from "../../src/endorsement/index.ts";
import type { EndorseInput } from "../../src/endorsement/index.ts";
import { readEvidence } from "../../src/evidence/index.ts";
import type { Evidence } from "../../src/evidence/index.ts";
import { APPRAISAL_FINDINGS } from "../../src/finding/catalogue-appraisal.ts";
import { ENDORSEMENT_FINDINGS } from "../../src/finding/catalogue-endorsement.ts";
import { missingVectors, readVector, readVectorJson } from "../support/vectors.ts";
import { AT, digitsOf, evidence, policy } from "./support.ts";

const LINE = "Genoa";
let hierarchy: Hierarchy;
let endorser: Endorser;
let genuine: Evidence;
before(() => {
  hierarchy = createHierarchy({ line: LINE });
  endorser = new Endorser({ roots: [hierarchy.trustRoot()] });
  const vcek = hierarchy.vcek();
  genuine = evidence({
    report: vcek.report(),
    certificates: [{ role: "VCEK", der: vcek.der, from: "test" }],
  });
});

const verified = (given: Evidence, rules: Policy = DEFAULT_POLICY): Promise<Verdict> =>
  verifyEvidence(given, { endorser, policy: rules, at: AT });

const failed = ({ findings }: Verdict): readonly string[] =>
  findings.filter(({ outcome }) => outcome === "fail").map(({ id }) => id);

test("a genuine report that the policy wants is accepted, with every check in the verdict", async () => {
  const verdict = await verified(genuine);
  assert.deepEqual(failed(verdict), []);
  assert.equal(verdict.outcome, "accepted");
  assert.equal(verdict.line, LINE);
  assert.equal(verdict.endorsement?.kind, "VCEK");
  const ids = new Set<string>(verdict.findings.map(({ id }) => id));
  for (const id of Object.keys(APPRAISAL_FINDINGS)) assert.ok(ids.has(id), id);
});

test("a genuine report that the policy does not want is rejected, with all reasons", async () => {
  const rules = policy({
    guest: { measurements: digitsOf(1, 48), svn: { minimum: 9 } },
    platform: { tcb: { Genoa: { snp: 255 } } },
  });
  const verdict = await verified(genuine, rules);
  assert.equal(verdict.outcome, "rejected");
  assert.deepEqual(failed(verdict), [
    "snp.tcb.reported-below-minimum",
    "snp.measurement.not-allowed",
    "snp.guest-svn.below-minimum",
  ]);
  assert.ok(verdict.endorsement !== undefined, "it is genuine all the same");
});

test("what is missing makes the verdict undecided, and is named", async () => {
  const verdict = await verified({ ...genuine, certificates: [] });
  assert.equal(verdict.outcome, "undecided");
  assert.equal(verdict.needs[0]?.kind, "VCEK");
  assert.equal(verdict.endorsement, undefined);
});

test("a changed bit anywhere in the signed part is never accepted", async () => {
  for (let offset = 0; offset < 0x2a0; offset += 37) {
    const report = genuine.report.slice();
    report[offset]! ^= 0x10;
    const verdict = await verified({ ...genuine, report });
    assert.notEqual(verdict.outcome, "accepted", `offset ${offset}`);
  }
});

test("a report that breaks its layout: every problem is told, everything else is skipped", async () => {
  const report = genuine.report.slice();
  report[0x4c] = 1;
  report[0x1eb] = 2;
  report[0x333] = 3;
  const verdict = await verified({ ...genuine, report });
  assert.equal(verdict.outcome, "rejected");
  assert.equal(verdict.report, undefined);
  const problems = verdict.findings.filter(({ outcome }) => outcome === "fail");
  assert.deepEqual(
    problems.map(({ id, where }) => [id, where?.offset]),
    [
      ["snp.report.layout", 0x4c],
      ["snp.report.layout", 0x1eb],
      ["snp.report.layout", 0x330],
    ],
  );
  const others = verdict.findings.slice(problems.length);
  assert.ok(others.every(({ outcome }) => outcome === "skipped"));
  const all = Object.keys({ ...ENDORSEMENT_FINDINGS, ...APPRAISAL_FINDINGS }).length;
  assert.equal(others.length, all - 1);
});

test("of another version or length nothing but that is said", async () => {
  const other = genuine.report.slice();
  other[0] = 6;
  other[0x4c] = 1;
  for (const [report, what] of [
    [other, /version/],
    [genuine.report.subarray(0, 1183), /1184 bytes/],
    [new Uint8Array(1185), /./],
    [new Uint8Array(0), /./],
    [new Uint8Array(1184), /version/],
  ] as const) {
    const verdict = await verified({ ...genuine, report });
    assert.equal(verdict.outcome, "rejected");
    const problems = verdict.findings.filter(({ outcome }) => outcome === "fail");
    assert.equal(problems.length, 1);
    assert.match(problems[0]!.title, what);
  }
});

test("the endorser is told what the policy says of revocation and masked chips", async () => {
  const asked: EndorseInput[] = [];
  const listening = {
    endorse(input: EndorseInput) {
      asked.push(input);
      return endorser.endorse(input);
    },
  };
  const rules = policy({
    evidence: { revocation: { mode: "required", maxAge: "36h" }, chips: { masked: "warn" } },
  });
  for (const each of [DEFAULT_POLICY, rules]) {
    await verifyEvidence(genuine, { endorser: listening, policy: each, at: AT });
  }
  const told = asked.map(({ revocation, allowMaskedChipId }) => ({
    revocation,
    allowMaskedChipId,
  }));
  assert.deepEqual(told, [
    { revocation: { mode: "if-available" }, allowMaskedChipId: false },
    { revocation: { mode: "required", maxAge: 129_600_000 }, allowMaskedChipId: true },
  ]);
  assert.equal(durationMs("90m"), 5_400_000);
  assert.equal(durationMs("60d"), 5_184_000_000);
  assert.equal(durationMs("any"), undefined);
});

/** An instant at which the certificates of this vector are valid. */
const instantOf = (file: string): number =>
  Date.parse(file.includes("vlek") ? "2025-06-01T00:00:00Z" : "2026-09-01T00:00:00Z");

interface Vector {
  readonly file: string;
  readonly kind: string;
  readonly expected?: string;
}

const INDEX = "snp/index.json";
test(
  "real reports give what they must under the default policy",
  { skip: missingVectors(INDEX) },
  async () => {
    const { vectors } = readVectorJson(INDEX) as { readonly vectors: readonly Vector[] };
    const real = new Endorser();
    let seen = 0;
    for (const { file, kind, expected = "" } of vectors) {
      if (kind !== "extended-report") continue;
      const verdict = await verifyEvidence(readEvidence(readVector(`snp/${file}`)), {
        endorser: real,
        policy: policy(file.includes("vlek") ? { guest: { vmpl: [1] } } : {}),
        at: instantOf(file),
      });
      const rejected = expected.startsWith("REJECT") || expected.includes("must REJECT (debug");
      assert.equal(
        verdict.outcome,
        rejected ? "rejected" : "accepted",
        `${file}: ${failed(verdict).join(" ")}`,
      );
      if (file.includes("debug")) assert.deepEqual(failed(verdict), ["snp.guest-policy.debug"]);
      seen++;
    }
    assert.ok(seen >= 16);
  },
);

test(
  "firmware that is not committed is rejected when the policy insists",
  { skip: missingVectors(INDEX) },
  async () => {
    const file = "snp/extended/milan-v2-idblock-azure.ext.bin";
    const given = readEvidence(readVector(file));
    const rules = policy({ platform: { firmware: { provisional: "refuse" } } });
    const verdict = await verifyEvidence(given, {
      endorser: new Endorser(),
      policy: rules,
      at: instantOf(file),
    });
    assert.deepEqual(failed(verdict), ["snp.tcb.not-committed"]);
  },
);

test(
  "trap 15: a real report of VMPL 1 is refused until the policy takes it",
  { skip: missingVectors(INDEX) },
  async () => {
    const file = "snp/extended/milan-v3-vlek-aws.ext.bin";
    const given = readEvidence(readVector(file));
    const context = { endorser: new Endorser(), at: instantOf(file) };
    const byDefault = await verifyEvidence(given, { ...context, policy: DEFAULT_POLICY });
    assert.deepEqual(failed(byDefault), ["snp.vmpl.refused"]);
    const csp = {
      guest: { vmpl: [1] },
      evidence: { csp: { allow: ["CN=cc-us-east-2.amazonaws.com"] } },
    };
    const taken = await verifyEvidence(given, { ...context, policy: policy(csp) });
    assert.equal(taken.outcome, "accepted");
    const elsewhere = policy({ ...csp, evidence: { csp: { allow: ["CN=elsewhere"] } } });
    assert.deepEqual(failed(await verifyEvidence(given, { ...context, policy: elsewhere })), [
      "snp.csp.not-allowed",
    ]);
  },
);
