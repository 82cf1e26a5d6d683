// SPDX-License-Identifier: Apache-2.0
// Evidence in the JSON of other tools.

import assert from "node:assert/strict";
import { X509Certificate, verify } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import { base64Encode, hexEncode } from "../../src/bytes/index.ts";
import {
  decodeReport,
  encodeCertificateTable,
  readEvidence,
  readTrusteeReport,
  reportSignature,
  signedPart,
} from "../../src/evidence/index.ts";
import { missingVectors, readVector } from "../support/vectors.ts";
import { serdeReport } from "./serde.ts";
import { SNP_INDEX, ascii, fakeCertificate, isOrderly, refusal, vectorsOf } from "./support.ts";

const read = (json: unknown) => readEvidence(ascii(JSON.stringify(json)));
const of = (json: unknown): string => refusal(() => read(json));
const list = (bytes: Uint8Array): number[] => Array.from(bytes);

/** A report that fits JSON's numbers. */
function sample(version = 5): Uint8Array {
  const report = Uint8Array.from({ length: 1184 }, (_, i) => (i * 7) & 0xff);
  report.fill(0, 0, 0x10);
  report[0] = version;
  report[10] = 3;
  report.fill(0, 0x38, 0x50);
  report.set([1, 2, 3, 4, 0, 0, 0, 9], 0x38);
  report.fill(0, 0x180, 0x1a0);
  report.set([1, 1, 3, 4, 0, 0, 0, 9], 0x180);
  if (version >= 3) report.set([0x1a, 2, 1], 0x188);
  report.fill(0, 0x1e0, 0x2a0);
  report.set([40, 55, 1, 0, 39, 55, 1, 0], 0x1e8);
  if (version >= 5) report.set([0x3f, 0, 0, 0, 0, 0, 0, 0, 0x7f], 0x1f8);
  report.fill(0, 0x2d0, 0x2e8);
  report.fill(0, 0x318);
  return report;
}

test("serde's form comes back as the bytes it was made of, and says so", () => {
  for (const version of [2, 3, 4, 5]) {
    const report = sample(version);
    decodeReport(report);
    const evidence = read(serdeReport(report, "turin"));
    assert.equal(evidence.form, "trustee-json");
    assert.equal(hexEncode(evidence.report), hexEncode(report), `version ${version}`);
    assert.match(evidence.notes.join(), /put together again from its fields/);
  }
});

test(
  "every report whose TCB versions are whole comes back",
  { skip: missingVectors(SNP_INDEX) },
  () => {
    for (const { file, product } of vectorsOf("report")) {
      const bytes = readVector(`snp/${file}`);
      const json = serdeReport(bytes, product === "Turin" ? "turin" : "milan");
      const evidence = read({ attestation_report: json, cert_chain: [] });
      assert.equal(hexEncode(evidence.report), hexEncode(bytes), file);
    }
  },
);

test("byte strings as text, and a report as base64, are read too", () => {
  const report = sample();
  const json = serdeReport(report, "turin");
  const { measurement, chipId } = decodeReport(report);
  const text = { ...json, measurement: hexEncode(measurement), chip_id: base64Encode(chipId) };
  assert.equal(hexEncode(read(text).report), hexEncode(report));
  const whole = read({ attestation_report: base64Encode(report) });
  assert.deepEqual(whole.report, report);
  assert.deepEqual(whole.notes, []);
});

test("older and newer members: numbers for TCB versions, split versions, unknown names", () => {
  const report = sample(3);
  const { current: _, committed: __, ...json } = serdeReport(report, "turin");
  const older = {
    ...json,
    reported_tcb: String(0x0900_0000_0403_0101n),
    current_build: 40,
    current_minor: 55,
    current_major: 1,
    committed_build: 39,
    committed_minor: 55,
    committed_major: 1,
    _reserved_0: 0,
    invented: 1,
  };
  const { report: found, notes } = read(older);
  assert.deepEqual(found.subarray(0x1e8, 0x1f0), report.subarray(0x1e8, 0x1f0));
  assert.equal(hexEncode(found.subarray(0x180, 0x188)), "0101030400000009");
  assert.match(notes.join(), /1 members of the report are not known/);
});

test("members that are missing or do not fit are refused", () => {
  const json = serdeReport(sample(), "turin");
  const { measurement: _, ...without } = json;
  assert.equal(of({ attestation_report: without }), "not-found");
  assert.equal(of({ ...json, guest_svn: 2 ** 32 }), "out-of-range");
  assert.equal(of({ ...json, policy: 2 ** 60 }), "out-of-range");
  assert.equal(of({ ...json, policy: -1 }), "out-of-range");
  assert.equal(of({ ...json, chip_id: [1, 2, 3] }), "bad-length");
  assert.equal(of({ ...json, chip_id: Array<number>(64).fill(256) }), "out-of-range");
  assert.equal(of({ ...json, chip_id: Array<number>(5000).fill(0) }), "bad-length");
  assert.equal(of({ ...json, current_tcb: { bootloader: 1 } }), "not-found");
  assert.equal(of({ ...json, signature: { r: [], s: [] } }), "bad-length");
  assert.equal(of({ attestation_report: json, cert_chain: {} }), "bad-text");
  assert.equal(of({ attestation_report: json, cert_chain: [7] }), "bad-text");
  const entry = { cert_type: "VCEK", data: list(fakeCertificate(1)) };
  assert.equal(of({ attestation_report: json, cert_chain: [entry] }), "accepted");
  assert.equal(of({ attestation_report: json, cert_chain: [entry, entry] }), "unknown-value");
  assert.equal(
    of({ attestation_report: json, cert_chain: [{ ...entry, cert_type: "X" }] }),
    "unknown-value",
  );
  assert.equal(
    refusal(() => readTrusteeReport([])),
    "bad-text",
  );
  assert.equal(
    refusal(() => readTrusteeReport({})),
    "not-found",
  );
});

