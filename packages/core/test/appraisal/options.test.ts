// SPDX-License-Identifier: Apache-2.0
// Everything a policy can demand: a report that satisfies the demand, and one that does not.

import assert from "node:assert/strict";
import { test } from "node:test";
import { policyFields } from "../../src/appraisal/policy/index.ts";
import { sha256, sha512 } from "../../src/crypto/node.ts";
import { EVIDENCE_ROWS } from "./rows/evidence.ts";
import { GUEST_ROWS } from "./rows/guest.ts";
import { PLATFORM_ROWS } from "./rows/platform.ts";
import { bytesOf, digitsOf, expectOutcome } from "./support.ts";
import type { Case } from "./support.ts";

const ROWS = [...EVIDENCE_ROWS, ...PLATFORM_ROWS, ...GUEST_ROWS];

const runtimeData = { bytes: Buffer.from("{}"), hashType: 1 };
const hclReportData = Buffer.concat([sha256(Buffer.from("{}")), Buffer.alloc(32)]);

for (const { field, id, policy, cases } of ROWS) {
  test(`${field} ${JSON.stringify(policy).slice(0, 90)}: ${id}`, () => {
    for (const [outcome, given] of cases) {
      const finding = expectOutcome(id, outcome, { ...given, policy });
      if (outcome === "fail" || outcome === "unknown") {
        const known = ["binding-mismatch", "committed-above"].some((end) => id.includes(end));
        assert.ok(known || finding.hint !== undefined, `${id} says what to do`);
      }
    }
  });
}

test("every field of a policy is tested here, or judged elsewhere", () => {
  const elsewhere = new Set(["evidence.revocation.mode", "evidence.revocation.maxAge"]);
  const tested = new Set(ROWS.map(({ field }) => field));
  const missing = policyFields()
    .map(({ path }) => path.join("."))
    .filter((field) => !tested.has(field) && !elsewhere.has(field));
  assert.deepEqual(missing, []);
});

test("the default policy takes an ordinary report, and warns of what it does not pin", () => {
  expectOutcome("snp.measurement.not-demanded", "warn", {});
  expectOutcome("snp.report-data.unbound", "warn", {});
  expectOutcome("snp.measurement.not-demanded", "pass", {
    policy: { guest: { measurements: digitsOf(1, 48) } },
  });
  expectOutcome("snp.report-data.unbound", "pass", {
    policy: { guest: { reportData: digitsOf(1, 64) } },
  });
});

test("a label is told when its value matches", () => {
  const finding = expectOutcome("snp.measurement.not-allowed", "pass", {
    policy: { guest: { measurements: [{ value: digitsOf(1, 48), label: "web 1.2" }] } },
    report: { measurement: bytesOf(1, 48) },
  });
  assert.match(finding.title, /web 1\.2$/);
});

test("bindings: every kind, with the right report data and another", () => {
  const nonce = bytesOf(1, 64);
  const key = bytesOf(2, 120);
  const manifest = bytesOf(3, 77);
  const padded = (value: Uint8Array): Uint8Array => {
    const all = new Uint8Array(64);
    all.set(value);
    return all;
  };
  const joined = (a: Uint8Array, b: Uint8Array): Uint8Array => sha512(Buffer.concat([a, b]));
  const rows: readonly (readonly [NonNullable<Case["binding"]>, Uint8Array])[] = [
    [{ kind: "raw", reportData: bytesOf(9, 64) }, bytesOf(9, 64)],
    [{ kind: "padded", value: bytesOf(9, 48) }, padded(bytesOf(9, 48))],
    [{ kind: "padded", value: new Uint8Array(0) }, bytesOf(0, 64)],
    [{ kind: "nonce-and-key", nonce, key }, joined(nonce, key)],
    [{ kind: "tls-key", spki: key, hash: "SHA-256" }, padded(sha256(key))],
    [{ kind: "tls-key", spki: key, hash: "SHA-512" }, sha512(key)],
    [{ kind: "svsm-manifest", nonce }, joined(nonce, manifest)],
    [{ kind: "svsm-manifest", nonce, manifest: key }, joined(nonce, key)],
    [{ kind: "azure-hcl" }, hclReportData],
  ];
  for (const [binding, reportData] of rows) {
    const given = { binding, evidence: { manifest, runtimeData } };
    expectOutcome("snp.report-data.binding-mismatch", "pass", { ...given, report: { reportData } });
    const other = reportData.map((byte, index) => (index === 63 ? byte ^ 1 : byte));
    expectOutcome("snp.report-data.binding-mismatch", "fail", {
      ...given,
      report: { reportData: other },
    });
  }
});

test("bindings: what is not there is undecided, what cannot be fails", () => {
  const id = "snp.report-data.binding-mismatch";
  expectOutcome(id, "unknown", { binding: { kind: "svsm-manifest", nonce: bytesOf(1, 64) } });
  expectOutcome(id, "unknown", { binding: { kind: "azure-hcl" } });
  expectOutcome(id, "fail", { binding: { kind: "raw", reportData: bytesOf(1, 63) } });
  expectOutcome(id, "fail", { binding: { kind: "padded", value: bytesOf(1, 65) } });
  expectOutcome(id, "fail", {
    binding: { kind: "azure-hcl" },
    evidence: { runtimeData: { bytes: bytesOf(1, 5), hashType: 2 } },
  });
});
