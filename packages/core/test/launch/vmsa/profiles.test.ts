// SPDX-License-Identifier: Apache-2.0
// The VMSA pages of every profile, byte for byte.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  VMSA,
  VMSA_PROFILES,
  applicationVmsaPage,
  bootVmsaPage,
  profileHosts,
  vmsaProfile,
  withFpu,
} from "../../../src/launch/index.ts";
import { hexEncode } from "../../../src/bytes/index.ts";
import { missingVectors, readVector } from "../../support/vectors.ts";

const MILAN = 0x00a0_0f11;

const parametersOf = (id: string): Parameters<typeof bootVmsaPage>[0] => ({
  profile: vmsaProfile(id),
  signature: MILAN,
  sevFeatures: 1n,
  entryPoint: 0x80_b004,
});

/** The bytes that are not zero, as `offset:hex`. */
function nonZero(page: Uint8Array): string {
  const runs: string[] = [];
  for (let start = 0; start < page.length; start++) {
    let end = start;
    while (end < page.length && page[end] !== 0) end++;
    if (end > start) runs.push(`${hexOffset(start)}:${hexEncode(page.subarray(start, end))}`);
    start = end;
  }
  return runs.join(" ");
}

/** The bytes of `page` that differ from `base`, as `offset:hex`. */
function changes(base: Uint8Array, page: Uint8Array): string {
  const list: string[] = [];
  page.forEach((byte, i) => {
    if (byte !== base[i]) list.push(`${hexOffset(i)}:${hexEncode(page.subarray(i, i + 1))}`);
  });
  return list.join(" ");
}

const hexOffset = (offset: number): string => offset.toString(16).padStart(3, "0");

test("QEMU's boot processor, EPYC-Milan with guest features 1", () => {
  const expected =
    "002:93 004:ffff 011:f09b 014:ffff 01a:ffff 022:93 024:ffff 032:93 034:ffff 042:93 044:ffff " +
    "052:93 054:ffff 064:ffff 072:82 074:ffff 084:ffff 092:8b 094:ffff 0d1:10 148:40 158:10 " +
    "161:04 168:f00fffff 170:02 178:f0ff 268:060407 26c:060407 310:110fa0 3b0:01 3e8:01 " +
    "408:801f 410:7f03";
  assert.equal(nonZero(bootVmsaPage(parametersOf("qemu"))), expected);
});

const NO_FPU = "408:00 409:00 410:00 411:00";
const RESET_TO_ENTRY = "01a:80 01b:00 178:04 179:b0";

// What each profile changes in QEMU's page of the boot processor, and what its other processors
// change in its own.
const PROFILES: readonly (readonly [id: string, boot: string, others: string])[] = [
  ["qemu", "", RESET_TO_ENTRY],
  ["qemu-es-legacy", NO_FPU, RESET_TO_ENTRY],
  ["qemu-pre-6.9", NO_FPU, RESET_TO_ENTRY],
  // CS 0x9a on the boot processor only, SS 0x92, TR 0x83, RDX 0x600 or 0.
  ["ec2", `012:9a 022:92 092:83 310:00 311:06 312:00 ${NO_FPU}`, `012:9b ${RESET_TO_ENTRY}`],
  ["ec2-rdx0", `012:9a 022:92 092:83 310:00 311:00 312:00 ${NO_FPU}`, `012:9b ${RESET_TO_ENTRY}`],
  // PAT 0x00070106, RDX 0x600.
  ["gce", `269:01 26c:00 26d:00 26e:00 310:00 311:06 312:00 ${NO_FPU}`, RESET_TO_ENTRY],
  // CS 0x9a on every processor.
  ["krun", `012:9a 022:92 092:83 310:00 311:00 312:00 ${NO_FPU}`, RESET_TO_ENTRY],
  // Flat segments, CR0 0x11, RIP the whole entry point, FCW zero beside MXCSR 0x1f80.
  [
    "svsm",
    "000:10 003:0c 006:ff 007:ff 010:08 011:00 013:0c 016:ff 017:ff 01a:00 01b:00 020:10 023:0c " +
      "026:ff 027:ff 030:10 033:0c 036:ff 037:ff 040:10 043:0c 046:ff 047:ff 158:11 178:04 179:b0 " +
      "17a:80 410:00 411:00",
    "",
  ],
];

