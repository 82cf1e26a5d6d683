// SPDX-License-Identifier: Apache-2.0
// From files to a verdict, its words, its chain and what is missing; all without a browser.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fixtureSnp } from "../../../../fixtures/load.ts";
import { Endorser } from "../../../core/src/endorsement/index.ts";
import { DEFAULT_POLICY } from "../../../core/src/appraisal/policy/index.ts";
import { chainModel } from "../../src/model/chain.ts";
import type { GivenFile } from "../../src/model/content.ts";
import { missingFile } from "../../src/model/needs.ts";
import { ownCertificates } from "../../src/model/own-certificates.ts";
import { recognise } from "../../src/model/recognise.ts";
import { attestationResultText, resultText } from "../../src/model/result.ts";
import { bindingOf, judge, policyWith, rolesOf, typedProblem } from "../../src/model/session.ts";
import { deciding, verdictWords } from "../../src/model/verdict-words.ts";

const AT = Date.UTC(2026, 10, 20);
const NOTHING = { measurement: "", reportData: "" };

function given(name: string, bytes = fixtureSnp(name)): GivenFile {
  const content = recognise(bytes, bytes.length);
  return { id: name, name, size: bytes.length, sha256: "", bytes, content };
}

const FILES = [
  given("milan.report.hex"),
  given("milan.vcek.der"),
  given("milan-debug.report.bin"),
  given("milan-debug.vcek.der"),
  given("milan.vcek-chain.pem"),
];

async function verdictOn(index: number, files: readonly GivenFile[] = FILES) {
  const { evidence, supplied } = rolesOf(files);
  const judging = { supplied, policy: undefined, typed: NOTHING, at: AT };
  return (await judge(evidence[index]!.evidence, judging, new Endorser())).verdict;
}

test("files are sorted by what they are for", () => {
  const roles = rolesOf(FILES);
  assert.deepEqual(
    roles.evidence.map(({ file }) => file.name),
    ["milan.report.hex", "milan-debug.report.bin"],
  );
  assert.equal(roles.supplied.length, 4);
  assert.equal(roles.policy, undefined);
});

test("each of several reports is judged with its own VCEK", async () => {
  const accepted = await verdictOn(0);
  assert.equal(accepted.outcome, "accepted");
  assert.deepEqual(verdictWords(accepted).word, "Accepted");
  const rejected = await verdictOn(1);
  assert.deepEqual(
    deciding(rejected).map(({ id }) => id),
    ["snp.guest-policy.debug"],
  );
  assert.equal(verdictWords(rejected).sentence, "One check failed.");
});

test("a VCEK of another chip stays when there is no other", () => {
  const { evidence, supplied } = rolesOf([FILES[0]!, FILES[3]!]);
  assert.equal(ownCertificates(evidence[0]!.evidence.report, supplied).length, 1);
  assert.equal(ownCertificates(Uint8Array.of(1), supplied).length, 1);
});

test("what is missing has its address", async () => {
  const verdict = await verdictOn(0, FILES.slice(0, 1));
  assert.equal(verdict.outcome, "undecided");
  const [vcek, crl] = verdict.needs.map(missingFile);
  assert.match(
    vcek!.addresses[0]!,
    /^https:\/\/kdsintf\.amd\.com\/vcek\/v1\/Milan\/[0-9a-f]{128}\?/,
  );
  // A report of version 2 does not say its line.
  assert.match(vcek!.addresses[1]!, /\/vcek\/v1\/Genoa\//);
  assert.equal(crl, undefined);
});

test("typed values become demands when they are whole", () => {
  const hex = "AB".repeat(48);
  const policy = policyWith(undefined, { ...NOTHING, measurement: `0x${hex}` });
  assert.deepEqual(policy.guest.measurements, [{ value: hex.toLowerCase(), label: "typed here" }]);
  assert.equal(policyWith(undefined, { ...NOTHING, measurement: "ab" }), DEFAULT_POLICY);
  assert.match(typedProblem("reportData", "ab") ?? "", /has 2 hexadecimal digits, needs 128/);
  assert.match(typedProblem("reportData", "xy") ?? "", /other characters/);
  assert.equal(typedProblem("reportData", " "), undefined);
  const { evidence } = rolesOf(FILES).evidence[0]!;
  assert.equal(bindingOf(evidence, NOTHING), undefined);
  assert.equal(bindingOf(evidence, { ...NOTHING, reportData: "00".repeat(64) })?.kind, "raw");
});

test("the chain has the worst finding of each link", async () => {
  const { evidence } = rolesOf(FILES);
  const whole = chainModel(await verdictOn(0), evidence[0]!.evidence.certificates);
  assert.deepEqual(
    [...whole.links, whole.crl].map(({ role, outcome }) => `${role} ${outcome}`),
    ["ARK pass", "ASK pass", "VCEK pass", "Report pass", "CRL warn"],
  );
  assert.match(whole.links[2]!.facts.find(([name]) => name === "valid")![1], /^2023-04-03 to 2030/);
  const alone = chainModel(await verdictOn(0, FILES.slice(0, 1)), []);
  assert.equal(alone.links[2]!.outcome, "unknown");
  assert.equal(alone.links[2]!.name, "not there");
});

test("the result says everything, and is the same for the same input", async () => {
  const parts = { verdict: await verdictOn(1), at: AT, policy: DEFAULT_POLICY };
  const result = JSON.parse(resultText(parts, FILES)) as Record<string, unknown>;
  assert.equal(result["verdict"], "rejected");
  assert.equal(result["at"], "2026-11-20T00:00:00.000Z");
  assert.equal(result["productLine"], "Milan");
  assert.equal((result["files"] as unknown[]).length, FILES.length);
  const claims = JSON.parse(attestationResultText(parts, "test")) as { readonly iat: number };
  assert.equal(claims.iat, AT / 1000);
});
