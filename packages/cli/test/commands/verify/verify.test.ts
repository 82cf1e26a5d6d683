// SPDX-License-Identifier: Apache-2.0
// `greenlight verify` from the outside, on real reports that are carried and on a simulator's.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { verifyAttestationResult } from "@greenlight/core/attestation-result";
import { certificateTable, createHierarchy } from "@greenlight/psp/hierarchy";
import { fixtureSnp } from "../../../../../fixtures/load.ts";
import { greenlight } from "../../support/capture.ts";
import { carriedReport } from "../../support/folder.ts";

const folder = mkdtempSync(join(tmpdir(), "greenlight-verify-"));
after(() => rmSync(folder, { recursive: true, force: true }));
// What an earlier run on this machine fetched must not decide a test.
process.env["XDG_CACHE_HOME"] = join(folder, "cache");

const file = (name: string, bytes: Uint8Array | string): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

const report = file("report.bin", carriedReport());
const vcek = file("vcek.der", fixtureSnp("milan.vcek.der"));
const MEASUREMENT = Buffer.from(carriedReport().subarray(0x90, 0xc0)).toString("hex");
const REPORT_DATA = Buffer.from(carriedReport().subarray(0x50, 0x90)).toString("hex");
/** A report, its VCEK, nothing fetched, at a time when everything is valid. */
const REAL = [report, "--certs", vcek, "--offline", "--at", "2026-11-01"] as const;

interface FindingJson {
  readonly id: string;
  readonly outcome: string;
}
interface ResultJson {
  readonly schema: string;
  readonly name: string;
  readonly outcome: string;
  readonly findings: readonly FindingJson[];
  readonly report: Readonly<Record<string, unknown>>;
  readonly endorsement: Readonly<Record<string, unknown>>;
  readonly needs: readonly { readonly kind: string }[];
}

async function json(...argv: readonly string[]): Promise<ResultJson & { readonly code: number }> {
  const { code, out } = await greenlight("verify", ...argv, "--json");
  return { code, ...(JSON.parse(out) as ResultJson) };
}

const outcomeOf = (result: ResultJson, id: string): string | undefined =>
  result.findings.find((finding) => finding.id === id)?.outcome;

