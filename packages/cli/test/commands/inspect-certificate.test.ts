// SPDX-License-Identifier: Apache-2.0
// `greenlight inspect` and `greenlight diff` of certificates and revocation lists.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { base64Encode } from "@greenlight/core/bytes";
import { fixtureSnp } from "../../../../fixtures/load.ts";
import {
  ascii,
  buildCertificate,
  buildList,
  buildVek,
  VCEK_VALUES,
  extension,
  integer,
  name,
  revoked,
  tlv,
} from "../../../core/test/support/der-builder.ts";
import { missingVectors, readVector } from "../../../core/test/support/vectors.ts";
import { greenlight } from "../support/capture.ts";
import { enterExampleFolder } from "../support/folder.ts";
import type { ExampleFolder } from "../support/folder.ts";
import { assertTidy } from "../support/lines.ts";

let folder: ExampleFolder;
before(async () => {
  folder = await enterExampleFolder();
  writeFileSync("vcek.der", fixtureSnp("milan.vcek.der"));
  writeFileSync("turin.der", fixtureSnp("turin.vcek.der"));
  writeFileSync("chain.pem", fixtureSnp("turin.vcek-chain.pem"));
});
after(() => folder.remove());

async function run(code: number, ...argv: readonly string[]): Promise<string> {
  const result = await greenlight(...argv);
  assert.equal(result.code, code, result.err);
  if (code !== 2 && !argv.includes("--json")) assertTidy(result.out);
  return code === 2 ? result.err : result.out;
}