test("every profile differs from QEMU's page where its row says, and nowhere else", () => {
  assert.deepEqual(
    VMSA_PROFILES.map(({ id }) => id),
    PROFILES.map(([id]) => id),
  );
  const base = bootVmsaPage(parametersOf("qemu"));
  for (const [id, boot, others] of PROFILES) {
    const page = bootVmsaPage(parametersOf(id));
    assert.equal(changes(base, page), boot, id);
    assert.equal(changes(page, applicationVmsaPage(parametersOf(id))), others, `${id}, others`);
  }
});

test("the signature stands in RDX, where the profile measures it", () => {
  for (const { id, rdx } of VMSA_PROFILES) {
    const vmsa = VMSA.decode(bootVmsaPage({ ...parametersOf(id), signature: 0xffff_ffff }));
    assert.equal(vmsa.rdx, rdx === "cpu-signature" ? 0xffff_ffffn : rdx, id);
  }
});

test("guest features stand in SEV_FEATURES in all 64 bits", () => {
  const sevFeatures = 0xfedc_ba98_7654_3210n;
  for (const { id } of VMSA_PROFILES) {
    assert.equal(
      VMSA.decode(bootVmsaPage({ ...parametersOf(id), sevFeatures })).sevFeatures,
      sevFeatures,
    );
  }
});

test("the entry point is split at its upper half, at any 32-bit value", () => {
  for (const entryPoint of [0, 0x1234, 0x80_b004, 0x8000_0000, 0xffff_fff1, 0xffff_ffff]) {
    const { cs, rip } = VMSA.decode(applicationVmsaPage({ ...parametersOf("qemu"), entryPoint }));
    assert.equal(cs.base, BigInt(entryPoint) & 0xffff_0000n);
    assert.equal(rip, BigInt(entryPoint) & 0xffffn);
    assert.equal(cs.selector, 0xf000);
  }
});

test("a processor that starts at the reset vector looks like the boot processor on EC2", () => {
  const parameters = { ...parametersOf("ec2"), entryPoint: 0xffff_fff0 };
  assert.deepEqual(applicationVmsaPage(parameters), bootVmsaPage(parameters));
});

test("the FPU area can be set for any profile by name", () => {
  for (const profile of VMSA_PROFILES) {
    const fpuOf = (fpu: "init" | "zero"): readonly number[] => {
      const changed = { ...parametersOf(profile.id), profile: withFpu(profile, fpu) };
      const { mxcsr, x87Fcw } = VMSA.decode(applicationVmsaPage(changed));
      return [mxcsr, x87Fcw];
    };
    assert.deepEqual(
      [fpuOf("init"), fpuOf("zero")],
      [
        [0x1f80, 0x37f],
        [0, 0],
      ],
      profile.id,
    );
  }
});

test("ids are unique, the first row of a VMM is its default, an unknown id is refused", () => {
  const ids = VMSA_PROFILES.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const vmm of ["QEMU", "ec2", "gce", "krun", "svsm"]) {
    const first = VMSA_PROFILES.find((row) => row.vmm === vmm);
    assert.equal(first!.id, vmm.toLowerCase());
  }
  assert.throws(() => vmsaProfile("QEMU"), { code: "unknown-profile", hint: /known: qemu, / });
});

const PAGES = ["sev/vmsa/vmsa0.bin", "sev/vmsa/vmsa1.bin"] as const;

test(
  "the pages of an SEV-ES guest that libvirt and sevctl measured",
  { skip: missingVectors(...PAGES) },
  () => {
    const [first, second] = PAGES.map(readVector);
    const parameters = { ...parametersOf("qemu-es-legacy"), sevFeatures: 0n };
    assert.equal(changes(first!, bootVmsaPage(parameters)), "");
    assert.equal(changes(second!, applicationVmsaPage(parameters)), "");
  },
);

test("every profile says which hosts use it, no two the same", () => {
  const hosts = VMSA_PROFILES.map(profileHosts);
  assert.equal(new Set(hosts).size, VMSA_PROFILES.length);
  for (const text of hosts) assert.notEqual(text, "unknown hosts");
});
