// SPDX-License-Identifier: Apache-2.0
// Azure's HCL report: real ones of both versions, and its sizes.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import { hexEncode } from "../../src/bytes/index.ts";
import {
  HCL_REPORT,
  decodeHclReport,
  decodeReport,
  readEvidence,
  readRuntimeClaims,
} from "../../src/evidence/index.ts";
import { missingVectors, readVector } from "../support/vectors.ts";
import { SNP_INDEX, ascii, concat, isOrderly, refusal, vectorsOf } from "./support.ts";

/** An HCL report around a zero report. */
function hcl(json: string, edit: Readonly<Record<number, number>> = {}, padding = 0): Uint8Array {
  const data = ascii(json);
  const head = new Uint8Array(HCL_REPORT.size);
  head.set(ascii("HCLA"));
  const view = new DataView(head.buffer);
  const numbers = {
    0x04: 2,
    0x08: HCL_REPORT.size + data.length,
    0x0c: 2,
    0x20: 3,
    0x4c0: 20 + data.length,
    0x4c4: 1,
    0x4c8: 2,
    0x4cc: 1,
    0x4d0: data.length,
    ...edit,
  };
  for (const [offset, value] of Object.entries(numbers))
    view.setUint32(Number(offset), value, true);
  return concat(head, data, new Uint8Array(padding));
}

const of = (bytes: Uint8Array): string => refusal(() => decodeHclReport(bytes));

test("both versions, with and without the zeros of the NV index", () => {
  for (const version of [1, 2]) {
    for (const padding of [0, 1, 400]) {
      const found = decodeHclReport(hcl('{"keys":[]}', { 0x04: version }, padding));
      assert.equal(found.version, version);
      assert.equal(found.padding, padding);
      assert.equal(hexEncode(found.runtimeData.bytes), hexEncode(ascii('{"keys":[]}')));
    }
  }
});

test("numbers that contradict each other or the layout are refused", () => {
  assert.equal(of(hcl("{}", { 0x04: 3 })), "unsupported-version");
  assert.equal(of(hcl("{}", { 0x4c4: 2 })), "unsupported-version");
  assert.equal(of(hcl("{}", { 0x4c8: 4 })), "unknown-value");
  assert.equal(of(hcl("{}", { 0x4c0: 21 })), "bad-length");
  assert.equal(of(hcl("{}", { 0x4d0: 3 })), "bad-length");
  assert.equal(of(hcl("{}", { 0x4d0: 3, 0x4c0: 23 })), "truncated");
  assert.equal(of(hcl("{}", { 0x4d0: 0xffff_ffff, 0x4c0: 0x13 })), "bad-length");
  assert.equal(of(hcl("{}", { 0x4d0: 0xffff_ffe0, 0x4c0: 0xffff_fff4 })), "bad-length");
  assert.equal(of(hcl("{}", { 0x14: 1 })), "must-be-zero");
  assert.equal(of(concat(hcl("{}"), ascii("\u0000x"))), "must-be-zero");
  assert.equal(of(hcl("{}").subarray(1)), "constant-mismatch");
  for (const size of [4, 0x20, 0x4d3]) assert.equal(of(hcl("{}").subarray(0, size)), "truncated");
});

test("a size in the header that is not the size is a note", () => {
  assert.deepEqual(readEvidence(hcl("{}")).notes, []);
  assert.match(readEvidence(hcl("{}", { 0x08: 5 })).notes.join(), /says it has 5 bytes/);
});

test("any bytes are an HCL report or a LayoutError", () => {
  const edits = fc.array(fc.tuple(fc.nat(0x4e0), fc.nat(255)), { maxLength: 4 });
  fc.assert(
    fc.property(edits, fc.nat(0x500), (changes, cut) => {
      const bytes = hcl('{"a":1}', {}, 20);
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      assert.ok(isOrderly(() => decodeHclReport(bytes)));
      assert.ok(isOrderly(() => decodeHclReport(bytes.subarray(0, cut))));
    }),
  );
});

test(
  "trap 22: REPORT_DATA of real HCL reports is the hash of the raw runtime data",
  { skip: missingVectors(SNP_INDEX) },
  () => {
    const entries = vectorsOf("azure-hcl-report");
    assert.equal(entries.length, 6);
    for (const { file } of entries) {
      const { form, report, runtimeData, notes } = readEvidence(readVector(`snp/${file}`));
      assert.equal(form, "azure-hcl-report");
      assert.deepEqual(notes, []);
      const bare = file.replace("hcl/", "reports/").replace(".hcl.bin", ".bin");
      assert.equal(hexEncode(report), hexEncode(readVector(`snp/${bare}`)), file);
      assert.ok(runtimeData);
      assert.equal(runtimeData.hashType, 1);
      const hash = createHash("sha256").update(runtimeData.bytes).digest("hex");
      assert.equal(hexEncode(decodeReport(report).reportData), hash.padEnd(128, "0"), file);
      const claims = readRuntimeClaims(runtimeData.bytes);
      const ak = claims?.keys.find(({ id }) => id === "HCLAkPub");
      assert.deepEqual([ak?.type, ak?.bits], ["RSA", 2048], file);
      assert.ok(
        claims!.vmConfiguration.some(([name]) => name === "vmUniqueId"),
        file,
      );
    }
  },
);

test("runtime data is shown within bounds, whatever it is", () => {
  assert.equal(readRuntimeClaims(ascii("[1]")), undefined);
  assert.equal(readRuntimeClaims(ascii("{")), undefined);
  assert.equal(readRuntimeClaims(Uint8Array.of(0xff)), undefined);
  const claims = readRuntimeClaims(
    new TextEncoder().encode(
      JSON.stringify({
        keys: [{ kid: "a\u001b[31m", kty: "EC", key_ops: ["sign", 4] }, 7, null],
        "vm-configuration": { on: true, deep: {}, long: "x".repeat(1000) },
        "user-data": "00",
        other: 1,
      }),
    ),
  );
  assert.deepEqual(claims?.keys, [{ id: "a?[31m", type: "EC", operations: ["sign"] }]);
  assert.deepEqual(
    claims?.vmConfiguration.map(([name, value]) => [name, value.length]),
    [
      ["on", 4],
      ["long", 258],
    ],
  );
  assert.deepEqual(claims?.others, ["other"]);
  const many = { keys: Array.from({ length: 1000 }, () => ({})) };
  assert.equal(readRuntimeClaims(ascii(JSON.stringify(many)))?.keys.length, 32);
});
