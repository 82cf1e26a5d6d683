// SPDX-License-Identifier: Apache-2.0
// Legacy attestation reports: the vector's, ones made here, and every wrong thing they can say.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hexDecode } from "../../../src/bytes/index.ts";
import {
  SEV_ALGORITHM,
  SEV_USAGE,
  parseSevCertificate,
  verifySevAttestationReport,
} from "../../../src/endorsement/sev/index.ts";
import type { SevReportInput } from "../../../src/endorsement/sev/index.ts";
import {
  SEV_ATTESTATION_REPORT,
  SEV_ATTESTATION_REPORT_SIGNED_SIZE,
  parseSevAttestationReport,
} from "../../../src/evidence/sev/index.ts";
import { missingVectors, readVector, readVectorJson } from "../../support/vectors.ts";
import { makePlatform, signed } from "./support.ts";

const { chain, keys } = makePlatform();
const STATED = {
  mnonce: new Uint8Array(16).fill(1),
  launchDigest: new Uint8Array(32).fill(2),
  policy: 0x3701_0007,
};

/** A report signed by a key, which says that it is the one with that usage. */
function report(key = keys.pek.privateKey, usage: number = SEV_USAGE.PEK, algorithm = 2) {
  const fields = {
    ...STATED,
    signatureUsage: usage,
    signatureAlgorithm: algorithm,
    signatureR: new Uint8Array(48),
    signatureS: new Uint8Array(48),
  };
  const body = SEV_ATTESTATION_REPORT.encode(fields).subarray(
    0,
    SEV_ATTESTATION_REPORT_SIGNED_SIZE,
  );
  const { bytes } = signed(usage, algorithm, key, body);
  return SEV_ATTESTATION_REPORT.encode({
    ...fields,
    signatureR: bytes.subarray(0, 48),
    signatureS: bytes.subarray(72, 120),
  });
}

const judge = async (bytes: Uint8Array, expected: SevReportInput["expected"] = {}) => {
  const findings = await verifySevAttestationReport({
    report: parseSevAttestationReport(bytes),
    pek: chain.pek,
    expected,
  });
  return Object.fromEntries(findings.map(({ id, outcome }) => [id.slice(11), outcome]));
};

test("a report of the platform says what is expected", async () => {
  const { launchDigest: digest, ...others } = STATED;
  assert.deepEqual(await judge(report(), { ...others, digest }), {
    signer: "pass",
    signature: "pass",
    "mnonce-mismatch": "pass",
    "digest-mismatch": "pass",
    "policy-mismatch": "pass",
  });
  assert.deepEqual(await judge(report()), {
    signer: "pass",
    signature: "pass",
    "mnonce-mismatch": "warn",
    "digest-mismatch": "skipped",
    "policy-mismatch": "skipped",
  });
});

test("what is not expected fails, each by itself", async () => {
  const wrong = await judge(report(), {
    mnonce: new Uint8Array(16),
    digest: new Uint8Array(32),
    policy: 7,
  });
  assert.deepEqual(wrong, {
    signer: "pass",
    signature: "pass",
    "mnonce-mismatch": "fail",
    "digest-mismatch": "fail",
    "policy-mismatch": "fail",
  });
  const short = await judge(report(), { mnonce: new Uint8Array(15) });
  assert.equal(short["mnonce-mismatch"], "fail");
});

test("other keys, usages and algorithms fail", async () => {
  assert.equal((await judge(report(keys.oca.privateKey)))["signature"], "fail");
  assert.equal((await judge(report(keys.pek.privateKey, SEV_USAGE.CEK)))["signer"], "fail");
  const other = await judge(report(keys.pek.privateKey, SEV_USAGE.PEK, 0x102));
  assert.equal(other["signature"], "pass");
  const claimed = Uint8Array.from(report());
  claimed[0x38] = SEV_ALGORITHM["RSA-SHA256"];
  assert.equal((await judge(claimed))["signature"], "fail");
});

test("one flipped bit in the signed part or the signature is found", async () => {
  const whole = report();
  const signedBits = SEV_ATTESTATION_REPORT_SIGNED_SIZE * 8;
  const place = fc.oneof(
    fc.nat(signedBits - 1),
    fc.integer({ min: 0x40 * 8, max: 0x70 * 8 - 1 }),
    fc.integer({ min: 0x88 * 8, max: 0xb8 * 8 - 1 }),
  );
  await fc.assert(
    fc.asyncProperty(place, async (bit) => {
      const bytes = Uint8Array.from(whole);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      assert.equal((await judge(bytes))["signature"], "fail");
    }),
    { numRuns: 60 },
  );
});

test("other lengths and reserved bytes are refused", () => {
  const whole = report();
  assert.throws(() => parseSevAttestationReport(whole.subarray(1)), { code: "truncated" });
  assert.throws(() => parseSevAttestationReport(Uint8Array.of(...whole, 0)), {
    code: "trailing-bytes",
  });
  for (const at of [0x3c, 0x70, 0x9f + 0x19, 0xcf]) {
    const bytes = Uint8Array.from(whole);
    bytes[at] = 1;
    assert.throws(() => parseSevAttestationReport(bytes), { code: "must-be-zero" });
  }
});

test(
  "the vector's report is its PEK's",
  { skip: missingVectors("sev/sim/attestation_report.bin") },
  async () => {
    const { ld } = readVectorJson("sev/sim/vector.json") as { readonly ld: string };
    const findings = await verifySevAttestationReport({
      report: parseSevAttestationReport(readVector("sev/sim/attestation_report.bin")),
      pek: parseSevCertificate(readVector("sev/sim/pek.bin")),
      expected: { digest: hexDecode(ld) },
    });
    assert.deepEqual(
      findings.filter(({ outcome }) => outcome === "fail"),
      [],
    );
  },
);
