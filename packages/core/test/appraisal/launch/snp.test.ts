// SPDX-License-Identifier: Apache-2.0
// Running SEV-SNP guests: the digest, the policy and the key that a secret would be encrypted to.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, test } from "node:test";
import { appraiseSnpLaunch, launchCandidates } from "../../../src/appraisal/launch/index.ts";
import type { SnpLaunchInput } from "../../../src/appraisal/launch/index.ts";
import { readFirmware } from "../../../src/firmware/index.ts";
import { vmsaProfile } from "../../../src/launch/index.ts";
import { fixtureFirmware } from "../../../../../fixtures/load.ts";
import { report } from "../support.ts";

const candidates = launchCandidates({
  generation: "sev-snp",
  firmwares: [
    { name: "OVMF.fd", firmware: readFirmware(fixtureFirmware("OVMF.amdsev-2026.08.fd")) },
  ],
  vcpus: 2,
  vcpuType: { name: "EPYC-v4", signature: 0x00800f12 },
  profiles: [vmsaProfile("qemu")],
  sevFeatures: [1n],
});

function rsa(bits: number): Uint8Array {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: bits });
  return publicKey.export({ type: "spki", format: "der" });
}

const key = rsa(2048);

function input(more: Partial<SnpLaunchInput> = {}): SnpLaunchInput {
  const { digest } = candidates[0]!;
  return {
    verdict: {
      outcome: "accepted",
      findings: [{ id: "snp.report.layout", outcome: "pass", title: "x" }],
      report: report({ measurement: digest, policy: 0x30000n }),
      needs: [],
    },
    candidates,
    policy: 0x30000n,
    guestKey: key,
    secretSizes: [20],
    ...more,
  };
}

const failed = (given: SnpLaunchInput): readonly string[] =>
  appraiseSnpLaunch(given)
    .findings.filter(({ outcome }) => outcome === "fail" || outcome === "unknown")
    .map(({ id }) => id);

test("a guest that is as planned", () => {
  const appraisal = appraiseSnpLaunch(input());
  assert.equal(appraisal.outcome, "accepted");
  assert.equal(appraisal.candidate?.digest.length, 48);
});

describe("a guest that is not", () => {
  test("by its digest", () => {
    const verdict = { ...input().verdict, report: report({ policy: 0x30000n }) };
    assert.deepEqual(failed(input({ verdict })), ["launch.measurement.mismatch"]);
  });

  test("by its policy", () => {
    assert.deepEqual(failed(input({ policy: 0x20000n })), ["launch.policy.differs"]);
  });

  test("by evidence that was rejected, or that is none", () => {
    const { report: _, ...rest } = input().verdict;
    const finding = { id: "snp.report.layout", outcome: "fail", title: "x" } as const;
    const verdict = { ...rest, outcome: "rejected" as const, findings: [finding] };
    const appraisal = appraiseSnpLaunch(input({ verdict }));
    assert.equal(appraisal.outcome, "rejected");
    assert.ok(appraisal.findings.includes(finding));
  });

  test("by its key", () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
    const ec = publicKey.export({ type: "spki", format: "der" });
    for (const guestKey of [ec, rsa(1024), rsa(4608), new Uint8Array(3)]) {
      assert.deepEqual(failed(input({ guestKey })), ["launch.guest-key.refused"]);
    }
  });

  test("by a secret that does not fit", () => {
    assert.deepEqual(failed(input({ secretSizes: [190] })), []);
    assert.deepEqual(failed(input({ secretSizes: [191] })), ["launch.secret.too-large-for-key"]);
  });
});