test("a real report with its VCEK is accepted, and what was not demanded is said", async () => {
  const { code, out, err } = await greenlight("verify", ...REAL);
  assert.equal(code, 0, err);
  assert.match(out, /report\.bin: accepted\n {2}A genuine report of AMD's secure processor/);
  assert.match(out, /\[snp\.measurement\.not-demanded\]/);
  assert.match(out, /\[snp\.report-data\.unbound\]/);
  assert.match(out, /under SEV-Milan, ARK-Milan \(pinned root of AMD\)/);
});

test("with measurement and report data demanded nothing is left open but revocation", async () => {
  const demanded = ["-m", MEASUREMENT, "--report-data", REPORT_DATA, "--crl", "off"];
  const result = await json(...REAL, ...demanded);
  assert.equal(result.code, 0);
  assert.deepEqual(
    result.findings.filter(({ outcome }) => outcome === "warn").map(({ id }) => id),
    [],
  );
  assert.equal(result.report["measurement"], MEASUREMENT);
  assert.equal(result.endorsement["kind"], "VCEK");
});

test("another measurement, report data, host data or VMPL is refused by name", async () => {
  const rows: readonly (readonly [string, string, string])[] = [
    ["--measurement", "00".repeat(48), "snp.measurement.not-allowed"],
    ["--report-data", "00".repeat(64), "snp.report-data.binding-mismatch"],
    ["--host-data", "11".repeat(32), "snp.host-data.mismatch"],
    ["--vmpl", "3", "snp.vmpl.refused"],
  ];
  for (const [option, value, id] of rows) {
    const result = await json(...REAL, option, value);
    assert.equal(result.code, 1, option);
    assert.equal(outcomeOf(result, id), "fail", option);
  }
});

test("without a VCEK nothing is decided, and what is missing is named", async () => {
  const result = await json(report, "--offline");
  assert.equal(result.code, 3);
  assert.equal(outcomeOf(result, "snp.vek.missing"), "unknown");
  assert.ok(result.needs.some(({ kind }) => kind === "VCEK"));
});

test("a required revocation list that is missing is no acceptance", async () => {
  const result = await json(...REAL, "--crl", "required");
  assert.equal(result.code, 3);
  assert.equal(outcomeOf(result, "snp.revocation.unknown"), "unknown");
});

test("before its VCEK was issued and after it expired a report is rejected", async () => {
  for (const at of ["2020-01-01", "2049-01-01"]) {
    const result = await json(report, "--certs", vcek, "--offline", "--at", at);
    assert.equal(result.code, 1, at);
    assert.equal(outcomeOf(result, "snp.vek.validity"), "fail");
  }
});

test("every single finding is reported with an id, whatever the verdict", async () => {
  const accepted = await json(...REAL);
  const rejected = await json(...REAL, "--vmpl", "3");
  const ids = (result: ResultJson): readonly string[] => result.findings.map(({ id }) => id);
  assert.ok(accepted.findings.length > 60);
  assert.deepEqual(ids(accepted), ids(rejected));
});

test("a broken report is rejected with every break of its layout", async () => {
  const bytes = carriedReport().slice();
  bytes[0x4c] = 1;
  bytes[0x490] = 2;
  const result = await json(file("broken.bin", bytes), "--certs", vcek, "--offline");
  assert.equal(result.code, 1);
  const broken = result.findings.filter(({ outcome }) => outcome === "fail");
  assert.deepEqual(
    broken.map(({ id }) => id),
    ["snp.report.layout", "snp.report.layout"],
  );
});

test("what is no evidence is unreadable, with what it looks like", async () => {
  const { code, out, err } = await greenlight("verify", vcek, "--offline");
  assert.equal(code, 2);
  assert.match(out + err, /certificate/);
  const missing = await greenlight("verify", join(folder, "none.bin"));
  assert.equal(missing.code, 2);
  assert.match(missing.out + missing.err, /there is no such file/);
});

test("a batch tells every file, sums up, and ends with the worst exit code", async () => {
  const batch = join(folder, "batch");
  mkdirSync(join(batch, "deep"), { recursive: true });
  writeFileSync(join(batch, "a.bin"), carriedReport());
  writeFileSync(join(batch, "deep", "b.hex"), fixtureSnp("milan.report.hex"));
  writeFileSync(join(batch, "notes.txt"), "nothing of interest\n");
  const common = ["--certs", vcek, "--offline", "--at", "2026-11-01"];
  const good = await greenlight("verify", batch, ...common);
  assert.equal(good.code, 0, good.err);
  assert.match(good.out, /^2 reports: 2 accepted; 1 other file passed over, in /m);
  // One bit of the measurement.
  const changed = carriedReport().slice();
  changed[0x90] = (changed[0x90] ?? 0) ^ 1;
  writeFileSync(join(batch, "c.bin"), changed);
  writeFileSync(join(batch, "d.bin"), carriedReport().subarray(0, 1183));
  const bad = await greenlight("verify", batch, ...common, "--ndjson");
  assert.equal(bad.code, 1);
  const lines = bad.out.trimEnd().split("\n");
  const results = lines.map((line) => JSON.parse(line) as ResultJson);
  assert.deepEqual(
    results.map(({ outcome }) => outcome),
    ["accepted", "rejected", "unreadable", "accepted"],
  );
  assert.match(bad.err, /^4 reports: 2 accepted, 1 rejected, 1 unreadable/m);
  const whole = await greenlight("verify", batch, ...common, "--json");
  const document = JSON.parse(whole.out) as { readonly results: readonly unknown[] };
  assert.equal(document.results.length, 4);
  assert.equal((await greenlight("verify", batch, ...common, "--quiet")).out, "");
});

test("a folder that gives nothing is told in its place, and the rest goes on", async () => {
  const empty = join(folder, "empty");
  const deep = join(folder, "deep", ...Array.from({ length: 20 }, () => "er"));
  mkdirSync(empty);
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(deep, "never.bin"), carriedReport());
  const argv = [empty, join(folder, "deep"), ...REAL];
  const { code, out } = await greenlight("verify", ...argv, "--json");
  assert.equal(code, 2);
  const { results } = JSON.parse(out) as { readonly results: readonly ResultJson[] };
  assert.deepEqual(
    results.map(({ outcome }) => outcome),
    ["unreadable", "unreadable", "accepted"],
  );
  assert.match(out, /has no files/);
  assert.match(out, /16 folders deep/);
});

test("results are the same however many jobs there are", async () => {
  const common = [join(folder, "batch"), "--certs", vcek, "--offline", "--at", "2026-11-01"];
  const one = await greenlight("verify", ...common, "--ndjson", "--jobs", "1");
  const many = await greenlight("verify", ...common, "--ndjson", "--jobs", "7");
  assert.equal(one.out, many.out);
});

