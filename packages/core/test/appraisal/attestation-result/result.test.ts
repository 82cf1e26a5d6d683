// SPDX-License-Identifier: Apache-2.0
// Attestation results: claims that follow from the verdict, and tokens that only their key makes.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import {
  EAR_PROFILE,
  ResultTokenError,
  attestationResult,
  policyId,
  signAttestationResult,
  tierOf,
  verifyAttestationResult,
} from "../../../src/appraisal/attestation-result/index.ts";
import type { EarClaims } from "../../../src/appraisal/attestation-result/index.ts";
import { outcomeOf } from "../../../src/appraisal/index.ts";
import type { Verdict } from "../../../src/appraisal/index.ts";
import { DEFAULT_POLICY } from "../../../src/appraisal/policy/index.ts";
import { KeyError } from "../../../src/crypto/key-error.ts";
import type { Finding } from "../../../src/finding/index.ts";
import { AT, bytesOf, digitsOf, endorsement, findingsOf, policy, report } from "../support.ts";
import type { Case } from "../support.ts";

const OPTIONS = {
  policy: DEFAULT_POLICY,
  issuedAt: AT,
  expiresAt: AT + 3_600_000,
  verifier: { developer: "https://example.org", build: "greenlight 0.1.0" },
};

/** The verdict of a case that is proved genuine. */
function verdictOf(given: Case = {}, more: readonly Finding[] = []): Verdict {
  const proved = endorsement("Genoa");
  const findings = [...more, ...findingsOf({ ...given, endorsement: proved })];
  return {
    outcome: outcomeOf(findings),
    findings,
    report: report(given.report),
    endorsement: proved,
    line: "Genoa",
    needs: [],
  };
}

const pinnedPolicy = { guest: { measurements: digitsOf(1, 48), reportData: digitsOf(2, 64) } };
const wanted: Case = {
  policy: pinnedPolicy,
  report: { measurement: bytesOf(1, 48), reportData: bytesOf(2, 64) },
};
const appraisalOf = (verdict: Verdict) => attestationResult(verdict, OPTIONS).submods["sev-snp"];

test("an accepted verdict without warnings is affirming in every category", () => {
  const { ear_status, ear_trustworthiness_vector } = appraisalOf(verdictOf(wanted));
  assert.equal(ear_status, "affirming");
  assert.deepEqual(ear_trustworthiness_vector, {
    "instance-identity": 2,
    configuration: 2,
    executables: 3,
    hardware: 2,
    "runtime-opaque": 2,
  });
});

test("warnings keep it from being affirmed, and an unpinned measurement claims nothing", () => {
  const { ear_status, ear_trustworthiness_vector: vector } = appraisalOf(verdictOf());
  assert.equal(ear_status, "warning");
  assert.equal(vector.executables, undefined);
});

test("what fails is contraindicated in its category", () => {
  const debug = appraisalOf(
    verdictOf({ ...wanted, report: { ...wanted.report, policy: 0xb0000n } }),
  );
  assert.equal(debug.ear_status, "contraindicated");
  assert.equal(debug.ear_trustworthiness_vector["runtime-opaque"], 96);
  assert.equal(debug.ear_trustworthiness_vector.configuration, 96);
  assert.equal(debug.ear_trustworthiness_vector.hardware, 2);
  const other = appraisalOf(verdictOf({ ...wanted, report: { measurement: bytesOf(9, 48) } }));
  assert.equal(other.ear_trustworthiness_vector.executables, 96);
});

test("without endorsement nothing is affirmed, and a forgery is said to be one", () => {
  const { endorsement: _, ...unproved } = verdictOf(wanted);
  const vector = appraisalOf(unproved).ear_trustworthiness_vector;
  for (const value of Object.values(vector)) assert.notEqual(tierOf(value), "affirming");
  const forged: Finding = { id: "snp.report.signature", outcome: "fail", title: "x" };
  const claims = appraisalOf({
    ...unproved,
    outcome: "rejected",
    findings: [forged, ...unproved.findings],
  });
  assert.equal(claims.ear_trustworthiness_vector["instance-identity"], 99);
  assert.equal(claims.ear_status, "contraindicated");
});

test("an undecided verdict claims nothing", () => {
  const unknown: Finding = { id: "snp.vek.missing", outcome: "unknown", title: "x" };
  const claims = appraisalOf(verdictOf(wanted, [unknown]));
  assert.equal(claims.ear_status, "none");
  assert.equal(claims.ear_trustworthiness_vector["instance-identity"], 0);
});

test("the status is never better than the worst of the vector", () => {
  const order = ["none", "affirming", "warning", "contraindicated"];
  for (const given of [wanted, {}, { report: { vmpl: 1 } }, { report: { policy: 0n } }]) {
    const { ear_status, ear_trustworthiness_vector: vector } = appraisalOf(verdictOf(given));
    for (const value of Object.values(vector)) {
      assert.ok(order.indexOf(tierOf(value)) <= order.indexOf(ear_status));
    }
  }
});

test("tiers are those of AR4SI", () => {
  const rows = [
    [0, "none"],
    [1, "none"],
    [-1, "none"],
    [2, "affirming"],
    [31, "affirming"],
    [-32, "affirming"],
    [32, "warning"],
    [95, "warning"],
    [-33, "warning"],
    [96, "contraindicated"],
    [127, "contraindicated"],
    [-97, "contraindicated"],
  ] as const;
  for (const [value, tier] of rows) assert.equal(tierOf(value), tier, String(value));
});

