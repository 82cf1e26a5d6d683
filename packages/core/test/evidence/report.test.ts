// SPDX-License-Identifier: Apache-2.0
// ATTESTATION_REPORT: the layout of every version, and real reports against what is known of them.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { hexEncode } from "../../src/bytes/index.ts";
import {
  ATTESTATION_REPORT,
  REPORT_SIGNED_SIZE,
  REPORT_SIZE,
  decodeReport,
  reportCpu,
  reportProductLine,
  reportSignature,
  signedPart,
} from "../../src/evidence/index.ts";
import { missingVectors, readVector } from "../support/vectors.ts";
import { SNP_INDEX, refusal, reports, vectorsOf } from "./support.ts";

/** Offsets as AMD 56860 prints them. */
const OFFSETS = {
  guestSvn: 0x004,
  policy: 0x008,
  familyId: 0x010,
  imageId: 0x020,
  vmpl: 0x030,
  signatureAlgo: 0x034,
  currentTcb: 0x038,
  platformInfo: 0x040,
  signerInfo: 0x048,
  reportData: 0x050,
  measurement: 0x090,
  hostData: 0x0c0,
  idKeyDigest: 0x0e0,
  authorKeyDigest: 0x110,
  reportId: 0x140,
  reportIdMa: 0x160,
  reportedTcb: 0x180,
  cpuFamily: 0x188,
  chipId: 0x1a0,
  committedTcb: 0x1e0,
  currentBuild: 0x1e8,
  committedBuild: 0x1ec,
  launchTcb: 0x1f0,
  launchMitVector: 0x1f8,
  currentMitVector: 0x200,
  signatureR: 0x2a0,
  signatureS: 0x2e8,
} as const;

test("trap 20: fields stand where the specification has them, COMMITTED_TCB too", () => {
  assert.equal(ATTESTATION_REPORT.size, 0x4a0);
  for (const [field, offset] of Object.entries(OFFSETS)) {
    assert.equal(ATTESTATION_REPORT.offsetOf(field as keyof typeof OFFSETS), offset, field);
  }
});

test("decoding and encoding give the same bytes, in every version", () => {
  fc.assert(
    fc.property(reports, (bytes) => {
      assert.deepEqual(ATTESTATION_REPORT.encode(decodeReport(bytes)), bytes);
    }),
  );
});

test("a reserved byte that is not zero is refused, wherever it is", () => {
  const fixed = ATTESTATION_REPORT.parts.filter(({ codec }) => codec.fixed === true);
  assert.equal(fixed.length, 8);
  for (const { name, offset, codec } of fixed) {
    for (const at of [offset, offset + codec.size - 1]) {
      const bytes = new Uint8Array(REPORT_SIZE);
      bytes[0] = 5;
      bytes[at] = 1;
      assert.equal(
        refusal(() => decodeReport(bytes)),
        "must-be-zero",
        name,
      );
    }
  }
});

test("fields of later versions must be zero in earlier ones", () => {
  const first = {
    cpuFamily: 3,
    cpuModel: 3,
    cpuStepping: 3,
    launchMitVector: 5,
    currentMitVector: 5,
  };
  for (const [field, from] of Object.entries(first)) {
    for (const version of [2, 3, 4, 5]) {
      const bytes = new Uint8Array(REPORT_SIZE);
      bytes[0] = version;
      bytes[ATTESTATION_REPORT.offsetOf(field as keyof typeof first)] = 1;
      const expected = version < from ? "must-be-zero" : "accepted";
      assert.equal(
        refusal(() => decodeReport(bytes)),
        expected,
        `${field}, version ${version}`,
      );
    }
  }
});

test("other versions and lengths are refused by name", () => {
  const of = (version: number, length = REPORT_SIZE): string => {
    const bytes = new Uint8Array(length);
    new DataView(bytes.buffer).setUint32(0, version, true);
    return refusal(() => decodeReport(bytes));
  };
  for (const version of [0, 1, 6, 0xffff_ffff]) assert.equal(of(version), "unsupported-version");
  assert.equal(of(2, REPORT_SIZE - 1), "truncated");
  assert.equal(of(2, REPORT_SIZE + 1), "trailing-bytes");
});

