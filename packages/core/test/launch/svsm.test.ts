// SPDX-License-Identifier: Apache-2.0
// The launch with an SVSM before IGVM: where it is placed, what is measured, what is refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { hexEncode } from "../../src/bytes/index.ts";
import { readFirmware } from "../../src/firmware/index.ts";
import { VMSA, digestOf, svsmSteps, vmsaProfile } from "../../src/launch/index.ts";
import type { SvsmParameters } from "../../src/launch/index.ts";
import { buildFirmware, buildSvsm } from "../support/firmware-builder.ts";
import type { FirmwareSpec } from "../support/firmware-builder.ts";
import { slowDigest } from "../support/slow-digest.ts";
import { unsuitable } from "./support.ts";

const SECTIONS = [
  { gpa: 0, size: 0x9_e000, type: 1 },
  { gpa: 0x9_e000, size: 0x1000, type: 2 },
  { gpa: 0x9_f000, size: 0x1000, type: 3 },
];

function launchOf(spec: FirmwareSpec = {}, change: Partial<SvsmParameters> = {}): SvsmParameters {
  return {
    firmware: readFirmware(buildFirmware({ size: 0x4000 })),
    svsm: readFirmware(buildSvsm({ size: 0x3000, sections: SECTIONS, ...spec })),
    varsSize: 0x2000,
    profile: vmsaProfile("svsm"),
    signature: 0x0080_0f12,
    sevFeatures: 1n,
    vcpus: 3,
    ...change,
  };
}

test("OVMF, SVSM below the variable store, the SVSM's sections, then equal VMSAs", () => {
  const launch = launchOf();
  const steps = svsmSteps(launch);
  assert.deepEqual(
    steps.map(({ what, pageType, gpa, size, repeat }) => [what, pageType, gpa, size, repeat]),
    [
      ["firmware", "NORMAL", 0xffff_c000, 0x4000, 1],
      ["SVSM", "NORMAL", 0xffff_7000, 0x3000, 1],
      ["SNP_SEC_MEM", "ZERO", 0, 0x9_e000, 1],
      ["SNP_SECRETS", "SECRETS", 0x9_e000, 0x1000, 1],
      ["CPUID", "CPUID", 0x9_f000, 0x1000, 1],
      ["VMSA of vCPUs 0-2", "VMSA", 0xffff_ffff_f000, 0x1000, 3],
    ],
  );
  assert.equal(VMSA.decode(steps.at(-1)!.data!).rip, 0xffff_7100n, "entry point inside the SVSM");
  assert.equal(hexEncode(digestOf(steps).value()), slowDigest(steps));
  assert.equal(svsmSteps({ ...launch, vcpus: 1 }).at(-1)!.what, "VMSA of vCPU 0");
});

test("the variable store's size is measured through the SVSM's place", () => {
  const digests = [0, 0x1000, 0x2000].map((varsSize) =>
    hexEncode(digestOf(svsmSteps(launchOf({}, { varsSize }))).value()),
  );
  assert.equal(new Set(digests).size, 3);
});

test("a variable store that does not fit is refused", () => {
  for (const varsSize of [-4096, 1, 0.5, 2 ** 32, 2 ** 60, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => svsmSteps(launchOf({}, { varsSize })), {
      name: "LaunchError",
      code: "svsm-unsuitable",
      hint: /VARS/,
    });
  }
});

test("an SVSM binary without entry point, metadata or whole pages is refused", () => {
  const rows: readonly (readonly [FirmwareSpec, RegExp])[] = [
    [{ svsmLaunchOffset: null }, /no SVSM info entry/],
    [{ sections: null }, /no SEV metadata/],
    [{ size: 0x3001 }, /SVSM binary has 12289 bytes/],
  ];
  for (const [spec, message] of rows) {
    assert.throws(() => svsmSteps(launchOf(spec)), { code: "svsm-unsuitable", message });
  }
  const firmware = readFirmware(new Uint8Array(0));
  assert.throws(() => svsmSteps(launchOf({}, { firmware })), {
    code: "svsm-unsuitable",
    message: /firmware has 0 bytes/,
  });
});

test("the SVSM's sections are judged, and what is accepted by id is measured", () => {
  const sections = [...SECTIONS, { gpa: 0x100_0000, size: 0x1000, type: 9 }];
  const id = "firmware.section.unknown-type";
  assert.throws(() => svsmSteps(launchOf({ sections })), unsuitable(id));
  assert.equal(svsmSteps(launchOf({ sections }, { accept: new Set([id]) })).length, 7);
  const odd = [...SECTIONS, { gpa: 0x100_0001, size: 0x1000, type: 1 }];
  const unaligned = "firmware.section.unaligned";
  assert.throws(() => svsmSteps(launchOf({ sections: odd })), unsuitable(unaligned));
  assert.throws(() => svsmSteps(launchOf({}, { accept: new Set([unaligned]) })), {
    code: "finding-not-acceptable",
  });
});

test("a profile that is not SVSM's, or a wrong number of vCPUs, is refused", () => {
  assert.throws(() => svsmSteps(launchOf({}, { profile: vmsaProfile("qemu") })), {
    code: "profile-mode-mismatch",
  });
  assert.throws(() => svsmSteps(launchOf({}, { vcpus: 0 })), { code: "vcpus-out-of-range" });
});
