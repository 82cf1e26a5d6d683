// SPDX-License-Identifier: Apache-2.0
// A difference planted in each parameter, and in several, is found and told.

import assert from "node:assert/strict";
import { test } from "node:test";
import { explainLaunch, launchDigest } from "../../src/diagnose/index.ts";
import type { Expectation } from "../../src/diagnose/index.ts";
import { vmsaProfile } from "../../src/launch/index.ts";
import {
  LINE,
  candidateOf,
  expectationOf,
  labelled,
  plant,
  searchAll,
  spaceOf,
  withKernel,
} from "./support.ts";
import type { Pick } from "./support.ts";

/** One difference, what it is called, and the sentence that tells it. */
interface Planted {
  readonly name: string;
  readonly expectation: Expectation;
  readonly pick: (space: ReturnType<typeof spaceOf>) => Pick;
  readonly says: RegExp;
}

const PLANTED: readonly Planted[] = [
  {
    name: "vCPU count",
    expectation: expectationOf(),
    pick: () => ({ vcpus: 17 }),
    says: /the host used 17 vCPUs; you expected 4\./,
  },
  {
    name: "vCPU type",
    expectation: expectationOf(),
    pick: (space) => ({ vcpuType: labelled(space.vcpuType, "EPYC-Genoa") }),
    says: /used vCPU type EPYC-Genoa; you expected EPYC-v4\./,
  },
  {
    name: "vCPU count and type",
    expectation: expectationOf(),
    pick: (space) => ({ vcpus: 8, vcpuType: labelled(space.vcpuType, "EPYC-Genoa") }),
    says: /used 8 vCPUs of EPYC-Genoa; you expected 4 of EPYC-v4\./,
  },
  {
    name: "host CPU",
    expectation: expectationOf(),
    pick: ({ vcpuType }) => ({ vcpuType: labelled(vcpuType, "0xb00f21 (-cpu host on Turin C1)") }),
    says: /vCPU type 0xb00f21 \(-cpu host on Turin C1\)/,
  },
  {
    name: "guest features",
    expectation: expectationOf(),
    pick: ({ guestFeatures }) => ({
      features: labelled(guestFeatures, "0x21 (SNPActive, DebugSwap)"),
    }),
    says: /guest features 0x21 \(SNPActive, DebugSwap\); you expected 0x1 \(SNPActive\)/,
  },
  {
    name: "Secure AVIC with VINTR_CTRL",
    expectation: expectationOf(),
    pick: ({ guestFeatures }) => ({
      features: guestFeatures.choices.findIndex(({ value }) => value.vintrCtrl === 0x400_0200n),
    }),
    says: /with VINTR_CTRL 0x4000200/,
  },
  {
    name: "VMSA profile",
    expectation: expectationOf(),
    pick: ({ vmsaProfile: profiles }) => ({ profile: labelled(profiles, "qemu-pre-6.9") }),
    says: /VMSA profile qemu-pre-6\.9; you expected qemu\./,
  },
  {
    name: "VMM",
    expectation: expectationOf(),
    pick: ({ vmsaProfile: profiles }) => ({ profile: labelled(profiles, "gce"), vcpus: 2 }),
    says: /VMSA profile gce/,
  },
  {
    name: "VMSA address",
    expectation: expectationOf({ profile: { profile: vmsaProfile("gce") } }),
    pick: () => ({ gpa: 1 }),
    says: /VMSA address 0xffffffffff000/,
  },
  {
    name: "kernel hashes off",
    expectation: withKernel(),
    pick: () => ({ table: null }),
    says: /used no kernel hashes; you expected them\./,
  },
  {
    name: "kernel hashes on",
    expectation: withKernel({ kernelHashes: false }),
    pick: () => ({ table: [0, 0, 0] }),
    says: /used kernel hashes; you expected none\./,
  },
  {
    name: "kernel",
    expectation: withKernel(),
    pick: () => ({ table: [1, 0, 0] }),
    says: /kernel vmlinuz\.old; you expected vmlinuz\./,
  },
  {
    name: "no initrd",
    expectation: withKernel(),
    pick: ({ initrd }) => ({ table: [0, labelled(initrd, "no initrd"), 0] }),
    says: /used no initrd; you expected initrd\.img\./,
  },
  {
    name: "kernel and initrd swapped",
    expectation: withKernel(),
    pick: ({ kernel, initrd }) => ({
      table: [
        labelled(kernel, "initrd.img as the kernel"),
        labelled(initrd, "vmlinuz as the initrd"),
        0,
      ],
    }),
    says: /kernel initrd\.img as the kernel and initrd vmlinuz as the initrd/,
  },
  {
    name: "command line",
    expectation: withKernel(),
    pick: ({ commandLine }) => ({
      table: [0, 0, labelled(commandLine, "with a newline at the end")],
    }),
    says: /used the command line with a newline at the end; you expected "root=/,
  },
  {
    name: "another command line",
    expectation: withKernel({ commandLines: [{ line: LINE }, { line: "single" }] }),
    pick: ({ commandLine }) => ({ table: [0, 0, labelled(commandLine, '"single"')] }),
    says: /used command line "single"; you expected "root=/,
  },
  {
    name: "firmware",
    expectation: expectationOf({
      firmwares: [candidateOf("OVMF.fd"), candidateOf("older.fd", { seed: 9, resetEip: 0xb004 })],
    }),
    pick: () => ({ firmware: 1, vcpus: 3 }),
    says: /used firmware older\.fd and 3 vCPUs; you expected firmware OVMF\.fd and 4 vCPUs\./,
  },
  {
    name: "three parameters at once",
    expectation: withKernel(),
    pick: ({ vcpuType, guestFeatures }) => ({
      vcpus: 2,
      vcpuType: labelled(vcpuType, "EPYC-Milan"),
      features: labelled(guestFeatures, "0x201 (SNPActive, SecureTSC)"),
      table: [1, 0, 0],
    }),
    says: /used 2 vCPUs of EPYC-Milan, guest features 0x201 \(SNPActive, SecureTSC\) and kernel/,
  },
  {
    name: "SEV-ES vCPUs",
    expectation: withKernel({ mode: "seves" }),
    pick: ({ vmsaProfile: profiles }) => ({
      profile: labelled(profiles, "qemu-es-legacy"),
      vcpus: 3,
    }),
    says: /used 3 vCPUs and VMSA profile qemu-es-legacy/,
  },
  {
    name: "SEV kernel",
    expectation: withKernel({ mode: "sev" }),
    pick: () => ({ table: [1, 0, 0] }),
    says: /kernel vmlinuz\.old/,
  },
];

for (const { name, expectation, pick, says } of PLANTED) {
  test(`finds a difference in: ${name}`, () => {
    const space = spaceOf(expectation);
    const picked = pick(space);
    const request = plant(space, picked);
    const { status, launch } = searchAll(request);
    assert.equal(status, "found");
    assert.ok(launch !== undefined);
    const { asExpected, sentence, hints } = explainLaunch(launch, request);
    assert.equal(asExpected, false);
    assert.match(sentence, says);
    assert.notEqual(hints.length, 0);
    assert.deepEqual(launchDigest(launch, new Set()), request.observed);
  });
}
