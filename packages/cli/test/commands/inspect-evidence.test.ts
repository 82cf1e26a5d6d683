// SPDX-License-Identifier: Apache-2.0
// `greenlight inspect` and `greenlight diff` of reports, evidence and what stands beside a report.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { base64Encode, guidEncode, hexEncode } from "@greenlight/core/bytes";
import { CERTIFICATE_GUIDS, SVSM_MANIFEST_GUID } from "@greenlight/core/evidence";
import { missingVectors, readVector } from "../../../core/test/support/vectors.ts";
import { evidenceBeginning } from "../../src/input/evidence-beginning.ts";
import { greenlight } from "../support/capture.ts";
import {
  certificateTable,
  debugReport,
  evidenceBundle,
  hclReport,
  svsmManifest,
} from "../support/evidence.ts";
import { enterExampleFolder } from "../support/folder.ts";
import type { ExampleFolder } from "../support/folder.ts";
import { assertTidy } from "../support/lines.ts";

let folder: ExampleFolder;
before(async () => {
  folder = await enterExampleFolder();
  const report = debugReport();
  writeFileSync("a-report.bin", report);
  writeFileSync("extended.bin", Buffer.concat([report, certificateTable()]));
  writeFileSync("bundle.json", evidenceBundle());
  writeFileSync("hcl.bin", hclReport());
  writeFileSync("auxblob.bin", certificateTable());
  writeFileSync("manifest.bin", svsmManifest());
});
after(() => folder.remove());

async function run(...argv: readonly string[]): Promise<string> {
  const { code, out, err } = await greenlight("inspect", ...argv);
  assert.equal(code, 0, err);
  assert.equal(err, "");
  return out;
}

async function inspect(...argv: readonly string[]): Promise<string> {
  const out = await run(...argv);
  assertTidy(out);
  return out;
}

async function inspectJson(...argv: readonly string[]): Promise<Record<string, unknown>> {
  return JSON.parse(await run(...argv, "--json")) as Record<string, unknown>;
}

test("a report: what was launched, who signed, versions, policy and platform", async () => {
  const out = await inspect("a-report.bin");
  assert.match(out, /^a-report\.bin: SEV-SNP attestation report, version 2\n/);
  for (const line of [
    /^  CPU +not named by this report$/m,
    /^  signed by +VCEK, algorithm 1 \(ECDSA P-384 with SHA-384\)$/m,
    /^  asked for by +VMPL 0$/m,
    /^  migration agent +none$/m,
    /^TCB versions, read by the layout of Milan and Genoa: no CPU is named$/m,
    /^  bootloader +2 +2 +2 +2$/m,
    /^ +19 +DEBUG +1 +the host may debug \(read\) the guest$/m,
    /^\+ pass +The report follows the layout of version 2$/m,
    /`greenlight verify` does that/,
  ]) {
    assert.match(out, line);
  }
  assert.doesNotMatch(out, /^Certificates/m);
  assert.match(await inspect("a-report.bin", "-v"), /ALIAS_CHECK_COMPLETE +memory was not checked/);
});

test("a report as JSON has its fields, decoded and raw", async () => {
  const json = await inspectJson("a-report.bin");
  assert.equal(json["form"], "report");
  const report = json["report"] as Record<string, unknown>;
  assert.equal(report["version"], 2);
  assert.equal(report["policy"], "0xb0000");
  assert.equal(report["productLine"], null);
  assert.equal(json["reportBytes"], hexEncode(debugReport()));
  const fields = json["fields"] as readonly { readonly path: string }[];
  assert.ok(fields.some(({ path }) => path === "measurement"));
});

