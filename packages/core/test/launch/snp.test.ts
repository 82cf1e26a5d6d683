// SPDX-License-Identifier: Apache-2.0
// The SEV-SNP launch as steps: what, where, in which order, for every VMM.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { hexDecode, hexEncode } from "../../src/bytes/index.ts";
import { firmwareDescriptorFromJson, firmwareDescriptorToJson } from "../../src/firmware/index.ts";
import type { FirmwareImage } from "../../src/firmware/index.ts";
import {
  VMSA_PROFILES,
  kernelHashesPage,
  snpLaunchDigest,
  snpOvmfHash,
  snpPlan,
  vmsaProfile,
} from "../../src/launch/index.ts";
import type { LaunchStep, SnpParameters } from "../../src/launch/index.ts";
import { descriptorOf } from "../support/descriptor.ts";
import { SOUND_HASH_TABLE } from "../support/firmware-builder.ts";
import { slowDigest } from "../support/slow-digest.ts";
import { KERNEL_HASHES, isNamed, launchOf, seves, sev, snp } from "./support.ts";

const SNP_PROFILES = VMSA_PROFILES.filter(({ modes }) => modes.includes("snp"));

const line = ({ pageType, gpa, size, repeat }: LaunchStep): string =>
  `${pageType} ${gpa.toString(16)} ${size.toString(16)} x${repeat}`;

const FIRMWARE = "NORMAL ffffe000 2000 x1";
const VMSAS = ["VMSA fffffffff000 1000 x1", "VMSA fffffffff000 1000 x3"];

// Sections as QEMU measures them, in file order.
const QEMU = [
  "ZERO 800000 9000 x1",
  "ZERO 80a000 3000 x1",
  "SECRETS 80d000 1000 x1",
  "CPUID 80e000 1000 x1",
  "ZERO 80f000 1000 x1",
  "ZERO 811000 1f000 x1",
  "ZERO 810000 1000 x1",
];

const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  qemu: QEMU,
  "qemu-pre-6.9": QEMU,
  krun: QEMU,
  // CPUID after all others.
  ec2: [...QEMU.toSpliced(3, 1), QEMU[3]!],
  "ec2-rdx0": [...QEMU.toSpliced(3, 1), QEMU[3]!],
  // SNP_SEC_MEM is UNMEASURED; the other ranges are not SNP_SEC_MEM.
  gce: QEMU.map((step, i) => ([0, 1, 5].includes(i) ? step.replace("ZERO", "UNMEASURED") : step)),
};

test("each VMM measures firmware, sections by its own rules, and one VMSA for each vCPU", () => {
  for (const profile of SNP_PROFILES) {
    const { steps, seed } = snpPlan(launchOf({}, { profile, vcpus: 4 }));
    assert.equal(seed, undefined);
    assert.deepEqual(steps.map(line), [FIRMWARE, ...SECTIONS[profile.id]!, ...VMSAS], profile.id);
  }
});

test("steps have names for people", () => {
  const names = snpPlan(launchOf({}, { vcpus: 4 })).steps.map(({ what }) => what);
  assert.deepEqual(names, [
    "firmware",
    "SNP_SEC_MEM",
    "SNP_SEC_MEM",
    "SNP_SECRETS",
    "CPUID",
    "SVSM_CAA",
    "SNP_SEC_MEM",
    "SNP_KERNEL_HASHES",
    "VMSA of vCPU 0",
    "VMSA of vCPUs 1-3",
  ]);
  assert.equal(snpPlan(launchOf()).steps.at(-1)!.what, "VMSA of vCPU 1");
  assert.equal(snpPlan(launchOf({}, { vcpus: 1 })).steps.at(-1)!.what, "VMSA of vCPU 0");
});

test("kernel hashes make their section a NORMAL page with the table at its place", () => {
  const { steps } = snpPlan(launchOf({}, { kernelHashes: KERNEL_HASHES }));
  const step = steps.find(({ gpa }) => gpa === 0x81_0000)!;
  assert.equal(line(step), "NORMAL 810000 1000 x1");
  assert.deepEqual(step.data, kernelHashesPage(KERNEL_HASHES, SOUND_HASH_TABLE.base));
});

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const kernelHashes = fc.option(fc.record({ kernel: hash, initrd: hash, cmdline: hash }), {
  nil: undefined,
});

/** Sound launches of all kinds. */
const launches: fc.Arbitrary<SnpParameters> = fc
  .record({
    pages: fc.integer({ min: 1, max: 4 }),
    seed: fc.nat(255),
    resetEip: fc.integer({ min: 1, max: 0xffff_ffff }),
    profile: fc.constantFrom(...SNP_PROFILES),
    signature: fc.nat(0xffff_ffff),
    sevFeatures: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    vcpus: fc.integer({ min: 1, max: 5 }),
    vmsaGpa: fc.nat(2 ** 40 - 1).map((page) => page * 4096),
    hashes: kernelHashes,
  })
  .map(({ pages, seed, resetEip, hashes, ...rest }) =>
    launchOf(
      { size: pages * 4096, seed, resetEip },
      { ...rest, ...(hashes === undefined ? {} : { kernelHashes: hashes }) },
    ),
  );

