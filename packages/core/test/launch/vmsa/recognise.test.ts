// SPDX-License-Identifier: Apache-2.0
// recogniseVmsa() undoes what build.ts does, and names what a page has changed.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  VMSA,
  VMSA_PROFILES,
  applicationVmsaPage,
  bootVmsaPage,
  cpuModel,
  recogniseVmsa,
  vmsaProfile,
} from "../../../src/launch/index.ts";
import { modelsWithSignature } from "../../../src/launch/vmsa/recognise.ts";
import { missingVectors, readVector } from "../../support/vectors.ts";

const exactIds = (page: Uint8Array): readonly string[] =>
  recogniseVmsa(page)
    .matches.filter(({ differences }) => differences.length === 0)
    .map(({ profile }) => profile.id);

test("a page of every profile, for any parameters, is recognised as that profile's", () => {
  const parameters = fc.record({
    profile: fc.constantFrom(...VMSA_PROFILES),
    signature: fc.integer({ min: 0, max: 0xffff_ffff }),
    otherFeatures: fc.bigInt({ min: 0n, max: (1n << 63n) - 1n }),
    entryPoint: fc.integer({ min: 0, max: 0xffff_ffef }),
    isBoot: fc.boolean(),
    wantsSnp: fc.boolean(),
  });
  fc.assert(
    fc.property(parameters, ({ profile, otherFeatures, isBoot, wantsSnp, ...rest }) => {
      const isOnlySevEs = profile.modes.every((mode) => mode === "seves");
      const isSnp = !isOnlySevEs && (wantsSnp || !profile.modes.includes("seves"));
      const sevFeatures = otherFeatures * 2n + (isSnp ? 1n : 0n);
      const build = isBoot ? bootVmsaPage : applicationVmsaPage;
      const page = build({ profile, sevFeatures, ...rest });
      const { mode, role, signature, entryPoint } = recogniseVmsa(page);
      assert.equal(mode, isSnp ? "snp" : "seves");
      assert.ok(exactIds(page).includes(profile.id));
      if (profile.rdx === "cpu-signature") assert.equal(signature, rest.signature);
      if (profile.entry === "flat") {
        assert.equal(role, "every");
        assert.equal(entryPoint, rest.entryPoint);
        return;
      }
      assert.equal(role, isBoot ? "boot" : "application");
      assert.equal(entryPoint, isBoot ? 0xffff_fff0 : rest.entryPoint);
    }),
  );
});

test("profiles that make the same page are all named, those of another mode never", () => {
  const profile = vmsaProfile("qemu-es-legacy");
  const parameters = { profile, signature: 0xa00f11, entryPoint: 0x80b004 };
  assert.deepEqual(exactIds(bootVmsaPage({ ...parameters, sevFeatures: 0n })), ["qemu-es-legacy"]);
  assert.deepEqual(exactIds(bootVmsaPage({ ...parameters, sevFeatures: 1n })), ["qemu-pre-6.9"]);
  // libkrun starts all vCPUs as EC2 started its first before 2026.
  const krun = { ...parameters, profile: vmsaProfile("krun"), sevFeatures: 1n };
  assert.deepEqual(exactIds(bootVmsaPage(krun)), ["ec2-rdx0", "krun"]);
  assert.deepEqual(exactIds(applicationVmsaPage(krun)), ["krun"]);
});

test("the nearest profile comes first, with the fields that differ", () => {
  const page = bootVmsaPage({
    profile: vmsaProfile("qemu"),
    signature: cpuModel("EPYC-Genoa").signature,
    sevFeatures: 1n,
    entryPoint: 0x80b004,
  });
  page[VMSA.offsetOf("gPat")] = 0x07;
  page[0x3f] = 0x80;
  const { nearest, matches } = recogniseVmsa(page);
  const [, ...others] = matches;
  assert.equal(nearest, matches[0]);
  assert.equal(nearest.profile.id, "qemu");
  assert.deepEqual(nearest.differences, [
    { path: "ds.base", offset: 0x38, size: 8, expected: "0x0", actual: "0x8000000000000000" },
    {
      path: "gPat",
      offset: 0x268,
      size: 8,
      expected: "0x7040600070406",
      actual: "0x7040600070407",
    },
  ]);
  assert.ok(others.every(({ differences }) => differences.length > 2));
});

test("an entry point outside 32 bits or 64 KiB is a difference, not an entry point", () => {
  const page = bootVmsaPage({
    profile: vmsaProfile("qemu"),
    signature: 1,
    sevFeatures: 1n,
    entryPoint: 0,
  });
  page[VMSA.offsetOf("rip") + 5] = 1;
  page[VMSA.offsetOf("cs") + 15] = 1;
  const { nearest } = recogniseVmsa(page);
  assert.deepEqual(
    nearest.differences.map(({ path }) => path),
    ["cs.base", "rip"],
  );
});

test("a signature names every model that has it", () => {
  assert.deepEqual(modelsWithSignature(0x800f12), ["EPYC", "EPYC-IBPB"]);
  assert.deepEqual(modelsWithSignature(0xb00f00), ["EPYC-Turin"]);
  assert.deepEqual(modelsWithSignature(0xb00f21), []);
});

test("a page of another size is refused", () => {
  assert.throws(() => recogniseVmsa(new Uint8Array(4095)), { code: "truncated" });
  assert.throws(() => recogniseVmsa(new Uint8Array(4097)), { code: "trailing-bytes" });
});

const PAGES = ["sev/vmsa/vmsa0.bin", "sev/vmsa/vmsa1.bin"] as const;
test("sevctl's pages are legacy SEV-ES of EPYC-Milan", { skip: missingVectors(...PAGES) }, () => {
  const [boot, application] = PAGES.map((path) => recogniseVmsa(readVector(path)));
  assert.equal(boot!.role, "boot");
  assert.equal(application!.role, "application");
  assert.equal(application!.entryPoint, 0x80b004);
  for (const page of [boot!, application!]) {
    assert.equal(page.mode, "seves");
    assert.deepEqual(page.models, ["EPYC-Milan"]);
    assert.equal(page.nearest.profile.id, "qemu-es-legacy");
    assert.deepEqual(page.nearest.differences, []);
  }
});
