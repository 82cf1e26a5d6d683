// SPDX-License-Identifier: Apache-2.0
// Views of every kind of bytes: their fields are in order, inside, and do not overlap; whatever the bytes.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { fixtureFirmware, fixtureSnp } from "../../../../fixtures/load.ts";
import { allViews } from "../../src/model/all-views.ts";
import { describeByte, rowAt } from "../../src/model/byte-view.ts";
import type { ByteView } from "../../src/model/byte-view.ts";
import { recognise } from "../../src/model/recognise.ts";
import { reportView } from "../../src/model/report-view.ts";
import { rolesOf } from "../../src/model/session.ts";
import { missingVectors, readVector } from "../../../core/test/support/vectors.ts";

function viewsOf(bytes: Uint8Array): readonly ByteView[] {
  const content = recognise(bytes, bytes.length);
  const file = { id: "file", name: "file", size: bytes.length, sha256: "", bytes, content };
  return allViews([file], rolesOf([file]).evidence[0], undefined);
}

function checkRows({ title, bytes, rows }: ByteView): void {
  let end = 0;
  for (const row of rows) {
    assert.ok(row.offset >= end, `${title}: ${row.name} begins before ${end}`);
    end = row.offset + row.size;
    assert.ok(end <= bytes.length, `${title}: ${row.name} ends behind the bytes`);
    if (row.size > 0) assert.equal(rows[rowAt(rows, row.offset)], row);
  }
}

test("reports, certificates, chains and firmware", () => {
  const kinds = [
    [fixtureSnp("milan.report.hex"), ["Attestation report"]],
    [fixtureSnp("turin.vcek.der"), ["Certificate SEV-VCEK"]],
    [fixtureSnp("milan.vlek-chain.pem"), ["Certificate SEV-VLEK-Milan", "Certificate ARK-Milan"]],
    [fixtureFirmware("OVMF.amdsev-2026.08.fd"), ["Firmware image"]],
    [new TextEncoder().encode("nothing"), ["file"]],
  ] as const;
  for (const [bytes, titles] of kinds) {
    const views = viewsOf(bytes);
    assert.deepEqual(
      views.map(({ title }) => title),
      titles,
    );
    for (const view of views) {
      checkRows(view);
      assert.ok(view.rows.length > 5 || view.title === "file");
    }
  }
});

test("a report is covered up to its signature", () => {
  const view = reportView("id", fixtureSnp("milan-debug.report.bin"), "Milan");
  assert.match(describeByte(view, 0x90), /^offset 0x90: byte .., measurement, byte 1 of 48$/);
  assert.match(describeByte(view, 0x2a0), /signatureR, byte 1 of 48, not signed$/);
  assert.equal(describeByte(view, 0x4a0), "");
  const tcb = view.rows.find(({ name }) => name === "reportedTcb");
  assert.equal(tcb?.text, "bootloader 2, tee 0, snp 5, microcode 68");
  const policy = view.rows.find(({ name }) => name === "policy");
  assert.ok(policy?.details?.some((line) => /bit 19 DEBUG = 1/.test(line)));
});

test("broken reports are shown with what is wrong", () => {
  const cut = reportView("id", fixtureSnp("milan-debug.report.bin").subarray(0, 0x95), undefined);
  checkRows(cut);
  assert.match(cut.rows.at(-1)?.problem ?? "", /cut off/);
  const bytes = fixtureSnp("milan-debug.report.bin").slice();
  bytes[0x4c] = 1;
  const row = reportView("id", bytes, undefined).rows.find(({ name }) => name === "reserved04c");
  assert.match(row?.problem ?? "", /must be zero/);
});

test("any bytes have a view and never throw", () => {
  const report = fixtureSnp("milan-debug.report.bin");
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat({ max: report.length }), (noise, at) => {
      const bytes = Uint8Array.from([...report.subarray(0, at), ...noise, ...report.subarray(at)]);
      viewsOf(bytes).forEach(checkRows);
      viewsOf(noise).forEach(checkRows);
    }),
    { numRuns: 60 },
  );
});

const CONTAINERS = {
  "snp/extended/genoa-v3-aci.ext.bin": "Certificate table",
  "snp/hcl/azure-milan-v2-trustee.hcl.bin": "HCL report",
  "snp/crl/kds-vcek-genoa-2026-08-19.crl": "Revocation list of ARK-Genoa",
};
test("containers and lists", { skip: missingVectors(...Object.keys(CONTAINERS)) }, () => {
  for (const [path, title] of Object.entries(CONTAINERS)) {
    const views = viewsOf(readVector(path));
    assert.ok(
      views.some((view) => view.title === title),
      path,
    );
    views.forEach(checkRows);
  }
  const [list] = viewsOf(readVector("snp/crl/kds-vcek-genoa-2026-08-19.crl"));
  assert.match(list?.about ?? "", /Revoked: 0x20001\./);
});