test("of several VCEKs the one of the report is taken", async () => {
  const debug = file("debug.bin", fixtureSnp("milan-debug.report.bin"));
  const other = file("debug.der", fixtureSnp("milan-debug.vcek.der"));
  const argv = [report, debug, "-c", vcek, "-c", other, "--offline", "--at", "2026-11-01"];
  const { out, code } = await greenlight("verify", ...argv, "--set", "guest.policy.debug=any");
  assert.equal(code, 0, out);
});

test("debugging is refused unless the policy says otherwise", async () => {
  const debug = file("debug.bin", fixtureSnp("milan-debug.report.bin"));
  const other = file("debug.der", fixtureSnp("milan-debug.vcek.der"));
  const result = await json(debug, "-c", other, "--offline", "--at", "2026-11-01");
  assert.equal(result.code, 1);
  assert.equal(outcomeOf(result, "snp.report.signature"), "pass");
  assert.equal(outcomeOf(result, "snp.guest-policy.debug"), "fail");
});

test("a simulator's root is refused unless it is named, and never looks like AMD's", async () => {
  const hierarchy = createHierarchy({ line: "Genoa" });
  const vek = hierarchy.vcek();
  const bytes = Buffer.concat([
    vek.report(3),
    certificateTable([{ guid: "VCEK", bytes: vek.der }]),
  ]);
  const evidence = file("simulated.bin", bytes);
  const pem = (der: Uint8Array): string =>
    `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString("base64")}\n-----END CERTIFICATE-----\n`;
  const root = file("root.pem", pem(hierarchy.ark.der) + pem(hierarchy.ask.der));
  const common = [evidence, "--offline", "--at", "2026-06-01"];
  assert.equal((await json(...common)).code, 1);
  const { code, out } = await greenlight("verify", ...common, "--simulator-root", root);
  assert.equal(code, 0, out);
  assert.match(out, /A report of a simulator \(Genoa, VCEK\), which proves nothing/);
  assert.match(out, /\[snp\.chain\.ark-not-amd\]/);
});

test("AMD's own root is not taken for a simulator's", async () => {
  const chain = file("amd.pem", fixtureSnp("milan.vcek-chain.pem"));
  const { code, err } = await greenlight("verify", ...REAL, "--simulator-root", chain);
  assert.equal(code, 2);
  assert.match(err, /is AMD's own root/);
});

test("the attestation result is a token that its key verifies", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const key = file("key.pem", privateKey.export({ type: "pkcs8", format: "pem" }));
  const ear = join(folder, "result.jwt");
  const { code } = await greenlight("verify", ...REAL, "-q", "--ear", ear, "--ear-key", key);
  assert.equal(code, 0);
  const claims = await verifyAttestationResult(readFileSync(ear, "utf8"), {
    publicKeyPem: publicKey.export({ type: "spki", format: "pem" }),
    at: Date.now() + 1000,
  });
  assert.equal(claims.submods["sev-snp"].ear_verifier_claims.greenlight_verdict, "accepted");
  const again = await greenlight("verify", ...REAL, "-q", "--ear", ear);
  assert.equal(again.code, 2);
  assert.match(again.err, /exists/);
});

test("what a terminal would act on in the name of a file is written out", async () => {
  const odd = file("e\u001b[31mvil\u202e.bin", carriedReport());
  const { out } = await greenlight("verify", odd, report, ...REAL.slice(1));
  assert.ok(!out.includes("\u001b") && !out.includes("\u202e"));
  assert.match(out, /e\\u001b\[31mvil\\u202e\.bin/);
});

test("options that contradict one another are refused before anything is done", async () => {
  const rows: readonly (readonly string[])[] = [
    ["--report-data", "00", "--tls-key", vcek],
    ["--nonce", "00"],
    ["--key", vcek],
    ["--jobs", "0"],
    ["--at", "someday"],
    ["--measurement", "00"],
    ["--vmpl", "4"],
    ["--set", "guest.nothing=1"],
    ["--ear-key", vcek],
    ["--offline", "--kds", "https://example.invalid"],
  ];
  for (const argv of rows) {
    const { code, err, out } = await greenlight("verify", report, ...argv);
    assert.equal(code, 2, argv.join(" "));
    assert.equal(out, "");
    assert.match(err, /^greenlight verify: error: .+\n {2}hint: |^greenlight verify: error: /);
  }
  assert.equal((await greenlight("verify")).code, 2);
});
