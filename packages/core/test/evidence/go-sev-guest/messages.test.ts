// SPDX-License-Identifier: Apache-2.0
// go-sev-guest's messages, binary and text.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { hexEncode } from "../../../src/bytes/index.ts";
import { readEvidence } from "../../../src/evidence/index.ts";
import { missingVectors, readVector } from "../../support/vectors.ts";
import {
  SNP_INDEX,
  ascii,
  concat,
  fakeCertificate,
  isOrderly,
  refusal,
  reports,
  vectorsOf,
} from "../support.ts";
import { field, reportValues, reportWire, toText, toWire, varint } from "./support.ts";

const of = (bytes: Uint8Array): string => refusal(() => readEvidence(bytes));

/** Reports whose CPU fits CPUID's nibbles, as every CPU's does. */
const plausible = reports.map((bytes) => {
  if (bytes[0]! >= 3) bytes.set([0x19, bytes[0x189]!, bytes[0x18a]! & 15], 0x188);
  return bytes;
});

test("a report comes back as its bytes, from both forms, alone or not", () => {
  fc.assert(
    fc.property(plausible, (bytes) => {
      const values = reportValues(bytes);
      const forms = [
        toWire({ report: values }),
        reportWire(bytes),
        ascii(toText({ report: values })),
        ascii(toText(values)),
      ];
      for (const [i, form] of forms.entries()) {
        const { report, form: name, notes } = readEvidence(form);
        assert.equal(hexEncode(report), hexEncode(bytes), `form ${i}`);
        assert.equal(name, i < 2 ? "go-sev-guest-proto" : "go-sev-guest-textproto");
        assert.match(notes.join(), /put together again from its fields/);
      }
    }),
  );
});

test("real reports too", { skip: missingVectors(SNP_INDEX) }, () => {
  for (const { file } of vectorsOf("report")) {
    const bytes = readVector(`snp/${file}`);
    const values = { report: reportValues(bytes) };
    assert.equal(hexEncode(readEvidence(toWire(values)).report), hexEncode(bytes), file);
    assert.equal(hexEncode(readEvidence(ascii(toText(values))).report), hexEncode(bytes), file);
  }
});

const REPORT = Uint8Array.from({ length: 1184 }, (_, i) => (i === 0 ? 2 : 0));
const values = reportValues(REPORT);

test("certificates, extras and product", () => {
  const guid = "12345678-9abc-def0-1234-56789abcdef0";
  const message = {
    report: values,
    certificate_chain: {
      vcek_cert: fakeCertificate(1),
      ask_cert: fakeCertificate(2),
      ark_cert: new Uint8Array(0),
      extras: [[guid.toUpperCase(), Uint8Array.of(1, 2, 0xff)]] as const,
    },
    product: { name: 1n, machine_stepping: { value: 1n } },
  };
  for (const form of [
    toWire(message),
    ascii(toText(message).replace("name:  1", "name: SEV_PRODUCT_MILAN")),
  ]) {
    const { certificates, extras } = readEvidence(form);
    assert.deepEqual(
      certificates.map(({ role, der }) => [role, der]),
      [
        ["VCEK", fakeCertificate(1)],
        ["ASK", fakeCertificate(2)],
      ],
    );
    assert.deepEqual(extras, [{ guid, bytes: Uint8Array.of(1, 2, 0xff) }]);
  }
});

test("what is ambiguous in the wire format is refused", () => {
  const good = toWire({ report: values });
  assert.equal(of(good), "accepted");
  assert.equal(of(concat(good, good)), "unknown-value");
  assert.equal(of(concat(good, Uint8Array.of(0x1a))), "truncated");
  assert.equal(of(concat(good, Uint8Array.of(0x08))), "unknown-value");
  assert.equal(of(concat(good, Uint8Array.of(0x7b))), "unknown-value");
  assert.equal(of(concat(good, Uint8Array.of(0x00))), "out-of-range");
  assert.equal(of(concat(good, Uint8Array.of(0x80, 0x00))), "out-of-range");
  const inner = (extra: Uint8Array): string => of(field(1, concat(reportWire(REPORT), extra)));
  assert.equal(inner(Uint8Array.of(2 << 3, 1)), "accepted");
  assert.equal(inner(Uint8Array.of(2 << 3, 0x81, 0)), "out-of-range");
  assert.equal(inner(concat(Uint8Array.of(2 << 3), varint(1n << 32n))), "out-of-range");
  assert.equal(inner(Uint8Array.of(2 << 3, ...Array<number>(9).fill(0xff), 2)), "out-of-range");
  assert.equal(inner(concat(Uint8Array.of(3 << 3), varint((1n << 64n) - 1n))), "accepted");
  assert.equal(inner(Uint8Array.of(4 << 3, 1)), "unknown-value");
  assert.equal(of(concat(good, field(9, new Uint8Array(3)))), "accepted");
});