test("the signature comes out big-endian, and the signed part ends before it", () => {
  const bytes = new Uint8Array(REPORT_SIZE);
  bytes[0] = 2;
  bytes[0x2a0] = 0x11;
  bytes[0x2e8 + 47] = 0x22;
  const signature = reportSignature(decodeReport(bytes));
  assert.equal(signature.length, 96);
  assert.equal(signature[47], 0x11);
  assert.equal(signature[48], 0x22);
  assert.equal(signedPart(bytes).length, REPORT_SIGNED_SIZE);
});

test("a report without a CPU names no product line", () => {
  const bytes = new Uint8Array(REPORT_SIZE);
  bytes[0] = 3;
  assert.equal(reportCpu(decodeReport(bytes)), undefined);
  bytes.set([0x19, 0x77, 0], 0x188);
  assert.deepEqual(reportCpu(decodeReport(bytes)), { family: 0x19, model: 0x77, stepping: 0 });
  assert.equal(reportProductLine(decodeReport(bytes)), undefined);
});

test("real reports say what is known of them", { skip: missingVectors(SNP_INDEX) }, () => {
  const entries = vectorsOf("report");
  assert.ok(entries.length >= 17);
  for (const entry of entries) {
    const bytes = readVector(`snp/${entry.file}`);
    const report = decodeReport(bytes);
    const { cpuFamily = 0, cpuModel = 0, cpuStepping = 0 } = report;
    const version = (kind: "current" | "committed"): string =>
      [report[`${kind}Major`], report[`${kind}Minor`], report[`${kind}Build`]].join(".");
    // The index has the mitigation vectors as they stand in the bytes, zero before version 5.
    const bytesOf = (field: "launchMitVector" | "currentMitVector"): string =>
      hexEncode(bytes.subarray(OFFSETS[field], OFFSETS[field] + 8));
    const found: Readonly<Record<string, unknown>> = {
      version: report.version,
      guestSvn: report.guestSvn,
      policy: `0x${report.policy.toString(16)}`,
      vmpl: report.vmpl,
      platformInfo: `0x${report.platformInfo.toString(16)}`,
      keyInfo: `0x${report.signerInfo.toString(16)}`,
      currentTcbBytes: hexEncode(report.currentTcb),
      reportedTcbBytes: hexEncode(report.reportedTcb),
      committedTcbBytes: hexEncode(report.committedTcb),
      launchTcbBytes: hexEncode(report.launchTcb),
      fms: hexEncode(Uint8Array.of(cpuFamily, cpuModel, cpuStepping)),
      currentVersion: version("current"),
      committedVersion: version("committed"),
      launchMitVector: bytesOf("launchMitVector"),
      currentMitVector: bytesOf("currentMitVector"),
      measurement: hexEncode(report.measurement),
      reportData: hexEncode(report.reportData),
      hostData: hexEncode(report.hostData),
      idKeyDigest: hexEncode(report.idKeyDigest),
      authorKeyDigest: hexEncode(report.authorKeyDigest),
      chipIdPrefix: hexEncode(report.chipId.subarray(0, 8)),
    };
    for (const [member, value] of Object.entries(found)) {
      const expected = entry[member];
      // What a report does not have is null in the index.
      if (expected === null || expected === undefined) continue;
      assert.equal(value, expected, `${entry.file} ${member}`);
    }
    if (report.version >= 3) assert.equal(reportProductLine(report), entry["product"], entry.file);
    if (report.version < 5) assert.equal(report.launchMitVector, undefined);
  }
});

/** Why a mutated report breaks the layout; the others are whole, and something else is wrong. */
const BROKEN: Readonly<Record<string, string>> = {
  "all-zero-report": "unsupported-version",
  "version-1": "unsupported-version",
  "version-6": "unsupported-version",
  "truncated-1183": "truncated",
  "trailing-1185": "trailing-bytes",
  "last-signed-byte-flipped": "must-be-zero",
  "sig-r-padding-nonzero": "must-be-zero",
  "sig-reserved-nonzero": "must-be-zero",
  "turin-as-v2": "must-be-zero",
};

test("mutated reports break the layout or do not", { skip: missingVectors(SNP_INDEX) }, () => {
  const entries = vectorsOf("report-derived");
  assert.ok(entries.length >= 20);
  for (const { file } of entries) {
    const name = file.slice("derived/".length, -".bin".length);
    const found = refusal(() => decodeReport(readVector(`snp/${file}`)));
    assert.equal(found, BROKEN[name] ?? "accepted", file);
  }
});
