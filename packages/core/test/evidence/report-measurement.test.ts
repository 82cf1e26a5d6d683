// SPDX-License-Identifier: Apache-2.0
// MEASUREMENT of attestation reports.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LayoutError, hexEncode } from "../../src/bytes/index.ts";
import {
  REPORT_MEASUREMENT,
  REPORT_SIZE,
  readReportMeasurement,
} from "../../src/evidence/index.ts";
import { missingVectors, readVector } from "../support/vectors.ts";

/** A report of nothing but the fields that are read. */
function report(version: number, cpu: readonly [number, number, number] = [0, 0, 0]): Uint8Array {
  const bytes = new Uint8Array(REPORT_SIZE);
  new DataView(bytes.buffer).setUint32(0, version, true);
  bytes.fill(0xab, 0x90, 0xc0);
  bytes.set(cpu, 0x188);
  return bytes;
}

function refusal(bytes: Uint8Array): string {
  try {
    readReportMeasurement(bytes);
  } catch (error) {
    assert.ok(error instanceof LayoutError);
    return error.code;
  }
  return "accepted";
}

test("MEASUREMENT stands at 0x90 in every known version", () => {
  for (const version of [2, 3, 4, 5]) {
    const { measurement, version: found } = readReportMeasurement(report(version));
    assert.equal(found, version);
    assert.equal(hexEncode(measurement), "ab".repeat(48));
  }
  assert.equal(REPORT_MEASUREMENT.offsetOf("measurement"), 0x90);
});

test("the CPU is that of the report from version 3 on", () => {
  const cpu = { family: 0x19, model: 0x11, stepping: 1 };
  assert.deepEqual(readReportMeasurement(report(3, [0x19, 0x11, 1])).cpu, cpu);
  assert.equal(readReportMeasurement(report(2, [0x19, 0x11, 1])).cpu, undefined);
  assert.equal(readReportMeasurement(report(5)).cpu, undefined);
});

test("other versions and lengths are refused by name", () => {
  for (const version of [0, 1, 6, 0xffff_ffff]) {
    assert.equal(refusal(report(version)), "unsupported-version");
  }
  assert.equal(refusal(report(2).subarray(1)), "truncated");
  assert.equal(refusal(new Uint8Array(0)), "truncated");
  assert.equal(refusal(new Uint8Array([...report(2), 0])), "trailing-bytes");
});

test("the measurement does not keep the report alive or changeable", () => {
  const bytes = report(2);
  const { measurement } = readReportMeasurement(bytes);
  bytes.fill(0);
  assert.equal(hexEncode(measurement), "ab".repeat(48));
});

const SIENA = "snp/reports/siena-v5-attestationrs.bin";
test("a real report of version 5", { skip: missingVectors(SIENA) }, () => {
  const { version, measurement, cpu } = readReportMeasurement(readVector(SIENA));
  assert.equal(version, 5);
  assert.equal(measurement.length, 48);
  assert.deepEqual(cpu, { family: 0x19, model: 0xa0, stepping: 2 });
});
