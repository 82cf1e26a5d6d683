// SPDX-License-Identifier: Apache-2.0
// Evidence as an undisturbed guest gets it.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { decodeEvidenceBundle, encodeEvidenceBundle } from "@greenlight/core/evidence";
import { createHierarchy } from "@greenlight/psp/hierarchy";
import { evidenceBundle } from "../../src/tsm/index.ts";
import { guest, reportData, stampedTable } from "../support/guest.ts";

const VTPM = "c476f1eb-0123-45a5-9641-b4e7dde5bfe3";

test("evidence is the report over the data asked for, and the host's certificates", async () => {
  const { kernel, attest } = guest({ certificates: stampedTable });
  const evidence = await attest({ reportData: reportData(7) });
  assert.equal(evidence.report.length, 1184);
  assert.deepEqual(Uint8Array.from(evidence.report.subarray(0x50, 0x90)), reportData(7));
  assert.equal(evidence.certificates.length, 100);
  assert.equal(evidence.provider, "sev_guest");
  assert.equal(evidence.privlevel, 0);
  assert.equal(evidence.privlevelFloor, 0);
  assert.equal(evidence.generation, 2n);
  assert.equal(evidence.attempts, 1);
  assert.equal(evidence.manifest, undefined);
  assert.deepEqual(evidence.notes, []);
  assert.deepEqual(kernel.entries(), [], "the entry is removed");
});

test("one request makes one report, though three attributes are read", async () => {
  const { driver, attest } = guest({ certificates: stampedTable });
  await attest();
  assert.equal(driver.made, 1);
});

test("a host that gives no certificates leaves them empty", async () => {
  const evidence = await guest().attest();
  assert.equal(evidence.certificates.length, 0);
  assert.equal(
    "certificateTable" in evidenceBundle(evidence, { reportData: reportData(0) }),
    false,
  );
});

test("a signed report comes through byte for byte", async () => {
  const vcek = createHierarchy({ line: "Milan" }).vcek();
  const { attest } = guest({
    report: (request) => vcek.report(3, { reportData: request.reportData, vmpl: request.vmpl }),
  });
  const { report } = await attest({ reportData: reportData(3), privlevel: 2 });
  assert.deepEqual(Uint8Array.from(report), vcek.report(3, { reportData: reportData(3), vmpl: 2 }));
});

for (const vmpl of [0, 1, 2, 3]) {
  test(`a kernel at VMPL ${vmpl} is asked for a report of its own level`, async () => {
    const { attest } = guest({ vmpl });
    const evidence = await attest();
    assert.equal(evidence.privlevel, vmpl);
    assert.equal(evidence.privlevelFloor, vmpl);
    assert.equal(evidence.report[0x30], vmpl);
  });
}

test("a higher level is asked for when it is said", async () => {
  const { attest } = guest({ vmpl: 1 });
  const evidence = await attest({ privlevel: 3 });
  assert.equal(evidence.report[0x30], 3);
  assert.equal(evidence.privlevel, 3);
});

test("kernels before 6.10, without service attributes, give evidence", async () => {
  const evidence = await guest({ vmpl: 2, services: false }).attest();
  assert.equal(evidence.privlevel, 2);
});

test("an SVSM's services: report data is the hash over nonce and manifest", async () => {
  const publicArea = Buffer.from("the public area of an endorsement key");
  const { attest } = guest({ vmpl: 2, svsm: { [VTPM]: publicArea } });
  const nonce = reportData(9);

  const all = await attest({ reportData: nonce, serviceProvider: "svsm" });
  const { manifest } = all;
  assert.ok(manifest !== undefined && Buffer.from(manifest).includes(publicArea));
  const bound = createHash("sha512").update(nonce).update(manifest).digest();
  assert.deepEqual(Buffer.from(all.report.subarray(0x50, 0x90)), bound);
  assert.equal(all.report[0x30], 0, "the SVSM asks at its own level");
  assert.equal(all.generation, 3n);

  const request = {
    reportData: nonce,
    serviceProvider: "svsm",
    serviceGuid: VTPM.toUpperCase(),
    serviceManifestVersion: 0,
  };
  const one = await attest(request);
  assert.deepEqual(Buffer.from(one.manifest ?? []), publicArea);
  assert.equal(one.generation, 5n);
  const bundle = decodeEvidenceBundle(encodeEvidenceBundle(evidenceBundle(one, request)));
  assert.deepEqual(Buffer.from(bundle.manifest ?? []), publicArea);
  assert.equal(bundle.serviceGuid, VTPM.toUpperCase());
  assert.equal(bundle.serviceManifestVersion, 0);
  assert.equal(bundle.privilegeLevel, 2);
});

test("evidence becomes a bundle and comes back the same", async () => {
  const { attest } = guest({ certificates: stampedTable });
  const request = { reportData: reportData(5) };
  const evidence = await attest(request);
  const bundle = decodeEvidenceBundle(encodeEvidenceBundle(evidenceBundle(evidence, request)));
  assert.deepEqual(bundle.report, Uint8Array.from(evidence.report));
  assert.deepEqual(bundle.certificateTable, Uint8Array.from(evidence.certificates));
  assert.deepEqual(bundle.reportData, request.reportData);
  assert.equal(bundle.provider, "sev_guest");
  assert.equal(bundle.generation, 2);
  assert.equal(bundle.privilegeLevel, 0);
});

test("many at once do not disturb one another", async () => {
  const { kernel, attest } = guest({ certificates: stampedTable });
  const all = await Promise.all(
    Array.from({ length: 40 }, async (_, i) => attest({ reportData: reportData(i) })),
  );
  for (const [i, { report, certificates, attempts }] of all.entries()) {
    assert.deepEqual(Uint8Array.from(report.subarray(0x50, 0x90)), reportData(i));
    assert.equal(Buffer.from(certificates).readUInt32LE(), Buffer.from(report).readUInt32LE(0x140));
    assert.equal(attempts, 1);
  }
  assert.deepEqual(kernel.entries(), []);
});
