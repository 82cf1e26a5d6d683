// SPDX-License-Identifier: Apache-2.0
// Certificate tables: real ones, broken ones, and hostile numbers.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { guidEncode, hexEncode } from "../../src/bytes/index.ts";
import {
  CERTIFICATE_GUIDS,
  GOOGLE_PLATFORM_INFO_GUID,
  certificateGuidFacts,
  decodeGooglePlatformInfo,
  encodeCertificateTable,
  parseCertificateTable,
  readEvidence,
} from "../../src/evidence/index.ts";
import { missingVectors, readVector } from "../support/vectors.ts";
import {
  SNP_INDEX,
  ascii,
  concat,
  fakeCertificate,
  isOrderly,
  refusal,
  vectorsOf,
} from "./support.ts";

const GUID_OF = Object.fromEntries(
  CERTIFICATE_GUIDS.flatMap(({ role, guid }) => (role === undefined ? [] : [[role, guid]])),
);
const VCEK = GUID_OF["VCEK"]!;
const OTHER = "12345678-9abc-def0-1234-56789abcdef0";

/** A table of raw entries, with or without the terminator. */
function raw(
  entries: readonly (readonly [guid: string, offset: number, length: number])[],
  data: Uint8Array,
  terminated = true,
): Uint8Array {
  const head = new Uint8Array(entries.length * 24 + (terminated ? 24 : 0));
  const view = new DataView(head.buffer);
  for (const [i, [guid, offset, length]] of entries.entries()) {
    head.set(guidEncode(guid, "rfc"), i * 24);
    view.setUint32(i * 24 + 16, offset, true);
    view.setUint32(i * 24 + 20, length, true);
  }
  return concat(head, data);
}

const parse = (bytes: Uint8Array): string => refusal(() => parseCertificateTable(bytes));

test("trap 25: GUIDs are stored in the order of their text", () => {
  const table = encodeCertificateTable([{ guid: GUID_OF["ARK"]!, bytes: fakeCertificate(1) }]);
  assert.equal(hexEncode(table.subarray(0, 16)), "c0b406a4a803495297433fb6014cd0ae");
  const mixed = Uint8Array.from(table);
  mixed.set(guidEncode(GUID_OF["ARK"]!, "efi"), 0);
  const { certificates, extras } = parseCertificateTable(mixed);
  assert.equal(certificates.length, 0);
  assert.equal(extras[0]?.guid, "a406b4c0-03a8-5249-9743-3fb6014cd0ae");
});

test("no bytes are an empty table, a terminator alone and a page of zeros too", () => {
  for (const size of [0, 24, 4096]) {
    const { entries, usedSize } = parseCertificateTable(new Uint8Array(size));
    assert.deepEqual(entries, []);
    assert.equal(usedSize, Math.min(size, 24));
  }
});

test("what is written is read, padding or not", () => {
  const guids = CERTIFICATE_GUIDS.map(({ guid }) => guid);
  const entries = fc.uniqueArray(
    fc.record(
      {
        guid: fc.constantFrom(...guids, OTHER),
        bytes: fc
          .tuple(fc.nat(255), fc.integer({ min: 1, max: 200 }))
          .map(([a, b]) => fakeCertificate(a, b)),
      },
      { noNullPrototype: true },
    ),
    { selector: ({ guid }) => guid, maxLength: 7 },
  );
  fc.assert(
    fc.property(entries, fc.nat(5000), (wanted, padding) => {
      const table = encodeCertificateTable(wanted);
      const found = parseCertificateTable(concat(table, new Uint8Array(padding)));
      assert.equal(found.usedSize, table.length);
      assert.deepEqual(
        found.entries.map(({ guid, bytes }) => ({ guid, bytes })),
        wanted,
      );
      const isCertificate = ({ guid }: { guid: string }): boolean =>
        certificateGuidFacts(guid)?.role !== undefined;
      assert.deepEqual(
        found.certificates.map(({ role, der }) => ({ role, der })),
        wanted.filter(isCertificate).map(({ guid, bytes }) => ({
          role: certificateGuidFacts(guid)!.role,
          der: bytes,
        })),
      );
      assert.equal(found.extras.length, wanted.filter((entry) => !isCertificate(entry)).length);
    }),
  );
});

