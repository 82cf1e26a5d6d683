// SPDX-License-Identifier: Apache-2.0
// The worked example: a launch of the carried OVMF.amdsev, with the digest after every step.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fixtureFirmware } from "../../../../fixtures/load.ts";
import { hexEncode } from "../../src/bytes/index.ts";
import { readFirmware } from "../../src/firmware/index.ts";
import {
  cpuModel,
  explain,
  snpLaunchDigest,
  snpPlan,
  vmsaProfile,
} from "../../src/launch/index.ts";
import type { PageUpdate, SnpParameters } from "../../src/launch/index.ts";

const launch: SnpParameters = {
  firmware: readFirmware(fixtureFirmware("OVMF.amdsev-2026.08.fd")),
  profile: vmsaProfile("qemu"),
  signature: cpuModel("EPYC-v4").signature,
  sevFeatures: 1n,
  vcpus: 2,
};

// Computed by sev-snp-measure 0.0.13+ and an independent implementation: the digest after each step.
const AFTER: readonly (readonly [what: string, digest: string])[] = [
  ["firmware", "9d0dd8be18c86e3f"],
  ["SNP_SEC_MEM", "9cbd59c713518d50"],
  ["SNP_SEC_MEM", "c0f1d25230f7591f"],
  ["SNP_SECRETS", "c8904ca5466fb1d6"],
  ["CPUID", "af6b338251f48b6a"],
  ["SVSM_CAA", "bb4c3d11241155a4"],
  ["SNP_SEC_MEM", "2f44f8584a7c2a7e"],
  ["SNP_KERNEL_HASHES", "8e15fd173d3dc8f2"],
  ["VMSA of vCPU 0", "d74bd3ea40b240c3228edc51"],
  ["VMSA of vCPU 1", "a3c946257b3cef8f"],
];

test("the digest after every step of the worked example", () => {
  const explained = explain(snpPlan(launch).steps);
  assert.deepEqual(
    explained.map(({ step, after }, i) => [
      step.what,
      hexEncode(after).slice(0, AFTER[i]?.[1].length ?? 0),
    ]),
    AFTER,
  );
  assert.deepEqual(explained[0]!.before, new Uint8Array(48));
  assert.deepEqual(explained.at(-1)!.after, snpLaunchDigest(launch));
});

test("the pages of the worked example: 1024 of firmware, 47 of sections, one VMSA a vCPU", () => {
  const updates: PageUpdate[] = [];
  const counted = new Map<string, number>();
  const { steps } = snpPlan(launch);
  explain(steps, undefined, ({ what }, update) => {
    updates.push(update);
    counted.set(what, (counted.get(what) ?? 0) + 1);
  });
  assert.equal(counted.get("firmware"), 1024);
  assert.equal(updates.length, 1024 + 47 + 2);
  assert.equal(updates[0]!.gpa, 0x1_0000_0000 - (4 << 20));
  const vmsas = updates.filter(({ pageType }) => pageType === "VMSA");
  assert.deepEqual(
    vmsas.map(({ gpa, contents }) => [gpa, hexEncode(contents).slice(0, 16)]),
    [
      [0xffff_ffff_f000, "77920c4c629ff47e"],
      [0xffff_ffff_f000, "8413b852790765a3"],
    ],
  );
});
