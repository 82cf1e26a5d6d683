// SPDX-License-Identifier: Apache-2.0
// Recognising evidence: forms, the text around them, and what is something else.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { LayoutError, base64Encode, guidEncode, hexEncode } from "../../src/bytes/index.ts";
import {
  SVSM_MANIFEST_GUID,
  encodeCertificateTable,
  encodeEvidenceBundle,
  readEvidence,
} from "../../src/evidence/index.ts";
import { missingVectors, readVector } from "../support/vectors.ts";
import {
  SNP_INDEX,
  ascii,
  concat,
  fakeCertificate,
  isOrderly,
  reports,
  vectorsOf,
} from "./support.ts";

const REPORT = Uint8Array.from({ length: 1184 }, (_, i) => (i === 0 ? 3 : i < 8 ? 0 : i & 0xff));
const VCEK = "63da758d-e664-4564-adc5-f4b93be8accd";
const TABLE = encodeCertificateTable([{ guid: VCEK, bytes: fakeCertificate(1) }]);

test("a bare report is returned whatever is in it", () => {
  for (const fill of [0, 0xff, 0x80]) {
    const { form, report, encodings, certificates } = readEvidence(new Uint8Array(1184).fill(fill));
    assert.equal(form, "report");
    assert.equal(report.length, 1184);
    assert.deepEqual([encodings, certificates], [[], []]);
  }
});

test("trap 19: text around evidence is taken off and named, with or without 0x", () => {
  const hex = hexEncode(REPORT);
  const base64 = base64Encode(REPORT);
  const url = base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  const lines = (text: string): string => `  ${text.replaceAll(/(.{64})/g, "$1\r\n")}\n`;
  const cases: readonly (readonly [string, readonly string[]])[] = [
    [hex, ["hex"]],
    [`0x${hex.toUpperCase()}\n`, ["hex"]],
    [lines(hex), ["hex"]],
    [base64, ["base64"]],
    [lines(base64), ["base64"]],
    [url, ["base64url"]],
    [base64Encode(ascii(hex)), ["base64", "hex"]],
  ];
  for (const [text, encodings] of cases) {
    const found = readEvidence(ascii(text));
    assert.deepEqual(found.encodings, encodings);
    assert.deepEqual(found.report, REPORT);
    assert.equal(found.form, "report");
  }
  const extended = readEvidence(ascii(base64Encode(concat(REPORT, TABLE))));
  assert.equal(extended.form, "extended-report");
  assert.equal(extended.certificates[0]?.role, "VCEK");
});

test("base64 of JSON is no token", () => {
  const bundle = encodeEvidenceBundle({ provider: "sev_guest", report: REPORT });
  const { form, encodings } = readEvidence(
    ascii(base64Encode(ascii(bundle.replaceAll(/\s/g, "")))),
  );
  assert.deepEqual([form, encodings], ["greenlight-json", ["base64"]]);
});

test("no more than two layers of text are taken off", () => {
  let text = hexEncode(REPORT);
  text = base64Encode(ascii(text));
  assert.equal(readEvidence(ascii(text)).form, "report");
  text = base64Encode(ascii(text));
  assert.throws(() => readEvidence(ascii(text)), LayoutError);
});

test("the raw answer of SNP_GET_REPORT, with or without its buffer's rest", () => {
  const header = new Uint8Array(32);
  new DataView(header.buffer).setUint32(4, 1184, true);
  for (const rest of [0, 2784]) {
    const { form, report, notes } = readEvidence(concat(header, REPORT, new Uint8Array(rest)));
    assert.equal(form, "report");
    assert.deepEqual(report, REPORT);
    assert.equal(notes.length, 1);
  }
  const { notes } = readEvidence(concat(header, REPORT, TABLE));
  assert.match(notes.join("; "), /left out/);
});

test("a report and an empty table, or a page of zeros, have no certificates", () => {
  for (const size of [24, 4096]) {
    const found = readEvidence(concat(REPORT, new Uint8Array(size)));
    assert.deepEqual([found.form, found.certificates], ["extended-report", []]);
  }
});

