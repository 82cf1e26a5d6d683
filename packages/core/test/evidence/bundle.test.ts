// SPDX-License-Identifier: Apache-2.0
// Greenlight's own evidence bundle.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  EVIDENCE_BUNDLE_SCHEMA,
  decodeEvidenceBundle,
  encodeCertificateTable,
  encodeEvidenceBundle,
  readEvidence,
} from "../../src/evidence/index.ts";
import type { EvidenceBundle } from "../../src/evidence/index.ts";
import { ascii, fakeCertificate, isOrderly, refusal, reports } from "./support.ts";

const bundles: fc.Arbitrary<EvidenceBundle> = fc.record(
  {
    provider: fc.constant("sev_guest"),
    report: reports,
    certificateTable: fc.uint8Array({ maxLength: 200 }),
    manifest: fc.uint8Array({ maxLength: 100 }),
    reportData: fc.uint8Array({ maxLength: 64 }),
    privilegeLevel: fc.nat(3),
    generation: fc.nat(0xffff_ffff),
    serviceProvider: fc.constant("svsm"),
    serviceGuid: fc.uuid(),
    serviceManifestVersion: fc.nat(3),
  },
  { requiredKeys: ["provider", "report"], noNullPrototype: true },
);

test("what is written is read", () => {
  fc.assert(
    fc.property(bundles, (bundle) => {
      assert.deepEqual(decodeEvidenceBundle(encodeEvidenceBundle(bundle)), bundle);
    }),
  );
});

const VCEK = "63da758d-e664-4564-adc5-f4b93be8accd";
const table = encodeCertificateTable([{ guid: VCEK, bytes: fakeCertificate(1) }]);
const sample: EvidenceBundle = {
  provider: "sev_guest",
  report: new Uint8Array(1184).fill(7),
  certificateTable: table,
  manifest: Uint8Array.of(1, 2, 3),
  generation: 3,
};

test("a bundle is evidence, byte for byte", () => {
  const evidence = readEvidence(ascii(encodeEvidenceBundle(sample)));
  assert.equal(evidence.form, "greenlight-json");
  assert.deepEqual(evidence.report, sample.report);
  assert.deepEqual(evidence.manifest, sample.manifest);
  assert.deepEqual(
    evidence.certificates.map(({ role, der }) => [role, der]),
    [["VCEK", fakeCertificate(1)]],
  );
  const empty = readEvidence(
    ascii(encodeEvidenceBundle({ ...sample, manifest: new Uint8Array(0) })),
  );
  assert.equal(empty.manifest, undefined);
});

test("other schemas, members and values are refused", () => {
  const json = JSON.parse(encodeEvidenceBundle(sample)) as Record<string, unknown>;
  const of = (edit: object): string =>
    refusal(() => decodeEvidenceBundle(JSON.stringify({ ...json, ...edit })));
  assert.equal(of({}), "accepted");
  assert.equal(json["schema"], EVIDENCE_BUNDLE_SCHEMA);
  assert.equal(of({ schema: "greenlight/snp-evidence/v2" }), "unsupported-version");
  assert.equal(of({ schema: undefined }), "not-found");
  assert.equal(of({ report: undefined }), "not-found");
  assert.equal(of({ provider: null }), "not-found");
  assert.equal(of({ more: 1 }), "unknown-value");
  assert.equal(of({ generation: -1 }), "out-of-range");
  assert.equal(of({ generation: 0x1_0000_0000 }), "out-of-range");
  assert.equal(of({ generation: "3" }), "out-of-range");
  assert.equal(of({ report: "====" }), "bad-base64");
  assert.equal(of({ report: 5 }), "bad-text");
  assert.equal(of({ report: "A".repeat(100_000) }), "bad-length");
  assert.equal(of({ reportData: "A".repeat(88) }), "bad-length");
  assert.equal(
    refusal(() => decodeEvidenceBundle("[]")),
    "bad-text",
  );
  assert.equal(
    refusal(() => decodeEvidenceBundle("{")),
    "bad-text",
  );
});

test("any text is a bundle or a LayoutError", () => {
  fc.assert(
    fc.property(fc.json(), fc.string(), (json, text) => {
      assert.ok(isOrderly(() => decodeEvidenceBundle(json)));
      assert.ok(isOrderly(() => decodeEvidenceBundle(text)));
    }),
  );
});
