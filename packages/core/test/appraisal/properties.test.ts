// SPDX-License-Identifier: Apache-2.0
// What holds of every report and policy.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { appraise, outcomeOf } from "../../src/appraisal/index.ts";
import { DEFAULT_POLICY } from "../../src/appraisal/policy/index.ts";
import { encodeTcb } from "../../src/evidence/index.ts";
import type { ProductLine, Report } from "../../src/evidence/index.ts";
import { FINDINGS } from "../../src/finding/index.ts";
import { AT, evidence, expectOutcome, policy, report } from "./support.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const u32 = fc.nat(0xffff_ffff);
const u64 = fc.bigInt(0n, (1n << 64n) - 1n);

/** Any report that follows its layout. */
const anyReport: fc.Arbitrary<Report> = fc
  .record({
    version: fc.constantFrom(2 as const, 3 as const, 4 as const, 5 as const),
    guestSvn: u32,
    policy: u64,
    platformInfo: u64,
    vmpl: fc.oneof(fc.constantFrom(0, 1, 2, 3, 0xffff_ffff), u32),
    signerInfo: fc.nat(0x1f),
    chipId: fc.oneof(bytes(64), fc.constant(new Uint8Array(64))),
    measurement: bytes(48),
    reportData: bytes(64),
    reportedTcb: bytes(8),
    currentTcb: bytes(8),
    committedTcb: bytes(8),
    launchTcb: bytes(8),
    currentMajor: fc.nat(255),
    currentMinor: fc.nat(255),
    currentBuild: fc.nat(255),
  })
  .map((fields) => {
    const gates = fields.version >= 5 ? { launchMitVector: 1n, currentMitVector: 2n } : {};
    const unnamed = { cpuFamily: undefined, cpuModel: undefined, cpuStepping: undefined };
    const cpu = fields.version === 2 ? unnamed : {};
    return { ...report({}, "Milan"), ...fields, ...gates, ...cpu };
  });

const policies = [
  DEFAULT_POLICY,
  policy({
    evidence: {
      chips: { allow: ["ab".repeat(64)], deny: ["cd".repeat(64)] },
      csp: { allow: ["x"] },
    },
    platform: { tcb: { Milan: { snp: 1 } }, info: { ecc: 1 }, mitigations: { launch: 1 } },
    guest: { measurements: ["ab".repeat(48)], idBlock: { required: true }, svn: { minimum: 1 } },
  }),
];

test("every appraisal gives the same ids in the same order, each known, and never throws", () => {
  const input = { evidence: evidence(), at: AT };
  const ids = appraise({ ...input, report: report(), policy: DEFAULT_POLICY }).map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) assert.ok(Object.hasOwn(FINDINGS, id));
  fc.assert(
    fc.property(anyReport, fc.constantFrom(...policies), (given, rules) => {
      const findings = appraise({ ...input, report: given, policy: rules });
      assert.deepEqual(
        findings.map(({ id }) => id),
        ids,
      );
      assert.ok(["accepted", "rejected", "undecided"].includes(outcomeOf(findings)));
    }),
  );
});

test("a demand more never makes a rejected report accepted", () => {
  const open = policy({
    evidence: { hostRequested: "allow", chips: { masked: "allow" }, unknownExtensions: "allow" },
    platform: { firmware: { provisional: "allow" }, info: { unknown: "allow" } },
    guest: { policy: { debug: "any", migrateMa: "any", unknown: "allow" }, vmpl: "any" },
  });
  fc.assert(
    fc.property(anyReport, (given) => {
      const input = { report: given, evidence: evidence(), at: AT };
      const lax = outcomeOf(appraise({ ...input, policy: open }));
      const strict = outcomeOf(appraise({ ...input, policy: DEFAULT_POLICY }));
      assert.ok(!(lax === "rejected" && strict !== "rejected"));
    }),
  );
});

test("TCB floors: met exactly when no part is lower", () => {
  const part = fc.nat(255);
  const parts = fc.record({ bootloader: part, tee: part, snp: part, microcode: part });
  const lines = fc.constantFrom<ProductLine>("Milan", "Genoa");
  fc.assert(
    fc.property(lines, parts, parts, (line, floor, reported) => {
      const top = encodeTcb({ bootloader: 255, tee: 255, snp: 255, microcode: 255 }, line);
      const names = Object.keys(floor) as (keyof typeof floor)[];
      const met = names.every((name) => reported[name] >= floor[name]);
      expectOutcome("snp.tcb.reported-below-minimum", met ? "pass" : "fail", {
        line,
        policy: { platform: { tcb: { [line]: floor } } },
        report: { reportedTcb: encodeTcb(reported, line), currentTcb: top, committedTcb: top },
      });
    }),
  );
});
