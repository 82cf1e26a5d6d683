// SPDX-License-Identifier: Apache-2.0
// Measuring in pieces gives what measuring at once gives, and can be stopped.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { fixtureFirmware } from "../../../../fixtures/load.ts";
import { readFirmware } from "../../../core/src/firmware/index.ts";
import { VMSA_PROFILES, snpLaunchDigest, vmsaProfile } from "../../../core/src/launch/index.ts";
import { hashFile } from "../../src/model/hash-file.ts";
import { launchParameters } from "../../src/model/launch-form.ts";
import { measureLaunch, searchLaunch } from "../../src/model/measure.ts";
import { isStopped } from "../../src/model/pause.ts";

const firmware = readFirmware(fixtureFirmware("OVMF.amdsev-2026.08.fd"));
const FORM = {
  vcpus: "3",
  model: "EPYC-Genoa",
  signature: "",
  profile: "qemu",
  features: "0x1",
  cmdline: "",
};
const running = () => new AbortController().signal;
const ignore = () => undefined;

function parametersOf(change: Partial<typeof FORM> = {}, boot = {}) {
  const found = launchParameters(firmware, { ...FORM, ...change }, boot);
  if ("problem" in found) throw new Error(found.problem);
  return found.parameters;
}

test("a launch measured in pieces has the digest of the whole", async () => {
  const kernel = { name: "kernel", hash: new Uint8Array(32) };
  for (const parameters of [
    parametersOf(),
    parametersOf({ vcpus: "1", cmdline: "quiet" }, { kernel }),
    parametersOf({ model: "signature", signature: "0x00a00f11", profile: "gce" }),
  ]) {
    const seen: number[] = [];
    const digest = await measureLaunch(parameters, running(), (done) => seen.push(done));
    assert.deepEqual(digest, snpLaunchDigest(parameters));
    assert.equal(seen.at(-1), 1);
    assert.ok(seen.length > 50);
  }
});

test("a search finds vCPUs, model and profile, or says that there are none", async () => {
  const profiles = VMSA_PROFILES.filter(({ modes }) => modes.includes("snp"));
  const request = { firmware, profiles, mostVcpus: 4, sevFeatures: 1n };
  const wanted = snpLaunchDigest(parametersOf());
  const found = await searchLaunch({ ...request, wanted }, running(), ignore);
  assert.deepEqual(
    [found?.vcpus, found?.vcpuType?.name, found?.profile],
    [3, "EPYC-Genoa", vmsaProfile("qemu")],
  );
  const other = new Uint8Array(48);
  assert.equal(await searchLaunch({ ...request, wanted: other }, running(), ignore), undefined);
});

test("a form with something wrong in it says what", () => {
  const problemOf = (change: Partial<typeof FORM>, boot = {}) => {
    const found = launchParameters(firmware, { ...FORM, ...change }, boot);
    return "problem" in found ? found.problem : "";
  };
  assert.match(problemOf({ vcpus: "many" }), /vCPUs is not a number/);
  assert.match(problemOf({ features: "SNP" }), /guest features/);
  assert.match(problemOf({ model: "signature" }), /CPU signature/);
  assert.match(problemOf({ cmdline: "quiet" }), /together with a kernel only/);
});

test("a file is hashed in pieces, and long work is stopped", async () => {
  const data = new Uint8Array(3_000_001).map((_, i) => i);
  const digest = await hashFile(new Blob([data]), running(), ignore);
  assert.equal(
    Buffer.from(digest).toString("hex"),
    createHash("sha256").update(data).digest("hex"),
  );
  const stopper = new AbortController();
  await assert.rejects(
    hashFile(new Blob([data]), stopper.signal, () => stopper.abort()),
    (error) => isStopped(error),
  );
  await assert.rejects(measureLaunch(parametersOf(), AbortSignal.abort(), ignore), (error) =>
    isStopped(error),
  );
});