test("claims carry times in seconds, who verified, policy, findings and what the report says", () => {
  const evidence = bytesOf(5, 9);
  const claims = attestationResult(verdictOf(wanted), {
    ...OPTIONS,
    nonce: bytesOf(0xfb, 32),
    evidence,
  });
  assert.equal(claims.eat_profile, EAR_PROFILE);
  assert.equal(claims.iat, AT / 1000);
  assert.equal(claims.exp, AT / 1000 + 3600);
  assert.deepEqual(Buffer.from(claims.eat_nonce!, "base64url"), Buffer.from(bytesOf(0xfb, 32)));
  assert.deepEqual(Buffer.from(claims.ear_raw_evidence![1], "base64url"), Buffer.from(evidence));
  const snp = claims.submods["sev-snp"];
  assert.deepEqual(snp.ear_appraisal_policy_ids, [policyId(DEFAULT_POLICY)]);
  assert.equal(snp.ear_attester_claims?.greenlight_report.measurement, digitsOf(1, 48));
  assert.equal(snp.ear_verifier_claims.greenlight_findings.length, findingsOf(wanted).length);
  const { report: _, ...unreadable } = verdictOf();
  assert.equal(appraisalOf(unreadable).ear_attester_claims, undefined);
  assert.deepEqual(JSON.parse(JSON.stringify(claims)), claims);
});

test("the id of a policy follows what it demands and not how it was written", () => {
  const reordered = Object.fromEntries(Object.entries(DEFAULT_POLICY).toReversed());
  assert.equal(policyId(policy(reordered)), policyId(DEFAULT_POLICY));
  assert.match(policyId(DEFAULT_POLICY), /^ni:\/\/\/sha-256;[\w-]{43}$/);
  const other = policy({ guest: { svn: { minimum: 1 } } });
  assert.notEqual(policyId(other), policyId(DEFAULT_POLICY));
});

function pemPair(kind: "P-256" | "P-384" | "Ed25519") {
  const pair =
    kind === "Ed25519"
      ? generateKeyPairSync("ed25519")
      : generateKeyPairSync("ec", { namedCurve: kind });
  return {
    pem: pair.privateKey.export({ type: "pkcs8", format: "pem" }),
    publicKeyPem: pair.publicKey.export({ type: "spki", format: "pem" }),
  };
}

const claims: EarClaims = attestationResult(verdictOf(wanted), OPTIONS);

for (const [kind, algorithm] of [
  ["P-256", "ES256"],
  ["P-384", "ES384"],
  ["Ed25519", "EdDSA"],
] as const) {
  test(`tokens signed with a key on ${kind}`, async () => {
    const { pem, publicKeyPem } = pemPair(kind);
    const token = await signAttestationResult(claims, { pem, keyId: "k1" });
    const header: unknown = JSON.parse(
      Buffer.from(token.split(".")[0]!, "base64url").toString("utf8"),
    );
    assert.deepEqual(header, { alg: algorithm, typ: "eat+jwt", kid: "k1" });
    assert.deepEqual(await verifyAttestationResult(token, { publicKeyPem, at: AT }), claims);
  });
}

const tokenError =
  (code: ResultTokenError["code"]) =>
  (error: unknown): boolean =>
    error instanceof ResultTokenError && error.code === code;

test("tokens that are changed, of another key, of another algorithm or time are refused", async () => {
  const { pem, publicKeyPem } = pemPair("P-256");
  const token = await signAttestationResult(claims, { pem });
  const check = (text: string, at = AT, key = publicKeyPem) =>
    verifyAttestationResult(text, { publicKeyPem: key, at });
  const [head = "", body = "", signature = ""] = token.split(".");
  const encoded = (value: object): string =>
    Buffer.from(JSON.stringify(value)).toString("base64url");
  const forged = encoded({ ...claims, iat: 1 });
  await assert.rejects(check(`${head}.${forged}.${signature}`), tokenError("bad-signature"));
  await assert.rejects(
    check(token, AT, pemPair("P-256").publicKeyPem),
    tokenError("bad-signature"),
  );
  await assert.rejects(
    check(token, AT, pemPair("P-384").publicKeyPem),
    tokenError("bad-signature"),
  );
  for (const alg of ["none", "HS256", "ES384"]) {
    const other = `${encoded({ alg, typ: "eat+jwt" })}.${body}.${alg === "none" ? "" : signature}`;
    await assert.rejects(check(other), ResultTokenError, alg);
  }
  await assert.rejects(check("x"), tokenError("malformed"));
  await assert.rejects(check(""), tokenError("malformed"));
  await assert.rejects(check(token, AT - 1000), tokenError("not-yet-valid"));
  await assert.rejects(check(token, AT + 3_600_000), tokenError("expired"));
  await check(token, AT + 3_599_000);
});

test("a token of another profile is refused", async () => {
  const { pem, publicKeyPem } = pemPair("P-256");
  const other = { ...claims, eat_profile: "tag:example.org,2026:other" } as unknown as EarClaims;
  const token = await signAttestationResult(other, { pem });
  await assert.rejects(
    verifyAttestationResult(token, { publicKeyPem, at: AT }),
    tokenError("unknown-profile"),
  );
});

test("keys that cannot sign results are refused by name", async () => {
  const { pem, publicKeyPem } = pemPair("P-384");
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const sec1 = generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey;
  const rows: readonly (readonly [pem: string, code: KeyError["code"]])[] = [
    ["", "no-key"],
    [`${pem}${pem}`, "several-keys"],
    [publicKeyPem, "wrong-key-type"],
    [rsa.export({ type: "pkcs8", format: "pem" }), "wrong-key-type"],
    [sec1.export({ type: "sec1", format: "pem" }), "wrong-key-type"],
    [
      sec1.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }),
      "encrypted-key",
    ],
  ];
  for (const [given, code] of rows) {
    await assert.rejects(
      signAttestationResult(claims, { pem: given }),
      (error) => error instanceof KeyError && error.code === code,
      code,
    );
  }
});
