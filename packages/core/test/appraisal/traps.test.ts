// SPDX-License-Identifier: Apache-2.0
// Mistakes that verifiers of SEV-SNP reports have made in judging genuine ones. Each has its test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { appraise, outcomeOf } from "../../src/appraisal/index.ts";
import { sha256 } from "../../src/crypto/node.ts";
import {
  AT,
  bytesOf,
  digitsOf,
  endorsement,
  evidence,
  expectOutcome,
  findingsOf,
  policy,
  report,
  tcb,
} from "./support.ts";

const measurement = bytesOf(1, 48);
const pinnedMeasurement = { guest: { measurements: [digitsOf(1, 48)] } };

test("trap 5: the stepping is ignored unless a policy names one", () => {
  expectOutcome("snp.product.line-refused", "pass", { line: "Milan", report: { cpuStepping: 0 } });
  expectOutcome("snp.product.cpu-refused", "skipped", {
    line: "Milan",
    report: { cpuStepping: 0 },
  });
});

test("trap 7: MASK_CHIP_KEY is not MASK_CHIP_ID", () => {
  // KEY_INFO bit 1 is about the signing key; a masked chip id shows as zeros and nothing else.
  expectOutcome("snp.chip-id.masked", "pass", { report: { signerInfo: 2 } });
  expectOutcome("snp.chip-id.masked", "fail", {
    report: { chipId: bytesOf(0, 64), signerInfo: 0 },
  });
});

test("trap 8: PLATFORM_INFO bit 6, which real Turin machines set, is known", () => {
  expectOutcome("snp.platform.unknown-bits", "pass", {
    line: "Turin",
    report: { platformInfo: 0x65n },
  });
  expectOutcome("snp.platform.iommu-write-safe", "skipped", {
    line: "Turin",
    report: { platformInfo: 0x65n },
  });
  const next = expectOutcome("snp.platform.unknown-bits", "fail", {
    report: { platformInfo: 0x165n },
  });
  assert.equal(next.actual, "0x100");
});

test("trap 9: TCB versions are compared part by part, not as one number", () => {
  // As a number the microcode outweighs everything else.
  const floors = { platform: { tcb: { Genoa: { snp: 25, microcode: 84 } } } };
  expectOutcome("snp.tcb.reported-below-minimum", "fail", {
    policy: floors,
    report: { reportedTcb: tcb({ snp: 24, microcode: 255 }) },
  });
  expectOutcome("snp.tcb.reported-above-current", "fail", {
    report: { reportedTcb: tcb({ bootloader: 11 }), currentTcb: tcb({ microcode: 255 }) },
  });
});

test("trap 9: Turin's TCB is not read by Milan's layout", () => {
  const floors = { platform: { tcb: { Turin: { fmc: 1, bootloader: 1, tee: 1, snp: 4 } } } };
  expectOutcome("snp.tcb.reported-below-minimum", "pass", { line: "Turin", policy: floors });
  // A report that names a Milan CPU and has Turin's parts: bytes 2 and 3 mean nothing there.
  const finding = expectOutcome("snp.tcb.reserved-bytes", "fail", {
    line: "Turin",
    report: { cpuFamily: 0x19, cpuModel: 1 },
  });
  assert.match(finding.actual ?? "", /reported: byte 2, 3/);
});

test("trap 9: a line without a floor is refused where another line has one", () => {
  const finding = expectOutcome("snp.tcb.reported-below-minimum", "fail", {
    line: "Turin",
    policy: { platform: { tcb: { Milan: { snp: 24 } } } },
  });
  assert.match(finding.title, /none for Turin/);
  expectOutcome("snp.tcb.reported-below-minimum", "pass", {
    line: "Turin",
    policy: { platform: { tcb: { Milan: { snp: 24 }, Turin: {} } } },
  });
});

test("trap 15: VMPL 0 is demanded by default, and the host's own reports are refused", () => {
  expectOutcome("snp.vmpl.refused", "pass", { report: { vmpl: 0 } });
  expectOutcome("snp.vmpl.refused", "fail", { report: { vmpl: 1 } });
  expectOutcome("snp.vmpl.host-requested", "fail", { report: { vmpl: 0xffff_ffff } });
  // Taking any VMPL does not take the host's.
  expectOutcome("snp.vmpl.host-requested", "fail", {
    policy: { guest: { vmpl: "any" } },
    report: { vmpl: 0xffff_ffff },
  });
});