test("1185 bytes are a report with a broken table, and the hint says so", () => {
  assert.throws(
    () => readEvidence(concat(REPORT, Uint8Array.of(0))),
    (error) =>
      error instanceof LayoutError &&
      error.code === "truncated" &&
      /of 1185 bytes the first 1184 look like a report and the other 1 /.test(error.hint ?? ""),
  );
});

/** A format, its first bytes, and how it is called. */
const OTHERS: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ["TDX quote", Uint8Array.of(4, 0, 2, 0, 0x81, 0, 0, 0), /an Intel TDX quote/],
  ["TDX quote 5", Uint8Array.of(5, 0, 2, 0, 0, 0, 0, 0), /Intel TDX quote of version 5/],
  ["SGX quote", Uint8Array.of(3, 0, 2, 0, 0, 0, 0, 0), /Intel SGX quote/],
  ["TPM quote", Uint8Array.of(0xff, 0x54, 0x43, 0x47, 0x80, 0x18), /TPM attestation/],
  ["DER certificate", Uint8Array.of(0x30, 0x82, 5, 0x3f, 0x30, 0x82), /DER certificate/],
  ["certificate table", TABLE, /certificate table without a report/],
  ["SVSM manifest", guidEncode(SVSM_MANIFEST_GUID), /SVSM services manifest/],
  ["gzip", Uint8Array.of(0x1f, 0x8b, 8), /a gzip file/],
  ["PEM", ascii("-----BEGIN CERTIFICATE-----\nAAAA\n"), /a PEM certificate/],
  ["key", ascii("-----BEGIN EC PRIVATE KEY-----\n"), /PEM text/],
  ["token", ascii("eyJhbGciOiJFUzM4NCJ9.e30.AAAA"), /JSON Web Token/],
  ["digest", ascii("ab".repeat(48)), /SHA-384 digest \(hex text of 48 bytes\)/],
];

test("something else is refused by what it looks like", () => {
  const firmware = new Uint8Array(8192);
  firmware.set(ascii("_FVH"), 0x28);
  for (const [name, head, pattern] of [...OTHERS, ["firmware", firmware, /firmware/] as const]) {
    // With a tail longer than a report the first bytes decide as well.
    const isBinary = head.some((byte) => byte > 0x7f || byte < 9);
    const longer = isBinary ? concat(head, new Uint8Array(2000).fill(0xcc)) : head;
    for (const bytes of [head, longer]) {
      assert.throws(
        () => readEvidence(bytes),
        (error) => error instanceof LayoutError && pattern.test(error.reason) && error.hint !== "",
        name,
      );
    }
  }
});

test("a report that is cut off says so", () => {
  for (const size of [1183, 1000, 128]) {
    assert.throws(() => readEvidence(REPORT.subarray(0, size)), /cut off/);
  }
});

test("nothing and too much are refused", () => {
  assert.throws(() => readEvidence(new Uint8Array(0)), /has 0 bytes/);
  assert.throws(() => readEvidence(new Uint8Array(0x20_0001)), /has 2097153 bytes/);
});

test("any bytes are evidence or a LayoutError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2500 }), fc.string(), reports, (bytes, text, report) => {
      assert.ok(bytes.length === 0 || isOrderly(() => readEvidence(bytes)));
      assert.ok(text === "" || isOrderly(() => readEvidence(ascii(text))));
      assert.ok(isOrderly(() => readEvidence(concat(report, bytes))));
      assert.ok(isOrderly(() => readEvidence(concat(ascii("HCLA"), bytes))));
    }),
    { numRuns: 500 },
  );
});

test("every real report, as it is and as text", { skip: missingVectors(SNP_INDEX) }, () => {
  for (const { file } of vectorsOf("report", "report-derived")) {
    const bytes = readVector(`snp/${file}`);
    if (bytes.length !== 1184) {
      assert.throws(() => readEvidence(bytes), LayoutError, file);
      continue;
    }
    assert.deepEqual(readEvidence(bytes).report, bytes, file);
    assert.deepEqual(readEvidence(ascii(hexEncode(bytes))).report, bytes, file);
  }
});
