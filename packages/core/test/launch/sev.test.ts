// SPDX-License-Identifier: Apache-2.0
// The SEV and SEV-ES digests: a plain SHA-256 over firmware, kernel-hashes table and VMSA pages.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import type { FirmwareImage } from "../../src/firmware/index.ts";
import {
  VMSA_PROFILES,
  applicationVmsaPage,
  bootVmsaPage,
  kernelHashesTable,
  sevEsPieces,
  sevPieces,
} from "../../src/launch/index.ts";
import { KERNEL_HASHES, launchOf, seves, sev } from "./support.ts";

const ES_PROFILES = VMSA_PROFILES.filter(({ modes }) => modes.includes("seves"));

const sha256 = (parts: readonly Uint8Array[]): string =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest("hex");

test("SEV hashes the firmware, and the 176-byte table without a page around it", () => {
  const launch = launchOf();
  const { bytes } = launch.firmware as FirmwareImage;
  assert.equal(sev(launch), sha256([bytes]));
  const withHashes = { ...launch, kernelHashes: KERNEL_HASHES };
  assert.equal(sev(withHashes), sha256([bytes, kernelHashesTable(KERNEL_HASHES)]));
});

test("SEV-ES goes on with one VMSA page for each vCPU, the boot processor's first", () => {
  const cases = fc.record({
    profile: fc.constantFrom(...ES_PROFILES),
    signature: fc.nat(0xffff_ffff),
    sevFeatures: fc.constantFrom(0n, 0x20n),
    vcpus: fc.integer({ min: 1, max: 6 }),
    entryPoint: fc.integer({ min: 1, max: 0xffff_ffff }),
    withKernel: fc.boolean(),
  });
  fc.assert(
    fc.property(cases, ({ withKernel, entryPoint, ...vcpu }) => {
      const hashes = withKernel ? { kernelHashes: KERNEL_HASHES } : {};
      const launch = launchOf({ resetEip: entryPoint }, { ...vcpu, ...hashes });
      const page = { ...vcpu, entryPoint };
      const others = Array.from({ length: vcpu.vcpus - 1 }, () => applicationVmsaPage(page));
      const expected = [
        (launch.firmware as FirmwareImage).bytes,
        ...(withKernel ? [kernelHashesTable(KERNEL_HASHES)] : []),
        bootVmsaPage(page),
        ...others,
      ];
      assert.equal(seves(launch), sha256(expected));
    }),
  );
});

test("pieces have names for people", () => {
  const names = (pieces: ReturnType<typeof sevPieces>): readonly string[] =>
    pieces.map(({ what, repeat }) => `${what} x${repeat}`);
  const launch = launchOf({}, { kernelHashes: KERNEL_HASHES, vcpus: 4 });
  assert.deepEqual(names(sevPieces(launch)), ["firmware x1", "kernel-hashes table x1"]);
  assert.deepEqual(names(sevEsPieces(launch)).slice(2), [
    "VMSA of vCPU 0 x1",
    "VMSA of vCPUs 1-3 x3",
  ]);
  assert.deepEqual(names(sevEsPieces({ ...launch, vcpus: 2 })).at(-1), "VMSA of vCPU 1 x1");
  assert.deepEqual(names(sevEsPieces({ ...launch, vcpus: 1 })).at(-1), "VMSA of vCPU 0 x1");
});