test("any launch gives the digest of the slow implementation", () => {
  fc.assert(
    fc.property(launches, (launch) => assert.equal(snp(launch), slowDigest(snpPlan(launch).steps))),
  );
});

test("a firmware descriptor gives the digest of its firmware", () => {
  fc.assert(
    fc.property(launches, (launch) => {
      const json = firmwareDescriptorToJson(descriptorOf(launch.firmware as FirmwareImage));
      const firmware = firmwareDescriptorFromJson(JSON.parse(JSON.stringify(json)));
      assert.equal(snp({ ...launch, firmware }), snp(launch));
    }),
  );
});

test("an OVMF hash taken earlier replaces the firmware's pages and nothing else", () => {
  fc.assert(
    fc.property(launches, (launch) => {
      const ovmfHash = snpOvmfHash(launch.firmware as FirmwareImage);
      assert.equal(snp({ ...launch, ovmfHash }), snp(launch));
      const { steps, seed } = snpPlan({ ...launch, ovmfHash });
      assert.deepEqual(seed, ovmfHash);
      assert.deepEqual(steps, snpPlan(launch).steps.slice(1));
    }),
  );
});

test("an OVMF hash that is given wins over the descriptor's", () => {
  const launch = launchOf();
  const firmware = descriptorOf(launch.firmware as FirmwareImage);
  const ovmfHash = new Uint8Array(48).fill(9);
  assert.equal(snp({ ...launch, firmware, ovmfHash }), snp({ ...launch, ovmfHash }));
  assert.notEqual(snp({ ...launch, firmware, ovmfHash }), snp(launch));
  assert.deepEqual(snpPlan({ ...launch, firmware }).seed, hexDecode(firmware.ovmfHash));
});

test("SEV and SEV-ES need the firmware itself, a descriptor is not enough", () => {
  const launch = launchOf();
  const firmware = descriptorOf(launch.firmware as FirmwareImage);
  for (const digest of [sev, seves]) {
    assert.throws(() => digest({ ...launch, firmware }), {
      name: "LaunchError",
      code: "firmware-bytes-missing",
      hint: /--ovmf/,
    });
  }
});

test("every parameter reaches the digest", () => {
  const base = snp(launchOf());
  const changed: readonly SnpParameters[] = [
    launchOf({ seed: 2 }),
    launchOf({ size: 4096 }),
    launchOf({ resetEip: 0x80_b005 }),
    launchOf({}, { vcpus: 3 }),
    launchOf({}, { signature: 0x00a1_0f10 }),
    launchOf({}, { sevFeatures: 0x21n }),
    launchOf({}, { vmsaGpa: 0xf_ffff_ffff_f000 }),
    launchOf({}, { kernelHashes: KERNEL_HASHES }),
    launchOf({}, { ovmfHash: new Uint8Array(48) }),
    ...SNP_PROFILES.slice(1).map((profile) => launchOf({}, { profile })),
  ];
  const digests = new Set(changed.map(snp));
  assert.equal(digests.size, changed.length);
  assert.equal(digests.has(base), false);
});

test("all findings come with the error, the first one in its message", () => {
  const launch = launchOf({ resetEip: 0, sections: [] });
  assert.throws(
    () => snpLaunchDigest(launch),
    (error: Error & { findings: readonly { id: string }[] }) => {
      assert.match(error.message, /\[firmware\.section\.missing\] \(and 2 more\)$/);
      return error.findings.length > 3;
    },
  );
});

test("parameters of any value give a digest or an error that names what is wrong", () => {
  const anyNumber = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, -0, 2 ** 32, 2 ** 53));
  const anyBytes = fc.uint8Array({ maxLength: 64 });
  const hostile = fc.record(
    {
      // A great number of vCPUs is no wrong value, only slow here.
      vcpus: anyNumber.filter((n) => !(n > 64 && n <= 4096)),
      signature: anyNumber,
      sevFeatures: fc.bigInt(),
      vmsaGpa: anyNumber,
      ovmfHash: anyBytes,
      kernelHashes: fc.record({ kernel: anyBytes, initrd: anyBytes, cmdline: anyBytes }),
      profile: fc.constantFrom(...VMSA_PROFILES),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(hostile, (change) => {
      for (const digest of [snp, seves]) {
        try {
          assert.match(digest(launchOf({ size: 4096 }, change)), /^([0-9a-f]{64}|[0-9a-f]{96})$/);
        } catch (error) {
          assert.ok(isNamed(error), String(error));
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("GCE, EC2 and QEMU agree on nothing but the firmware", () => {
  const after = SNP_PROFILES.map((profile) =>
    hexEncode(snpLaunchDigest(launchOf({}, { profile }))),
  );
  assert.equal(new Set(after).size, SNP_PROFILES.length);
  assert.equal(vmsaProfile("gce").secMem, "UNMEASURED");
});
