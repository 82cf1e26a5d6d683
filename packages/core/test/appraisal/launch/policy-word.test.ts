// SPDX-License-Identifier: Apache-2.0
// What legacy guest policies are judged to be, and which findings can be lived with.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkSecretArea,
  checkSevPolicy,
  formatApi,
  isAcceptable,
  withAcceptance,
} from "../../../src/appraisal/launch/index.ts";
import type { Generation } from "../../../src/appraisal/launch/index.ts";
import { readFirmware } from "../../../src/firmware/index.ts";
import { FINDINGS } from "../../../src/finding/index.ts";
import type { Finding } from "../../../src/finding/index.ts";
import { fixtureFirmware } from "../../../../../fixtures/load.ts";

const MINIMUM = { major: 1, minor: 51 };

const rows: readonly (readonly [number, Generation, Record<string, "fail" | "warn">])[] = [
  [0x3301000b, "sev", {}],
  [0x3301000f, "sev-es", {}],
  [0x3301000b, "sev-es", { "launch.policy.generation": "fail" }],
  [0x3301000f, "sev", { "launch.policy.generation": "fail" }],
  [0x3301004b, "sev", { "launch.policy.reserved-bits": "fail" }],
  [0x3301000a, "sev", { "launch.policy.debug-allowed": "fail" }],
  [0x33010009, "sev", { "launch.policy.key-sharing": "fail" }],
  [0x33010003, "sev", { "launch.policy.send-allowed": "warn" }],
  [0x33010033, "sev", { "launch.policy.send-allowed": "warn" }],
  [0x3201000b, "sev", { "launch.policy.minimum-api": "fail" }],
  [0xff00000b, "sev", { "launch.policy.minimum-api": "fail" }],
  [0x0002000b, "sev", {}],
];

for (const [policy, generation, expected] of rows) {
  test(`0x${policy.toString(16)} for ${generation}`, () => {
    const found = checkSevPolicy(policy, generation, MINIMUM)
      .filter(({ outcome }) => outcome !== "pass")
      .map(({ id, outcome }) => [id, outcome]);
    assert.deepEqual(Object.fromEntries(found), expected);
  });
}

test("no minimum is told", () => {
  const found = checkSevPolicy(0x0b, "sev", undefined).find(({ outcome }) => outcome === "warn");
  assert.equal(found?.id, "launch.policy.minimum-api");
  assert.equal(formatApi({ major: 1, minor: 55, build: 24 }), "1.55 build 24");
});

test("only doors and rights can be accepted, never what the launch is", () => {
  assert.ok(isAcceptable("firmware.host-shim.started"));
  assert.ok(isAcceptable("machine.nvram.present"));
  assert.ok(isAcceptable("launch.policy.debug-allowed"));
  for (const id of Object.keys(FINDINGS)) {
    if (/^(sev|snp)\.|^launch\.(measurement|guest|kind|record|secret|start)\./.test(id)) {
      assert.equal(isAcceptable(id), false, id);
    }
  }
  assert.equal(isAcceptable("toString"), false);
});

test("what is accepted stays in sight", () => {
  const failed: Finding = { id: "machine.nvram.present", outcome: "fail", title: "Found" };
  const other: Finding = { id: "machine.debug.open", outcome: "unknown", title: "Other" };
  assert.deepEqual(withAcceptance([failed, other], new Set(["machine.nvram.present"])), [
    { ...failed, outcome: "warn", title: "Found (accepted by the plan)" },
    other,
  ]);
});

test("secrets have to fit into the firmware's area", () => {
  const firmware = (name: string) => ({ name, firmware: readFirmware(fixtureFirmware(name)) });
  const outcomes = (name: string, size: number | undefined) =>
    checkSecretArea(firmware(name), size).map(({ outcome }) => outcome);
  assert.deepEqual(outcomes("OVMF.amdsev-2026.08.fd", 0xc00), ["pass", "pass"]);
  assert.deepEqual(outcomes("OVMF.amdsev-2026.08.fd", 0xc10), ["pass", "fail"]);
  assert.deepEqual(outcomes("OVMF.amdsev-2026.08.fd", undefined), ["skipped", "skipped"]);
  assert.deepEqual(outcomes("OVMF-2022.11.fd", 64), ["fail", "skipped"]);
});