test("the chain of serde's form: roles, other GUIDs, PEM and base64", () => {
  const guid = "12345678-9abc-def0-1234-56789abcdef0";
  const { certificates, extras } = read({
    attestation_report: base64Encode(sample()),
    cert_chain: [
      { cert_type: "ARK", data: base64Encode(fakeCertificate(1)) },
      { cert_type: "ASK", data: list(fakeCertificate(2)) },
      {
        cert_type: "VLEK",
        data: "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n",
      },
      { cert_type: { OTHER: guid }, data: [1, 2] },
    ],
  });
  assert.deepEqual(
    certificates.map(({ role, der }) => [role, der.length]),
    [
      ["ARK", 40],
      ["ASK", 40],
      ["VLEK", 5],
    ],
  );
  assert.deepEqual(extras, [{ guid, bytes: Uint8Array.of(1, 2) }]);
});

test("configfs-tsm as JSON; other providers are named", () => {
  const outblob = base64Encode(sample());
  const url = outblob.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  for (const text of [outblob, url]) {
    const evidence = read({ provider: "sev_guest\n", outblob: text, auxblob: "", generation: 1 });
    assert.equal(evidence.form, "tsm-json");
    assert.deepEqual(evidence.report, sample());
  }
  const table = encodeCertificateTable([
    { guid: "a8074bc2-a25a-483e-aae6-39c045a0b8a1", bytes: fakeCertificate(1) },
  ]);
  const full = read({ outblob, auxblob: base64Encode(table), manifestblob: "AQID" });
  assert.equal(full.certificates[0]?.role, "VLEK");
  assert.deepEqual(full.manifest, Uint8Array.of(1, 2, 3));
  assert.throws(() => read({ provider: "tdx_guest", outblob }), /Intel TDX/);
  assert.equal(of({ outblob, auxblob: "AQID" }), "truncated");
  assert.equal(of({ outblob: 7 }), "bad-text");
  assert.equal(of({ outblob: "A-+A" }), "bad-base64");
});

test("other JSON is refused by what it looks like", () => {
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ quote: "", cc_eventlog: "" }, /Intel TDX/],
    [{ MetadataItems: [] }, /firmware descriptor/],
    [{ eat_profile: "" }, /attestation result/],
    [{ keys: [], "vm-configuration": {} }, /runtime data/],
    [{ a: 1 }, /no known form/],
  ];
  for (const [json, pattern] of cases) assert.throws(() => read(json), pattern);
});

test("any JSON is evidence or a LayoutError", () => {
  const names = ["outblob", "auxblob", "provider", "hcl_report", "vcek", "attestation_report"];
  const any = fc.dictionary(fc.constantFrom(...names, "cert_chain", "evidence"), fc.jsonValue());
  fc.assert(
    fc.property(any, (json) => isOrderly(() => read(json))),
    { numRuns: 500 },
  );
  const serde = serdeReport(sample(), "turin");
  const changed = fc.tuple(fc.constantFrom(...Object.keys(serde)), fc.jsonValue());
  fc.assert(
    fc.property(changed, ([name, value]) => isOrderly(() => read({ ...serde, [name]: value }))),
    { numRuns: 500 },
  );
});

test("real JSON of other tools", { skip: missingVectors(SNP_INDEX) }, () => {
  for (const { file } of vectorsOf("az-snp-evidence-json")) {
    const name = file.replace(/^evidence\/|\.json$/g, "");
    const evidence = readEvidence(readVector(`snp/${file}`));
    assert.equal(evidence.form, "azure-snp-json");
    assert.equal(hexEncode(evidence.report), hexEncode(readVector(`snp/reports/${name}.bin`)));
    assert.equal(evidence.certificates.length, 1);
    const [vcek] = evidence.certificates;
    assert.equal(hexEncode(vcek!.der), hexEncode(readVector(`snp/veks/${name}.der`)));
    assert.ok(evidence.runtimeData !== undefined);
    assert.match(evidence.notes.join(), /TPM quote/);
  }
  const tsm = readEvidence(readVector("snp/evidence/genoa-v3-veraison-tsm.json"));
  assert.equal(tsm.form, "tsm-json");
  const report = readVector("snp/reports/genoa-v3-veraison-tsm.bin");
  assert.equal(hexEncode(tsm.report), hexEncode(report));
  assert.deepEqual(
    tsm.certificates.map(({ role }) => role),
    ["ARK", "ASK", "VCEK"],
  );
  const trustee = readEvidence(readVector("snp/evidence/trustee-e2e-siena-v3.json"));
  const siena = decodeReport(trustee.report);
  assert.deepEqual([siena.version, siena.cpuFamily, siena.cpuModel], [3, 0x19, 0xa0]);
  const [vcek] = trustee.certificates;
  assert.equal(vcek?.role, "VCEK");
  // What was put together again is what the chip signed.
  const { publicKey } = new X509Certificate(vcek.der);
  const key = { key: publicKey, dsaEncoding: "ieee-p1363" } as const;
  assert.ok(verify("sha384", signedPart(trustee.report), key, reportSignature(siena)));
});