const pem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${base64Encode(der)}\n-----END ${label}-----\n`;

test("a VCEK in words", async () => {
  const out = await run(0, "inspect", "vcek.der");
  assert.ok(out.startsWith("vcek.der: X.509 certificate, DER, VCEK of Milan\n"));
  for (const line of [
    /^ {2}kind +Versioned Chip Endorsement Key$/m,
    /^ {2}serial number +00$/m,
    /^ {2}valid from +2023-04-03T19:23:43Z$/m,
    /^ {2}valid until +2030-04-03T19:23:43Z$/m,
    /^ {2}key +EC on P-384$/m,
    /^ {2}product name +Milan-B0$/m,
    /^ {2}TCB +bootloader 3, tee 0, snp 8, microcode 115$/m,
    /^ {4}d49554ec717f4e5b0fe6b143bcf0405b[0-9a-f]{96}$/m,
    /^ {4}3bbfb6ee259f75a95d13168cfdf2e034181bb93c7c016825731cbe8ea16c95e1$/m,
    /trailer/,
  ]) {
    assert.match(out, line);
  }
  assert.doesNotMatch(out, /pinned/);
});

test("a Turin VCEK has FMC and a short chip id", async () => {
  const out = await run(0, "inspect", "turin.der");
  assert.match(out, /^ {2}TCB +fmc 0, bootloader 0, tee 0, snp 0, microcode 9$/m);
  assert.match(out, /^ {2}chip id \(hwID\) +1e550a8ee5cf9f4d$/m);
});

test("all certificates of a PEM file are shown, and which are AMD's own", async () => {
  const out = await run(0, "inspect", "chain.pem");
  assert.ok(out.startsWith("chain.pem: X.509 certificate, PEM, 2 certificates\n"));
  assert.match(out, /^1\. ASK of Turin$/m);
  assert.match(out, /^2\. ARK of Turin$/m);
  assert.match(out, /^ {2}pinned +yes, it is AMD's ASK of Turin$/m);
  assert.match(out, /^ {2}pinned +yes, it is AMD's ARK of Turin$/m);
  assert.match(out, /^ {2}issuer +itself$/m);
  assert.match(out, /^ {2}key usage +keyCertSign, cRLSign$/m);
  assert.match(out, /^ {2}authority +yes, authorities below it: 0$/m);
  assert.match(out, /^ {2}revocation list +https:\/\/kdsintf\.amd\.com\/vcek\/v1\/Turin\/crl$/m);
  assert.match(await run(0, "inspect", "chain.pem", "-v"), /^ {2}authority key id/m);
});

test("a certificate that only has a name of AMD's is not taken for theirs", async () => {
  writeFileSync("forged.der", buildCertificate({ subject: name("ARK-Milan") }));
  const out = await run(0, "inspect", "forged.der");
  assert.match(out, /pinned +no: it has a name of AMD's, but not the\s+fingerprint/);
  assert.equal(
    JSON.parse(await run(0, "inspect", "forged.der", "--json")).certificates[0].pinned,
    false,
  );
});

test("other people's certificates, unknown extensions and broken ones of AMD's", async () => {
  const extensions = [extension("1.2.3.4", [1, 2, 3], true)];
  writeFileSync("other.der", buildCertificate({ subject: name("nobody"), extensions }));
  const other = await run(0, "inspect", "other.der");
  assert.match(other, /^other\.der: X\.509 certificate, DER, nobody$/m);
  assert.match(other, /^ {2}other extensions +1\.2\.3\.4 \(critical\) 010203$/m);
  writeFileSync("broken.der", buildVek({ ...VCEK_VALUES, "3.1": undefined }));
  assert.match(await run(0, "inspect", "broken.der"), /cannot be read: VEK extensions\.blSPL/);
  const cspID = tlv(0x16, ascii("CN=cc-us-east-2.amazonaws.com"));
  writeFileSync("vlek.der", buildVek({ ...VCEK_VALUES, "4": undefined, "5": cspID }));
  assert.match(await run(0, "inspect", "vlek.der"), /cspID\) +CN=cc-us-east-2\.amazonaws\.com$/m);
});

test("JSON has every field, and the original bytes field by field", async () => {
  const json = JSON.parse(await run(0, "inspect", "vcek.der", "--json"));
  assert.equal(json.schema, "greenlight/inspect/v1");
  assert.equal(json.kind, "certificate");
  const [certificate] = json.certificates;
  assert.equal(certificate.role, "VCEK");
  assert.equal(certificate.line, "Milan");
  assert.equal(certificate.serial, "0x0");
  assert.equal(certificate.amd.tcb.snp, 8);
  assert.equal(certificate.amd.hwId.length, 128);
  assert.equal(certificate.extensions.length, 11);
  let end = 0;
  for (const { offset, size } of certificate.fields) {
    assert.equal(offset, end);
    end += size;
  }
  assert.equal(end, json.size);
  assert.match(
    await run(0, "inspect", "vcek.der", "--hex"),
    /extension 1\.3\.6\.1\.4\.1\.3704\.1\.4/,
  );
});

test("revocation lists: window, number, revoked serials", async () => {
  const extensions = [extension("2.5.29.20", integer(10))];
  const reason = extension("2.5.29.21", tlv(0x0a, [1]));
  const der = buildList({ revoked: [revoked(integer(2, 0, 1), reason)], extensions });
  writeFileSync("list.crl", der);
  writeFileSync("list.pem", pem("X509 CRL", der));
  for (const [file, container] of [
    ["list.crl", "DER"],
    ["list.pem", "PEM"],
  ] as const) {
    const out = await run(0, "inspect", file);
    assert.ok(out.startsWith(`${file}: X.509 revocation list, ${container}, of issuer\n`));
    assert.match(out, /^ {2}issued +2026-08-01T00:00:00Z$/m);
    assert.match(out, /^ {2}next one by +2026-09-01T00:00:00Z$/m);
    assert.match(out, /^ {2}number +10$/m);
    assert.match(out, /^ {2}020001 +2025-06-01T12:00:00Z +keyCompromise$/m);
  }
  const many = Array.from({ length: 30 }, (_, i) => revoked(integer(i + 1)));
  writeFileSync("many.crl", buildList({ revoked: many }));
  assert.match(await run(0, "inspect", "many.crl"), /There are 10 more; -v shows them\./);
  assert.match(await run(0, "inspect", "many.crl", "-v"), /^ {2}1e /m);
  writeFileSync("none.crl", buildList({ nextUpdate: undefined }));
  const none = await run(0, "inspect", "none.crl");
  assert.match(none, /Nothing is revoked\./);
  assert.match(none, /next one by +not said/);
});

test(
  "a real list revokes the first ASK of Genoa",
  {
    skip: missingVectors("snp/crl/kds-vcek-genoa-2026-08-19.crl"),
  },
  async () => {
    writeFileSync("genoa.crl", readVector("snp/crl/kds-vcek-genoa-2026-08-19.crl"));
    const out = await run(0, "inspect", "genoa.crl");
    assert.match(out, /^genoa\.crl: X\.509 revocation list, DER, of ARK-Genoa$/m);
    assert.match(out, /^ {2}020001 +2022-10-31T12:00:00Z +not said$/m);
  },
);

test("files with both kinds, and broken ones, say so", async () => {
  const certificate = pem("CERTIFICATE", fixtureSnp("milan.vcek.der"));
  const list = pem("X509 CRL", buildList());
  writeFileSync("both.pem", certificate + list);
  assert.match(await run(0, "inspect", "both.pem"), /also holds revocation lists \(1\)/);
  assert.match(await run(0, "inspect", "both.pem", "--as", "crl"), /also holds certificates/);
  writeFileSync("cut.der", fixtureSnp("milan.vcek.der").subarray(0, 700));
  assert.match(await run(2, "inspect", "cut.der"), /Certificate .*needs 1356 bytes, 696 are there/);
  writeFileSync("long.der", Buffer.concat([fixtureSnp("milan.vcek.der"), Buffer.from("x")]));
  assert.match(await run(2, "inspect", "long.der"), /1 bytes follow the end/);
  writeFileSync("cut.pem", certificate.slice(0, 100));
  assert.match(await run(2, "inspect", "cut.pem"), /has no END line/);
  assert.match(await run(2, "inspect", "vcek.der", "--as", "crl"), /CertificateList/);
  assert.match(await run(2, "inspect", "chain.pem", "--as", "crl"), /holds no revocation list/);
});

test("two certificates are compared property by property", async () => {
  assert.match(await run(0, "diff", "vcek.der", "vcek.der"), /^The same \(X\.509 certificate\)/);
  const out = await run(1, "diff", "vcek.der", "turin.der");
  assert.match(out, /^Different \(X\.509 certificate\): \d+ of \d+ properties$/m);
  assert.match(out, /product name +Milan-B0 +Turin$/m);
  const json = JSON.parse(await run(1, "diff", "chain.pem", "vcek.der", "--json"));
  assert.equal(json.equal, false);
  writeFileSync("a.crl", buildList({ revoked: [revoked(integer(1)), revoked(integer(1))] }));
  writeFileSync("b.crl", buildList({ revoked: [revoked(integer(1))] }));
  assert.match(await run(1, "diff", "a.crl", "b.crl"), /revoked 01 \(2\)/);
  assert.match(await run(2, "diff", "a.crl", "vcek.der"), /cannot compare/);
});