test("text around a report is taken off, snpguest's base64 of hexadecimal too", async () => {
  const hex = hexEncode(debugReport());
  const url = base64Encode(certificateTable()).replaceAll("+", "-").replaceAll("/", "_");
  const cases: readonly (readonly [string, string, string])[] = [
    [hex, "hex", "report"],
    [base64Encode(debugReport()), "base64", "report"],
    [base64Encode(new TextEncoder().encode(hex)), "base64", "report"],
    [url.replace(/=+$/, ""), "base64url", "certificate-table"],
  ];
  for (const [text, encoding, kind] of cases) {
    writeFileSync("text.txt", text);
    const json = await inspectJson("text.txt");
    assert.deepEqual([json["encoding"], json["kind"]], [encoding, kind]);
  }
});

test("an extended report and a bundle list their certificates and extras", async () => {
  for (const [file, form] of [
    ["extended.bin", "extended report"],
    ["bundle.json", "Greenlight bundle"],
  ] as const) {
    const out = await inspect(file);
    assert.ok(out.startsWith(`${file}: SEV-SNP evidence, ${form}, version 2\n`), out);
    assert.match(out, /^  VCEK +SEV-VCEK +certificate table, entry 0$/m);
    assert.match(out, /Google's host says CPUID\(1\)\.EAX is 0xa00f10/);
  }
  assert.match(await inspect("bundle.json"), /^  vTPM +c476f1eb-0123-45a5-9641-b4e7dde5bfe3 +4$/m);
});

test("an HCL report: report, runtime data, and all three structures in the hexdump", async () => {
  const out = await inspect("hcl.bin", "--hex");
  assert.match(out, /^hcl\.bin: SEV-SNP evidence, Azure HCL report, version 2\n/);
  assert.match(out, /^  HCLAkPub +RSA, 48 bits \(sign\)$/m);
  assert.match(out, /^  secure-boot +true$/m);
  for (const title of ["HCL_REPORT_HEADER", "ATTESTATION_REPORT", "HCL_RUNTIME_DATA_HEADER"]) {
    assert.match(out, new RegExp(`^${title}$`, "m"));
  }
});

test("a certificate table and a manifest without a report", async () => {
  const table = await inspect("auxblob.bin", "--hex");
  assert.match(table, /^auxblob\.bin: certificate table, 2 entries\n/);
  assert.match(table, /^  0 +VCEK +0x48 +\d+$/m);
  assert.match(table, /\[2\]\.\{guid, offset, length\}/);
  const manifest = await inspect("manifest.bin", "--hex");
  assert.match(manifest, /^manifest\.bin: SVSM services manifest, 1 service\n/);
  assert.match(manifest, /\[0\]\.offset 0x30/);
});

test("a broken report is shown, with what is broken", async () => {
  const report = debugReport();
  report[0x49f] = 1;
  writeFileSync("broken.bin", report);
  const out = await inspect("broken.bin", "--hex");
  assert.match(out, /^broken\.bin: SEV-SNP attestation report, broken\n/);
  assert.match(out, /fail +The report breaks its layout: .*reserved330/);
  assert.match(out, /0x090 +measurement/);
  writeFileSync("zeros.bin", new Uint8Array(1184));
  assert.match(await inspect("zeros.bin", "--as", "report"), /is 0, supported: 2, 3, 4, 5/);
});

test("broken evidence is refused with a reason", async () => {
  const refusal = async (name: string, bytes: Uint8Array): Promise<string> => {
    writeFileSync(name, bytes);
    const { code, out, err } = await greenlight("inspect", name);
    assert.deepEqual([code, out], [2, ""]);
    assert.doesNotMatch(err, /internal error|\n +at /);
    return err;
  };
  assert.match(await refusal("cut.bin", debugReport().subarray(0, 1183)), /cut off/);
  const longer = Buffer.concat([debugReport(), Buffer.alloc(1)]);
  assert.match(await refusal("longer.bin", longer), /first 1184 look like a report/);
  const cut = hclReport().subarray(0, 0x4e0);
  assert.match(await refusal("cut.bin", cut), /HCL_REPORT\.runtimeData.*it is cut off/);
  const table = Buffer.concat([debugReport(), certificateTable().subarray(0, 60)]);
  assert.match(
    await refusal("table.bin", table),
    /certificate table: ends without an all-zero entry/,
  );
  const json = new TextEncoder().encode('{"provider":"tdx_guest","outblob":""}');
  assert.match(await refusal("tdx.json", json), /Intel TDX/);
});

test("two reports are compared field by field, whatever is around them", async () => {
  const other = debugReport();
  other[0x90]! ^= 1;
  writeFileSync("other.bin", other);
  const { code, out } = await greenlight("diff", "extended.bin", "other.bin");
  assert.equal(code, 1);
  assertTidy(out);
  assert.match(out, /^Different \(attestation report\): 1 of \d+ fields, 1 of 1184 bytes\n/);
  assert.match(out, /measurement, bytes 090/);
  assert.equal((await greenlight("diff", "hcl.bin", "a-report.bin")).code, 0);
  other[0x180]! += 1;
  writeFileSync("other.bin", other);
  const tcb = await greenlight("diff", "a-report.bin", "other.bin");
  assertTidy(tcb.out);
  assert.match(tcb.out, /^  reportedTcb\n    A  bootloader 2, tee 0, .*\n    B  bootloader 3, /m);
  // A broken report has fields, but no TCB versions to speak of.
  writeFileSync("other.bin", new Uint8Array(1184));
  const broken = await greenlight("diff", "a-report.bin", "other.bin", "--as", "report");
  assert.equal(broken.code, 1);
});

test("tables and manifests are compared entry by entry", async () => {
  const other = certificateTable();
  other[other.length - 1]! ^= 1;
  writeFileSync("other-table.bin", other);
  const { code, out } = await greenlight("diff", "auxblob.bin", "other-table.bin");
  assert.equal(code, 1);
  assert.match(out, /^Different \(certificate table\): 1 of 2 entries\n/);
  assert.match(out, /Google's extra platform info/);
  assert.equal((await greenlight("diff", "manifest.bin", "manifest.bin")).code, 0);
  assert.equal((await greenlight("diff", "manifest.bin", "auxblob.bin")).code, 2);
});

test("the beginning is recognised by the GUIDs that the decoders know", () => {
  for (const { guid } of CERTIFICATE_GUIDS) {
    const bytes = new Uint8Array(48);
    bytes.set(guidEncode(guid, "rfc"));
    assert.equal(evidenceBeginning(bytes), "certificate-table");
  }
  const manifest = new Uint8Array(24);
  manifest.set(guidEncode(SVSM_MANIFEST_GUID));
  assert.equal(evidenceBeginning(manifest), "svsm-manifest");
});

const REAL = {
  "snp/reports/turin-v5-aci.bin": ["report", "report", /version 5, Turin/],
  "snp/extended/siena-v5-attestationrs.ext.bin": ["evidence", "extended-report", /Bergamo/],
  "snp/hcl/azure-genoa-trustee.hcl.bin": ["evidence", "azure-hcl-report", /vmUniqueId/],
  "snp/evidence/azure-live-attestationrs.json": ["evidence", "azure-snp-json", /TPM quote/],
  "snp/evidence/genoa-v3-veraison-tsm.json": ["evidence", "tsm-json", /SEV-VCEK/],
  "snp/evidence/trustee-e2e-siena-v3.json": ["evidence", "trustee-json", /put together again/],
  "snp/evidence/genoa-v3-veraison-auxblob.bin": ["certificate-table", undefined, /ARK-Genoa/],
  "svsm/manifest-all-vtpm-uefi.bin": ["svsm-manifest", undefined, /UEFI MM/],
} as const;

test("real files of every form", { skip: missingVectors(...Object.keys(REAL)) }, async () => {
  for (const [path, [kind, form, pattern]] of Object.entries(REAL)) {
    writeFileSync("real", readVector(path));
    const json = await inspectJson("real");
    assert.deepEqual([json["kind"], json["form"]], [kind, form], path);
    assert.match(await inspect("real"), pattern, path);
    await inspect("real", "--hex", "-v");
  }
});
