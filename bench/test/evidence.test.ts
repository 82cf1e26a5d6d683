// SPDX-License-Identifier: Apache-2.0
// The evidence of the benchmark is what it is taken for: genuine, all different, of so many chips.

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { DEFAULT_POLICY, verifyEvidence } from "@greenlight/core/appraisal";
import { Endorser, parseRevocationList } from "@greenlight/core/endorsement";
import { readEvidence } from "@greenlight/core/evidence";
import { AT, benchHierarchy, extendedReports, writeEvidence } from "../lib/evidence.ts";

test("reports are accepted, all different, and of so many chips", async () => {
  const hierarchy = benchHierarchy();
  const reports = extendedReports(hierarchy, 5, 2);
  const endorser = new Endorser({ roots: [hierarchy.trustRoot()] });
  const chips = new Set<string>();
  for (const bytes of reports) {
    const evidence = readEvidence(bytes);
    const verdict = await verifyEvidence(evidence, { endorser, policy: DEFAULT_POLICY, at: AT });
    assert.equal(verdict.outcome, "accepted");
    chips.add(Buffer.from(verdict.report?.chipId ?? []).toString("hex"));
  }
  assert.equal(chips.size, 2);
  assert.equal(new Set(reports.map((bytes) => Buffer.from(bytes).toString("hex"))).size, 5);
});

test("the files hold the reports, the chain and its list", () => {
  const folder = mkdtempSync(join(tmpdir(), "greenlight-bench-"));
  try {
    const hierarchy = benchHierarchy();
    const reports = extendedReports(hierarchy, 3, 3);
    const files = writeEvidence(folder, hierarchy, reports);
    assert.deepEqual(readdirSync(files.reports), ["0000.bin", "0001.bin", "0002.bin"]);
    assert.deepEqual(new Uint8Array(readFileSync(files.first)), reports[0]);
    const blocks = readFileSync(files.chain, "utf8").split(/(?<=-----END CERTIFICATE-----\n)/);
    const [ask, ark] = blocks.map((block) => new X509Certificate(block));
    assert.ok(ask !== undefined && ark !== undefined && ask.verify(ark.publicKey));
    const list = parseRevocationList(new Uint8Array(readFileSync(files.list)));
    assert.ok(list.thisUpdate <= AT && AT <= (list.nextUpdate ?? 0));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
