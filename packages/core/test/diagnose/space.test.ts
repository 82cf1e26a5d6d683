// SPDX-License-Identifier: Apache-2.0
// Spaces: which values are tried, and that the numbered VMSA combinations are the pages they say.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { hexEncode } from "../../src/bytes/index.ts";
import { VmsaPages } from "../../src/diagnose/vmsa-pages.ts";
import { RULES, rulesOf } from "../../src/diagnose/section-rules.ts";
import {
  CPU_MODELS,
  VMSA_PROFILES,
  applicationVmsaPage,
  bootVmsaPage,
  cpuSignature,
} from "../../src/launch/index.ts";
import { OPTIONS, expectationOf, spaceOf, withKernel } from "./support.ts";

const SPACE = spaceOf(expectationOf());
const EXHAUSTIVE = { ...OPTIONS, exhaustive: true };

const labels = (axis: { readonly choices: readonly { readonly label: string }[] }): string[] =>
  axis.choices.map(({ label }) => label);

test("the CPUs of the field are tried, others only in an exhaustive search", () => {
  const common = SPACE.vcpuType.choices.map(({ value }) => value);
  for (const signature of [0x800f12, 0x830f10, 0xa00f11, 0xa10f10, 0xa10f11, 0xaa0f02, 0xb00f21]) {
    assert.ok(common.includes(signature), signature.toString(16));
  }
  const all = new Set(
    spaceOf(expectationOf(), EXHAUSTIVE).vcpuType.choices.map(({ value }) => value),
  );
  for (const [name, ...numbers] of CPU_MODELS) assert.ok(all.has(cpuSignature(...numbers)), name);
  assert.ok(all.size > common.length);
});

test("the CPU in a report is tried too", () => {
  const hostCpu = { family: 0x1a, model: 0x50, stepping: 3 };
  const { vcpuType } = spaceOf(expectationOf(), { ...OPTIONS, hostCpu });
  const found = vcpuType.choices.find(({ value }) => value === cpuSignature(0x1a, 0x50, 3));
  assert.match(found?.label ?? "", /the CPU in the report/);
  assert.equal(found?.cost, 1);
});

test("guest features: those seen first, every combination when exhaustive", () => {
  const seen = labels(SPACE.guestFeatures);
  assert.equal(seen[0], "0x1 (SNPActive)");
  for (const value of [0x21n, 0x201n, 0x221n, 0x9n, 0x11n, 0x10001n]) {
    const choice = SPACE.guestFeatures.choices.find((each) => each.value.sevFeatures === value);
    assert.ok(choice !== undefined, value.toString(16));
  }
  const all = spaceOf(expectationOf(), EXHAUSTIVE).guestFeatures.choices;
  assert.ok(all.some(({ value }) => value.sevFeatures === 0x1c2f9n));
  assert.ok(all.every(({ cost }) => cost <= 3));
  // VINTR_CTRL goes with Secure AVIC and with nothing else.
  for (const { value } of all) {
    if (value.vintrCtrl !== 0n) assert.notEqual(value.sevFeatures & 0x10000n, 0n);
  }
});

test("every profile of a mode is tried, and no two with the same pages", () => {
  for (const mode of ["snp", "seves"] as const) {
    const { vmsaProfile } = spaceOf(expectationOf({ mode }));
    const tried = new Set(vmsaProfile.choices.map(({ value }) => value.profile.id));
    for (const { id, modes } of VMSA_PROFILES) {
      assert.equal(
        tried.has(id),
        modes.some((known) => known === mode),
        `${id} ${mode}`,
      );
    }
  }
});

test("without a kernel to try, hashes are off and command lines are no matter", () => {
  assert.deepEqual(labels(SPACE.kernelHashes), ["off"]);
  assert.equal(SPACE.commandLine.choices.length, 1);
  assert.deepEqual(labels(spaceOf(withKernel()).kernelHashes), ["on", "off"]);
});

test("a command line of which only the hash is known is a candidate", () => {
  const hash = new Uint8Array(32).fill(7);
  const candidates = [{ hash, name: "of hash 0707" }, { line: "quiet" }];
  const { commandLine } = spaceOf(withKernel({ commandLines: candidates }));
  assert.equal(commandLine.expected?.value.text, undefined);
  assert.ok(commandLine.choices.some(({ label }) => label === '"quiet" with a newline at the end'));
});

test("rules of every profile have a number", () => {
  for (const profile of VMSA_PROFILES) {
    const { secMem, cpuidLast } = RULES[rulesOf(profile)]!;
    assert.deepEqual([secMem, cpuidLast], [profile.secMem, profile.cpuidLast]);
  }
});

test("VMSA combinations are listed once each, at their distance", () => {
  for (const space of [SPACE, spaceOf(expectationOf({ mode: "seves" }))]) {
    const pages = new VmsaPages(space);
    const seen = new Set<number>();
    for (const [cost, count] of pages.counts.entries()) {
      const codes = pages.at(cost);
      assert.equal(codes.length, count);
      for (const code of codes) {
        seen.add(code);
        const { profile, vcpuType, features, gpa } = pages.choice(code);
        const sum = profile.cost + (vcpuType?.cost ?? 0) + features.cost + gpa.cost;
        assert.equal(sum, cost);
      }
    }
    assert.equal(
      seen.size,
      pages.counts.reduce((sum, count) => sum + count, 0),
    );
    assert.equal(pages.at(99).length, 0);
  }
});

test("patched pages are the pages that measure builds", () => {
  const pages = new VmsaPages(SPACE);
  const codes = pages.counts.flatMap((_, cost) => [...pages.at(cost)]);
  fc.assert(
    fc.property(
      fc.constantFrom(...codes),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      (code, entryPoint) => {
        const { profile, vcpuType, features } = pages.choice(code);
        const row = profile.value.profile;
        const { sevFeatures, vintrCtrl } = features.value;
        const vmsa = {
          profile: { ...row, registers: { ...row.registers, vintrCtrl } },
          signature: vcpuType?.value ?? 0,
          sevFeatures,
          entryPoint,
        };
        const built = pages.build(code, entryPoint);
        assert.equal(hexEncode(built.boot), hexEncode(bootVmsaPage(vmsa)));
        assert.equal(hexEncode(built.application), hexEncode(applicationVmsaPage(vmsa)));
        assert.equal(pages.rules(code), rulesOf(row));
      },
    ),
    { numRuns: 200 },
  );
});
