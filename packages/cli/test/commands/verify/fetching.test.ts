// SPDX-License-Identifier: Apache-2.0
// `greenlight verify` and what it fetches, against a server that answers for a simulator's chips.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { greenlight } from "../../support/capture.ts";
import { FakeKds, hierarchyOf, pem } from "../../support/fake-kds.ts";

const folder = mkdtempSync(join(tmpdir(), "greenlight-fetching-"));
const cache = join(folder, "cache");
const milan = hierarchyOf("Milan");
const { ark, ask, asvk } = milan;
let kds: FakeKds;

const file = (name: string, bytes: Uint8Array | string): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
const root = file("root.pem", [ark, ask, asvk].map(({ der }) => pem(der)).join(""));

before(async () => {
  kds = await FakeKds.start();
});
after(() => {
  kds.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  kds.requests.length = 0;
  rmSync(cache, { recursive: true, force: true });
});

interface ResultJson {
  readonly outcome: string;
  readonly findings: readonly { readonly id: string; readonly outcome: string }[];
  readonly problems: readonly string[];
}

/** The results of a run that asks the server. */
async function verify(...argv: readonly string[]): Promise<readonly ResultJson[]> {
  const where = ["--kds", kds.url, "--kds-cache", cache, "--simulator-root", root];
  const { out, err } = await greenlight("verify", ...argv, ...where, "--ndjson");
  assert.notEqual(out, "", err);
  return out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as ResultJson);
}

const outcomeOf = (result: ResultJson | undefined, id: string): string | undefined =>
  result?.findings.find((finding) => finding.id === id)?.outcome;

test("a VCEK and a revocation list that are missing are fetched once, then kept", async () => {
  const report = file("report.bin", milan.vcek().report(3));
  for (const expected of [2, 0]) {
    kds.requests.length = 0;
    const [result] = await verify(report, "--crl", "required");
    assert.equal(result?.outcome, "accepted");
    assert.equal(outcomeOf(result, "snp.revocation.unknown"), "pass");
    assert.equal(kds.requests.length, expected, kds.requests.join("\n"));
  }
});

test("a report of version 2 does not name its line, and its list is fetched all the same", async () => {
  const [result] = await verify(file("old.bin", milan.vcek().report(2)), "--crl", "required");
  assert.equal(result?.outcome, "accepted");
});

test("a batch asks once for what all its reports need", async () => {
  const batch = join(folder, "batch");
  mkdirSync(batch);
  for (let i = 0; i < 12; i++) {
    const reportData = new Uint8Array(64).fill(i);
    writeFileSync(join(batch, `${i}.bin`), milan.vcek().report(3, { reportData }));
  }
  const results = await verify(batch, "--crl", "required");
  assert.equal(results.length, 12);
  for (const { outcome } of results) assert.equal(outcome, "accepted");
  assert.equal(kds.requests.length, 2, kds.requests.join("\n"));
});

test("a kept VCEK that does not fit is forgotten, and fetched anew", async () => {
  const report = file("report.bin", milan.vcek().report(3));
  // Of the same chip and TCB, with a right signature, and with another key.
  const other = file("other.der", milan.vcek({ keyLabel: "another key" }).der);
  const imported = await greenlight("kds", "import", other, "--kds-cache", cache);
  assert.equal(imported.code, 0, imported.err);
  const [result] = await verify(report, "--crl", "off");
  assert.equal(result?.outcome, "accepted");
  assert.equal(kds.requests.length, 1, kds.requests.join("\n"));
});

test("the list of the VCEK path does not stand in for that of the VLEK path", async () => {
  const provider = milan.vlek();
  const leaf = file("vlek.der", provider.der);
  const chip = file("a.bin", milan.vcek().report(3));
  const lent = file("b.bin", provider.report(3));
  const results = await verify(chip, lent, "-c", leaf, "--crl", "required", "--jobs", "1");
  for (const { outcome } of results) assert.equal(outcome, "accepted");
  assert.ok(kds.requests.includes("/vlek/v1/Milan/crl"), kds.requests.join("\n"));
  assert.ok(kds.requests.includes("/vcek/v1/Milan/crl"), kds.requests.join("\n"));
});

test("a server that has nothing leaves the report undecided, and says why", async () => {
  const report = file("report.bin", milan.vcek().report(3));
  kds.unknownLines.add("Milan");
  try {
    const [result] = await verify(report);
    assert.equal(result?.outcome, "undecided");
    assert.equal(outcomeOf(result, "snp.vek.missing"), "unknown");
    assert.ok((result?.problems.length ?? 0) >= 1);
  } finally {
    kds.unknownLines.clear();
  }
});

test("--offline asks nobody", async () => {
  const report = file("report.bin", milan.vcek().report(3));
  const { code } = await greenlight("verify", report, "--offline", "--kds-cache", cache);
  assert.equal(code, 3);
  assert.equal(kds.requests.length, 0);
});
