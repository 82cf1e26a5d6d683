// SPDX-License-Identifier: Apache-2.0
// Reports that guests and hosts get: genuine under the simulator's root and only under it, whatever the
// line, the version and the key; with what the launch gave them.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { DEFAULT_POLICY, verifyEvidence } from "@greenlight/core/appraisal";
import { AMD_ROOTS, Endorser } from "@greenlight/core/endorsement";
import type { TrustRoot } from "@greenlight/core/endorsement";
import { decodeReport, decodeSignerInfo, readEvidence } from "@greenlight/core/evidence";
import type { Verdict } from "@greenlight/core/appraisal";
import { parsePolicy } from "@greenlight/core/policy";
import { USUAL_TCB, createHierarchy } from "@greenlight/psp/hierarchy";
import type { SnpLine } from "../../src/platform/shared.ts";
import type { SnpProcessor } from "../../src/snp/types.ts";
import { done, launch, processor, refused } from "./support.ts";

const LINES = ["Milan", "Genoa", "Turin"] as const;
const AT = Date.UTC(2026, 2, 1);
const reportData = new Uint8Array(64).fill(9);

function rootOf(line: SnpLine): TrustRoot {
  return createHierarchy({ line }).trustRoot();
}

/** What core says to a report with the certificates its host gives. */
async function verdictOn(
  report: Uint8Array,
  table: Uint8Array,
  roots: readonly TrustRoot[],
  policy: object = {},
): Promise<Verdict> {
  const evidence = readEvidence(Buffer.concat([report, table]));
  const endorser = new Endorser({ roots });
  return verifyEvidence(evidence, {
    endorser,
    at: AT,
    policy: parsePolicy({
      schema: DEFAULT_POLICY.schema,
      evidence: { revocation: { mode: "off" } },
      ...policy,
    }),
  });
}

async function genuine(snp: SnpProcessor, report: Uint8Array, line: SnpLine): Promise<Verdict> {
  return verdictOn(report, snp.certificateTable(), [rootOf(line)]);
}

const failing = (verdict: Verdict): readonly string[] =>
  verdict.findings.filter(({ outcome }) => outcome === "fail").map(({ id }) => id);

for (const line of LINES) {
  describe(line, () => {
    for (const reportVersion of [2, 3, 5] as const) {
      test(`version ${reportVersion}: verified under the simulator's root, not under AMD's`, async () => {
        const snp = processor(line, { snp: { reportVersion } });
        const guest = launch(snp);
        const report = await guest.channel().report({ reportData }, guest.carry);
        assert.equal(decodeReport(report).version, reportVersion);
        assert.deepEqual(decodeReport(report).reportData, reportData);
        assert.deepEqual(decodeReport(report).measurement, snp.launchDigest(guest.gctx));
        const verdict = await genuine(snp, report, line);
        assert.deepEqual(failing(verdict), []);
        const stranger = await verdictOn(report, snp.certificateTable(), AMD_ROOTS);
        assert.equal(stranger.outcome, "rejected");
      });
    }

    test("signed by a VLEK that was loaded", async () => {
      const snp = processor(line);
      done(snp.vlekLoad({ cspId: "CN=cc-test.example.invalid" }));
      const guest = launch(snp);
      const report = await guest.channel().report({ reportData }, guest.carry);
      assert.equal(decodeSignerInfo(decodeReport(report).signerInfo).signingKey, "VLEK");
      const verdict = await genuine(snp, report, line);
      assert.deepEqual(failing(verdict), []);
    });
  });
}