test("unknown fields of the report are counted", () => {
  const bytes = field(1, concat(reportWire(REPORT), field(77, new Uint8Array(3))));
  assert.match(readEvidence(bytes).notes.join(), /1 fields of the report are not known/);
});

test("values that do not fit the report are refused", () => {
  assert.equal(of(toWire({ report: { ...values, chip_id: new Uint8Array(63) } })), "bad-length");
  assert.equal(of(toWire({ report: { ...values, signature: new Uint8Array(1) } })), "bad-length");
  assert.equal(of(toWire({ report: { ...values, current_build: 256n } })), "out-of-range");
  assert.equal(of(toWire({ report: { ...values, cpuid1eax_fms: 0xf000n } })), "reserved-bits");
  assert.equal(of(toWire({ report: {} })), "bad-length");
  assert.equal(of(Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 1)), "truncated");
});

test("the text format: escapes, joined strings, comments, separators, brackets", () => {
  const digits = "\\x00\\0\\000\\n\\u0041\\U00000042";
  const of64 = `"${digits}" 'C' # joined\n "${"\\001".repeat(57)}"`;
  const text = toText(values).replace(/report_data: "[^"]*"/, `report_data: ${of64}`);
  const { report } = readEvidence(ascii(`report: < ${text.replaceAll("\n", " ,\n# comment\n")} >`));
  const head = hexEncode(report.subarray(0x50, 0x60));
  assert.equal(head, "0000000a41424301010101010101010".padEnd(32, "1"));
  const hex = toText(values).replace(/policy: {2}\d+/, "policy: 0x3001F guest_svn2: 1");
  assert.equal(of(ascii(hex)), "unknown-value");
  const octal = toText(values).replace(/policy: {2}\d+/, "policy: 017");
  assert.equal(readEvidence(ascii(octal)).report[8], 15);
});

test("UTF-8 stands for its bytes, as the Go library prints it", () => {
  const data = new TextEncoder().encode(`é${"x".repeat(62)}`);
  const text = toText(values).replace(/report_data: "[^"]*"/, `report_data: "é${"x".repeat(62)}"`);
  const { report } = readEvidence(new TextEncoder().encode(text));
  assert.equal(hexEncode(report.subarray(0x50, 0x90)), hexEncode(data));
  const broken = new TextEncoder().encode(text);
  broken[broken.indexOf(0xc3)] = 0xff;
  assert.equal(of(broken), "bad-text");
});

test("what breaks the text format is refused", () => {
  const wrong = [
    "report {",
    "report { version: 2 } }",
    "report: 2",
    "report { version 2 }",
    "report { version: -1 }",
    "report { version: 1e3 }",
    "report { version: 2 version: 2 }",
    "report { chip_id: 2 }",
    'report { chip_id: "',
    'report { chip_id: "\\q" }',
    'report { chip_id: "\\777" }',
    'report { "x" }',
    "report { vmpl: 4294967296 }",
    "report { nothing: 2 }",
    "report { __proto__: 2 }",
    "report @",
  ];
  for (const text of wrong) assert.notEqual(of(ascii(text)), "accepted", text);
});

test("any bytes and any text are a message or a LayoutError", () => {
  const wire = toWire({ report: values, certificate_chain: { vcek_cert: fakeCertificate(1) } });
  const text = toText({ report: values });
  const edits = fc.array(fc.tuple(fc.nat(wire.length - 1), fc.nat(255)), { maxLength: 4 });
  const inserted = fc.tuple(
    fc.nat(text.length),
    fc.constantFrom('"', "{", "}", "\\", "#", ":", "<", "9", "\n", "x"),
  );
  fc.assert(
    fc.property(edits, inserted, fc.nat(wire.length), (changes, [place, what], cut) => {
      const bytes = Uint8Array.from(wire);
      for (const [at, value] of changes) bytes[at] = value;
      assert.ok(isOrderly(() => readEvidence(bytes)));
      assert.ok(isOrderly(() => readEvidence(wire.subarray(0, Math.max(1, cut)))));
      const changed = text.slice(0, place) + what + text.slice(place);
      assert.ok(isOrderly(() => readEvidence(ascii(changed))));
    }),
    { numRuns: 400 },
  );
});
