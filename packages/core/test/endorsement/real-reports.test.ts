// SPDX-License-Identifier: Apache-2.0
// Every report and extended report of the vectors comes to what their index expects of its endorsement.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LayoutError } from "../../src/bytes/index.ts";
import { Endorser } from "../../src/endorsement/index.ts";
import { decodeReport, readEvidence } from "../../src/evidence/index.ts";
import { ENDORSEMENT_FINDINGS } from "../../src/finding/catalogue-endorsement.ts";
import { vectorsOf } from "../evidence/support.ts";
import type { VectorEntry } from "../evidence/support.ts";
import { missingVectors, readVector } from "../support/vectors.ts";
import { AT, OFF, endorse, idsOf, supplyVector, verdictOf } from "./support.ts";

const skip = missingVectors("snp/index.json");
const endorser = new Endorser();

/** An instant at which the VLEK of the vectors was valid. */
const VLEK_AT = Date.UTC(2025, 5, 1);

/** What is expected in words other than ACCEPT or REJECT, and concerns the endorsement. */
const IN_WORDS: Readonly<Record<string, string>> = {
  // "as above": supplied roots are ignored in favour of pinned ones.
  "derived/chain-asvk-as-ask.ext.bin": "accept",
  // "signature math is VALID".
  "derived/sig-s-negated.bin": "accept",
  // No VCEK in reach.
  "derived/table-empty.ext.bin": "undecided",
  "derived/table-guid-mixed-endian.ext.bin": "undecided",
  "reports/milan-v4-gce.bin": "undecided",
  // "signature ACCEPT": that it is a debug guest is for the policy.
  "reports/milan-v2-debug-google.bin": "accept",
  "extended/milan-v2-debug-google.ext.bin": "accept",
};

function expectedOf({ file, expected }: VectorEntry): string {
  const word = /^(ACCEPT|REJECT)/.exec(String(expected))?.[0].toLowerCase();
  const verdict = IN_WORDS[file] ?? word;
  assert.ok(verdict !== undefined, `nothing is expected of ${file}`);
  return verdict;
}

/** What the bytes come to; those that are no report are rejected before anything is verified. */
async function judge({ file, pairedVek }: VectorEntry, at: number): Promise<string> {
  const bytes = readVector(`snp/${file}`);
  const role = file.includes("vlek") ? "VLEK" : "VCEK";
  const paired =
    typeof pairedVek === "string" ? [supplyVector(role, pairedVek.replace(/\.der$/, ""))] : [];
  try {
    const { report, certificates } = file.endsWith(".ext.bin")
      ? readEvidence(bytes)
      : { report: bytes, certificates: paired };
    const result = await endorse(report, certificates, { endorser, at, revocation: OFF });
    assert.equal(result.endorsement !== undefined, verdictOf(result) === "accept");
    return verdictOf(result);
  } catch (error) {
    if (error instanceof LayoutError) return "reject";
    throw error;
  }
}

for (const kind of ["report", "extended-report", "report-derived", "extended-derived"]) {
  test(`every vector of kind ${kind}`, { skip }, async () => {
    const vectors = vectorsOf(kind);
    assert.ok(vectors.length > 10, `${vectors.length} vectors`);
    const found: Record<string, string> = {};
    const expected: Record<string, string> = {};
    for (const vector of vectors) {
      expected[vector.file] = expectedOf(vector);
      found[vector.file] = await judge(vector, vector.file.includes("vlek") ? VLEK_AT : AT);
    }
    assert.deepEqual(found, expected);
  });
}

test("the VLEK of the vectors has expired by now", { skip }, async () => {
  const certificates = [supplyVector("VLEK", "veks/milan-v3-vlek-aws")];
  const report = readVector("snp/reports/milan-v3-vlek-aws.bin");
  assert.deepEqual(idsOf(await endorse(report, certificates), "fail"), ["snp.vek.validity"]);
});

test(
  "certificates without a report: their chain is judged, the binding fails",
  { skip },
  async () => {
    const failsOf = async (report: string, vek: string): Promise<readonly string[]> => {
      const bytes = readVector(`snp/reports/${report}.bin`);
      const result = await endorse(bytes, [supplyVector("VCEK", `veks/${vek}`)]);
      assert.equal(result.endorsement, undefined);
      return idsOf(result, "fail").filter((id) => !id.endsWith("-mismatch"));
    };
    const unrelated = ["snp.report.signature"];
    assert.deepEqual(await failsOf("milan-v3-aci", "milan-vcek-automata"), unrelated);
    assert.deepEqual(await failsOf("turin-v5-aci", "turin-vcek-virtee"), unrelated);
    for (const form of ["legacy", "new"]) {
      const failed = await failsOf("milan-v3-aci", `milan-vcek-invalid-${form}`);
      assert.ok(failed.includes("snp.vek.signature"), failed.join());
      assert.ok(!failed.includes("snp.vek.extensions"), failed.join());
    }
  },
);

test("every check is reported once, whatever the others come to", { skip }, async () => {
  // The layout is judged before there is a decoded report.
  const ids = Object.keys(ENDORSEMENT_FINDINGS).filter((id) => id !== "snp.report.layout");
  let judged = 0;
  for (const { file } of vectorsOf("report", "report-derived")) {
    const bytes = readVector(`snp/${file}`);
    try {
      decodeReport(bytes);
    } catch (error) {
      assert.ok(error instanceof LayoutError);
      continue;
    }
    const { findings } = await endorse(bytes, [supplyVector("VCEK", "veks/genoa-v3-aci")]);
    assert.deepEqual(findings.map(({ id }) => id).toSorted(), ids.toSorted(), file);
    judged++;
  }
  assert.ok(judged > 20);
});