test("trap 16: a version 2 report takes its line from the verified certificate", () => {
  const unnamed = { cpuFamily: 0, cpuModel: 0, cpuStepping: 0 };
  const v2 = { version: 2, ...unnamed, chipId: bytesOf(0, 64) } as const;
  const floors = { platform: { tcb: { Genoa: { snp: 25 } } } };
  expectOutcome("snp.tcb.reported-below-minimum", "unknown", { report: v2, policy: floors });
  expectOutcome("snp.product.line-refused", "unknown", { report: v2 });
  expectOutcome("snp.tcb.reported-below-minimum", "pass", {
    report: { ...v2, signerInfo: 1 << 2 },
    policy: floors,
    endorsement: endorsement("Genoa", "CN=here"),
  });
});

test("trap 17: the guest policy is checked although the measurement is pinned", () => {
  const findings = findingsOf({
    policy: pinnedMeasurement,
    report: { measurement, policy: 0xb0000n },
  });
  assert.equal(outcomeOf(findings), "rejected");
  expectOutcome("snp.measurement.not-allowed", "pass", {
    policy: pinnedMeasurement,
    report: { measurement, policy: 0xb0000n },
  });
  expectOutcome("snp.guest-policy.debug", "fail", { report: { policy: 0xb0000n } });
  expectOutcome("snp.guest-policy.migrate-ma", "fail", { report: { policy: 0x70000n } });
});

test("trap 18: host data and ID key are pinned or said not to be, and the SVN has a floor", () => {
  const hostData = expectOutcome("snp.host-data.mismatch", "skipped", {
    report: { hostData: bytesOf(7, 32) },
  });
  assert.equal(hostData.actual, digitsOf(7, 32));
  expectOutcome("snp.id-key.not-trusted", "skipped", { report: { idKeyDigest: bytesOf(7, 48) } });
  expectOutcome("snp.guest-svn.below-minimum", "fail", {
    policy: { guest: { svn: { minimum: 2 } } },
    report: { guestSvn: 1 },
  });
});

test("trap 18: trusted keys demand an ID block, so that leaving it out is no way around", () => {
  const given = {
    policy: { guest: { idBlock: { idKeys: [digitsOf(1, 48)] } } },
    report: { idKeyDigest: bytesOf(0, 48) },
  };
  expectOutcome("snp.id-block.missing", "fail", given);
  expectOutcome("snp.id-key.not-trusted", "fail", given);
  // Not even when the list holds zeros.
  const zeros = {
    ...given,
    policy: { guest: { idBlock: { idKeys: [digitsOf(0, 48)] } } },
  };
  expectOutcome("snp.id-key.not-trusted", "fail", zeros);
});

test("trap 21: a reported TCB older than the current one is legal", () => {
  const older = { reportedTcb: tcb({ snp: 20, microcode: 80 }) };
  expectOutcome("snp.tcb.reported-above-current", "pass", { report: older });
  assert.equal(outcomeOf(findingsOf({ report: older })), "accepted");
  // The launch TCB may be above the reported and the committed one.
  const launched = { ...older, launchTcb: tcb({ microcode: 90 }) };
  assert.equal(outcomeOf(findingsOf({ report: launched })), "accepted");
});

test("trap 22: Azure's hash of 32 bytes is compared over all 64 bytes of report data", () => {
  const text = Buffer.from('{ "keys" : [] }');
  const runtimeData = { bytes: text, hashType: 1 };
  const exact = Buffer.concat([sha256(text), Buffer.alloc(32)]);
  const id = "snp.report-data.runtime-data-mismatch";
  expectOutcome(id, "pass", { evidence: { runtimeData }, report: { reportData: exact } });
  const tail = Buffer.concat([sha256(text), Buffer.alloc(31), Buffer.of(1)]);
  expectOutcome(id, "fail", { evidence: { runtimeData }, report: { reportData: tail } });
  // The bytes count as they came: the same JSON written differently is something else.
  const rewritten = { bytes: Buffer.from('{"keys":[]}'), hashType: 1 };
  expectOutcome(id, "fail", {
    evidence: { runtimeData: rewritten },
    report: { reportData: exact },
  });
  expectOutcome(id, "fail", {
    evidence: { runtimeData: { ...runtimeData, hashType: 3 } },
    report: { reportData: exact },
  });
});

test("trap 22: runtime data is checked although something else is bound", () => {
  const runtimeData = { bytes: Buffer.from("{}"), hashType: 1 };
  const given = {
    evidence: { runtimeData },
    report: { reportData: bytesOf(1, 64) },
    binding: { kind: "raw", reportData: bytesOf(1, 64) },
  } as const;
  expectOutcome("snp.report-data.binding-mismatch", "pass", given);
  expectOutcome("snp.report-data.runtime-data-mismatch", "fail", given);
});

test("trap 24: nothing here looks at a clock; the instant is an argument", () => {
  const one = appraise({ report: report(), policy: policy(), evidence: evidence(), at: 0 });
  const other = appraise({ report: report(), policy: policy(), evidence: evidence(), at: AT });
  assert.deepEqual(one, other);
});