test("trap 12: offset and length do not wrap around 32 bits", () => {
  const data = fakeCertificate(1, 400);
  assert.equal(parse(raw([[VCEK, 0x100, 0xffff_ff80]], data)), "out-of-range");
  assert.equal(parse(raw([[VCEK, 0xffff_ffff, 0xffff_ffff]], data)), "out-of-range");
  assert.equal(parse(raw([[VCEK, 0xffff_fff0, 0x40]], data)), "out-of-range");
});

test("the terminator is mandatory", () => {
  const data = fakeCertificate(1, 400);
  assert.equal(parse(raw([[VCEK, 24, 400]], data, false)), "truncated");
  assert.equal(parse(raw([[VCEK, 24, 0]], new Uint8Array(0), false)), "truncated");
  for (const size of [1, 23]) assert.equal(parse(new Uint8Array(size)), "truncated");
});

test("data stands behind the entries and inside the table", () => {
  const data = fakeCertificate(1, 100);
  assert.equal(parse(raw([[VCEK, 48, 100]], data)), "accepted");
  assert.equal(parse(raw([[VCEK, 47, 100]], data)), "out-of-range");
  assert.equal(parse(raw([[VCEK, 0, 100]], data)), "out-of-range");
  assert.equal(parse(raw([[VCEK, 48, 101]], data)), "out-of-range");
  assert.equal(parse(raw([[VCEK, 49, 100]], data)), "out-of-range");
});

test("a zero GUID with numbers beside it ends nothing", () => {
  const nil = "00000000-0000-0000-0000-000000000000";
  assert.equal(parse(raw([[nil, 48, 4]], new Uint8Array(4))), "must-be-zero");
});

test("a second VCEK or VLEK is ambiguous; several of others are not", () => {
  for (const [role, guid] of Object.entries(GUID_OF)) {
    const table = encodeCertificateTable([
      { guid, bytes: fakeCertificate(1) },
      { guid, bytes: fakeCertificate(2) },
    ]);
    const expected = role === "VCEK" || role === "VLEK" ? "unknown-value" : "accepted";
    assert.equal(parse(table), expected, role);
  }
});

test("trap 12: PEM entries become DER, with what stands around them", () => {
  const pem = (label: string, base64: string): string =>
    `subject=x\r\n-----BEGIN ${label}-----\r\n${base64}\r\n-----END ${label}-----\r\n\u0000\u0000`;
  const of = (guid: string, text: string) =>
    parseCertificateTable(encodeCertificateTable([{ guid, bytes: ascii(text) }])).certificates;
  const [vcek] = of(VCEK, pem("CERTIFICATE", "MAMCAQE="));
  assert.ok(vcek);
  assert.equal(vcek.role, "VCEK");
  assert.equal(hexEncode(vcek.der), "3003020101");
  assert.match(vcek.from, /entry 0 \(PEM\)/);
  const two = pem("CERTIFICATE", "MAMCAQE=") + pem("CERTIFICATE", "MAMCAQI=");
  assert.equal(of(GUID_OF["ASK"]!, two).length, 2);
  assert.equal(
    refusal(() => of(VCEK, two)),
    "bad-pem",
  );
  assert.equal(of(GUID_OF["CRL"]!, pem("X509 CRL", "MAMCAQE="))[0]?.role, "CRL");
  assert.equal(
    refusal(() => of(VCEK, pem("X509 CRL", "MAMCAQE="))),
    "bad-pem",
  );
  assert.equal(
    refusal(() => of(VCEK, pem("CERTIFICATE", "MAMCAQ"))),
    "bad-base64",
  );
  assert.equal(
    refusal(() => of(VCEK, "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n")),
    "bad-pem",
  );
  assert.equal(
    refusal(() => of(VCEK, "no certificate")),
    "unknown-value",
  );
  assert.equal(
    refusal(() => of(VCEK, "")),
    "bad-length",
  );
});