describe("what a report says", () => {
  test("is what the launch gave: host data, policy, VMPL, TCB versions", async () => {
    const currentTcb = { ...USUAL_TCB.Genoa, snp: 30 };
    const snp = processor("Genoa", {
      snp: { currentTcb, committedTcb: USUAL_TCB.Genoa, facts: { ciphertextHidingDram: true } },
    });
    done(snp.config({ reportedTcb: USUAL_TCB.Genoa }));
    const hostData = new Uint8Array(32).fill(3);
    const guest = launch(snp, { start: { policy: 0x1030000n }, finish: { hostData } });
    const bytes = await guest.channel(2).report({ reportData, vmpl: 3 }, guest.carry);
    const report = decodeReport(bytes);
    assert.equal(report.vmpl, 3);
    assert.equal(report.policy, 0x1030000n);
    assert.deepEqual(report.hostData, hostData);
    assert.equal(report.currentTcb[6], 30);
    assert.equal(report.reportedTcb[6], 25);
    assert.equal(report.launchTcb[6], 30);
    assert.equal(report.committedTcb[6], 25);
    assert.equal(report.platformInfo, 0x35n);
    assert.deepEqual(report.reportIdMa, new Uint8Array(32).fill(0xff));
    done(snp.commit());
    const after = decodeReport(await guest.channel().report({ reportData }, guest.carry));
    assert.equal(after.committedTcb[6], 30);
    assert.deepEqual(after.reportId, report.reportId);
  });

  test("a report asked for by the host has no data and says who asked", async () => {
    const snp = processor();
    const { gctx } = launch(snp);
    const { report } = done(snp.hostReport({ gctx }));
    const { vmpl, reportData: data } = decodeReport(report);
    assert.equal(vmpl, 0xffff_ffff);
    assert.deepEqual(data, new Uint8Array(64));
    const verdict = await genuine(snp, report, "Genoa");
    assert.deepEqual(failing(verdict), ["snp.vmpl.host-requested"]);
  });

  test("a masked chip id is zero; a masked chip key leaves the report without signature", async () => {
    const snp = processor();
    done(snp.config({ maskChipId: true }));
    const guest = launch(snp);
    const masked = await guest.channel().report({ reportData }, guest.carry);
    assert.deepEqual(decodeReport(masked).chipId, new Uint8Array(64));
    const refusal = await genuine(snp, masked, "Genoa");
    assert.equal(refusal.outcome, "rejected");

    done(snp.config({ maskChipId: false, maskChipKey: true }));
    const bare = decodeReport(done(snp.hostReport(guest)).report);
    assert.equal(decodeSignerInfo(bare.signerInfo).chipKeyMasked, true);
    assert.equal(decodeSignerInfo(bare.signerInfo).signingKey, "none");
    assert.deepEqual(bare.signatureR, new Uint8Array(48));
    assert.deepEqual(bare.signatureS, new Uint8Array(48));
  });

  test("a key that is disabled or absent is refused", async () => {
    const snp = processor();
    const guest = launch(snp, { finish: { vcekDisabled: true } });
    assert.equal(refused(snp.hostReport({ gctx: guest.gctx })), "INVALID_KEY");
    assert.equal(refused(snp.hostReport({ gctx: guest.gctx, keySelection: 2 })), "INVALID_KEY");
    await assert.rejects(guest.channel().report({ reportData }, guest.carry), {
      code: "refused",
      message: /INVALID_KEY/,
    });
    done(snp.vlekLoad());
    done(snp.hostReport({ gctx: guest.gctx }));
    assert.equal(refused(snp.hostReport({ gctx: guest.gctx, keySelection: 1 })), "INVALID_KEY");
  });
});

test("the same seeds give the same bytes: a report of each line", async () => {
  const digests = {
    Milan: "42def91d66c3e6a84494434587f3fa40f2e61f53a8087ffa5153e9b44d27428c",
    Genoa: "f865b29e8d3aa5269df1a11fd07157fe36144e3fcf891989a0263288b2b0c08d",
    Turin: "04f6388110337b82517facec03a9e46200ec5e6f078735bc1e33e0db183ddc87",
  } as const;
  for (const line of LINES) {
    const guest = launch(processor(line));
    const report = await guest.channel().report({ reportData }, guest.carry);
    assert.equal(createHash("sha256").update(report).digest("hex"), digests[line], line);
  }
});

describe("reports with faults are refused by name", () => {
  const faults = [
    ["flipped-bit", "snp.report.signature"],
    ["other-key", "snp.report.signature"],
    ["other-chip", "snp.vek.hwid-mismatch"],
  ] as const;
  for (const [report, id] of faults) {
    test(report, async () => {
      const snp = processor("Genoa", { faults: { snp: { report } } });
      const guest = launch(snp);
      const bytes = await guest.channel().report({ reportData }, guest.carry);
      const verdict = await genuine(snp, bytes, "Genoa");
      assert.ok(failing(verdict).includes(id), failing(verdict).join());
    });
  }

  test("replayed: an old report keeps its old data", async () => {
    const snp = processor("Genoa", { faults: { snp: { report: "replayed" } } });
    const guest = launch(snp);
    const channel = guest.channel();
    const first = await channel.report({ reportData }, guest.carry);
    const second = await channel.report({ reportData: new Uint8Array(64) }, guest.carry);
    assert.deepEqual(second, first);
  });

  test("debug-allowed shows in the policy", () => {
    const snp = processor("Genoa", { faults: { snp: { policy: "debug-allowed" } } });
    const { gctx } = launch(snp);
    assert.equal(decodeReport(done(snp.hostReport({ gctx })).report).policy, 0xb0000n);
  });
});
