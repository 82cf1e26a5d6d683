// SPDX-License-Identifier: Apache-2.0
// The legacy report: what core verifies under the PEK, and only that.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { parseSevCertificate, verifySevAttestationReport } from "@greenlight/core/sev-endorsement";
import { parseSevAttestationReport } from "@greenlight/core/sev-evidence";
import { bytes, done, launched, refused, running, session } from "../support/sev.ts";

describe("ATTESTATION", () => {
  test("gives a report that core verifies under the PEK, in LSECRET and in RUNNING", async () => {
    const platform = running();
    const owner = await session(platform);
    const handle = launched(platform, owner);
    const data = bytes(4096);
    const mnonce = bytes(16);
    refused(platform.sev.attestation({ handle, mnonce }), "INVALID_GUEST_STATE");
    done(platform.sev.launchUpdateData({ handle, data }));
    done(platform.sev.launchMeasure({ handle }));
    const digest = createHash("sha256").update(data).digest();
    const pek = parseSevCertificate(done(platform.sev.pdhCertExport()).certs.subarray(0, 2084));
    for (const state of ["LSECRET", "RUNNING"]) {
      assert.equal(done(platform.sev.guestStatus({ handle })).state, state);
      const { report } = done(platform.sev.attestation({ handle, mnonce }));
      const findings = await verifySevAttestationReport({
        report: parseSevAttestationReport(report),
        pek,
        expected: { mnonce, digest, policy: owner.policy },
      });
      assert.deepEqual(
        findings.filter(({ outcome }) => outcome !== "pass"),
        [],
      );
      if (state === "LSECRET") done(platform.sev.launchFinish({ handle }));
    }
    refused(platform.sev.attestation({ handle, mnonce: bytes(15) }), "INVALID_LENGTH");
    refused(platform.sev.attestation({ handle, mnonce, length: 207 }), "INVALID_LENGTH");
  });

  test("by another key than the PEK is refused by core", async () => {
    const platform = running({ faults: { attestation: "other-key" } });
    const handle = launched(platform, await session(platform));
    done(platform.sev.launchMeasure({ handle }));
    const { report } = done(platform.sev.attestation({ handle, mnonce: bytes(16) }));
    const findings = await verifySevAttestationReport({
      report: parseSevAttestationReport(report),
      pek: parseSevCertificate(done(platform.sev.pdhCertExport()).certs.subarray(0, 2084)),
      expected: {},
    });
    assert.ok(findings.some(({ outcome }) => outcome === "fail"));
  });
});