test("counts and sizes have a limit, and entries do not share their data", () => {
  const many = Array.from({ length: 65 }, () => [OTHER, 66 * 24, 0] as const);
  assert.equal(parse(raw(many, new Uint8Array(0))), "bad-length");
  assert.equal(parse(raw(many.slice(1), new Uint8Array(24))), "accepted");
  assert.equal(parse(raw([[OTHER, 48, 0x1_0001]], new Uint8Array(0x1_0001))), "bad-length");
  assert.equal(parse(new Uint8Array(0x4_0001)), "bad-length");
  const shared = raw(
    [
      [OTHER, 72, 100],
      [OTHER, 72, 100],
    ],
    new Uint8Array(100),
  );
  assert.equal(parse(shared), "out-of-range");
  const entries = Array.from({ length: 65 }, () => ({ guid: OTHER, bytes: new Uint8Array(0) }));
  assert.equal(
    refusal(() => encodeCertificateTable(entries)),
    "bad-length",
  );
});

test("any bytes are a table or a LayoutError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(4), (bytes, n) => {
      // With known GUIDs in front it gets further than at random.
      const changed = Uint8Array.from(bytes);
      for (let i = 0; i < n && (i + 1) * 24 <= changed.length; i++) {
        changed.set(guidEncode(CERTIFICATE_GUIDS[i]!.guid, "rfc"), i * 24);
        changed.fill(0, i * 24 + 17, i * 24 + 20);
        changed.fill(0, i * 24 + 21, i * 24 + 24);
      }
      assert.ok(isOrderly(() => parseCertificateTable(changed)));
    }),
    { numRuns: 1000 },
  );
});

test("Google's extra platform info", () => {
  const bytes = Uint8Array.of(8, 0, 0, 0, 0x11, 0x0f, 0xa1, 0x00);
  assert.deepEqual(decodeGooglePlatformInfo(bytes), { size: 8, cpuid1Eax: 0x00a1_0f11 });
  assert.equal(
    refusal(() => decodeGooglePlatformInfo(bytes.subarray(1))),
    "truncated",
  );
  bytes[0] = 9;
  assert.equal(
    refusal(() => decodeGooglePlatformInfo(bytes)),
    "bad-length",
  );
  assert.equal(certificateGuidFacts(GOOGLE_PLATFORM_INFO_GUID)?.role, undefined);
});

const AUXBLOB = "snp/evidence/genoa-v3-veraison-auxblob.bin";
test("a real auxblob: three PEM entries", { skip: missingVectors(AUXBLOB) }, () => {
  const { certificates, extras, usedSize } = parseCertificateTable(readVector(AUXBLOB));
  assert.deepEqual(
    certificates.map(({ role, der }) => [role, der.length, der[0]]),
    [
      ["ARK", 1639, 0x30],
      ["ASK", 1677, 0x30],
      ["VCEK", 1347, 0x30],
    ],
  );
  assert.deepEqual(extras, []);
  assert.equal(usedSize, readVector(AUXBLOB).length);
});

/** Codes of the derived tables that must be refused. */
const REFUSED: Readonly<Record<string, string>> = {
  "table-duplicate-vcek": "unknown-value",
  "table-no-terminator": "truncated",
  "table-offset-in-header": "out-of-range",
  "table-past-end": "out-of-range",
  "table-u32-wrap": "out-of-range",
};

test("extended reports, real and mutated", { skip: missingVectors(SNP_INDEX) }, () => {
  const entries = vectorsOf("extended-report", "extended-derived");
  assert.ok(entries.length >= 31);
  for (const { file, kind } of entries) {
    const bytes = readVector(`snp/${file}`);
    const name = file.replace(/^\w+\/|\.ext\.bin$/g, "");
    const expected = kind === "extended-report" ? "accepted" : (REFUSED[name] ?? "accepted");
    assert.equal(
      refusal(() => readEvidence(bytes)),
      expected,
      file,
    );
    if (expected !== "accepted") continue;
    const { form, report, certificates } = readEvidence(bytes);
    assert.equal(form, "extended-report");
    assert.deepEqual(report, bytes.subarray(0, 1184));
    if (kind === "extended-report") {
      assert.equal(certificates.length, 3, file);
      const leaf = certificates.find(({ role }) => role === "VCEK" || role === "VLEK");
      const vek = readVector(`snp/veks/${name}.der`);
      assert.equal(hexEncode(leaf!.der), hexEncode(vek), file);
    }
  }
});
