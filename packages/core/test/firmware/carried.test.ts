// SPDX-License-Identifier: Apache-2.0
// Real images: what stands in the tables of each age of OVMF, and of an SVSM binary.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fixtureFirmware } from "../../../../fixtures/load.ts";
import { checkFirmwareFor, readFirmware } from "../../src/firmware/index.ts";
import type { FirmwareImage } from "../../src/firmware/index.ts";
import { missingVectors, readVector } from "../support/vectors.ts";

const NONE = { base: 0, size: 0 };

/** Sections as `address size type`, in hexadecimal. */
const listed = ({ sections }: FirmwareImage): readonly string[] | null =>
  sections?.map(({ gpa, size, type }) => [gpa, size, type].map((n) => n.toString(16)).join(" ")) ??
  null;

function unsuited(image: FirmwareImage): readonly string[] {
  return checkFirmwareFor(image, { mode: "snp", vcpus: 4 })
    .filter(({ outcome }) => outcome !== "pass")
    .map(({ id }) => id);
}

test("OVMF.amdsev of 2026.08: SNP_KERNEL_HASHES at the end, both areas, IGVM metadata", () => {
  const image = readFirmware(fixtureFirmware("OVMF.amdsev-2026.08.fd"));
  assert.equal(image.footer!.length, 158);
  assert.equal(image.resetEip, 0x80_b004);
  assert.deepEqual(image.hashTable, { base: 0x81_0c00, size: 0x400 });
  assert.deepEqual(image.secret, { base: 0x81_0000, size: 0xc00 });
  assert.deepEqual(listed(image), [
    "800000 9000 1",
    "80a000 3000 1",
    "80d000 1000 2",
    "80e000 1000 3",
    "80f000 1000 4",
    "811000 1f000 1",
    "810000 1000 10",
  ]);
  assert.deepEqual(image.igvmMetadata!.sections, [
    { base: 0x81_2000, size: 0x1000, type: 0x100 },
    { base: 0, size: 0xc0, type: 0x101 },
    { base: 0xc0, size: 0x10, type: 0x102 },
    { base: 0x81_3000, size: 0x1000, type: 0x200 },
  ]);
  assert.deepEqual(unsuited(image), []);
});

test("OVMF of 2022.11: SEV metadata, entries for both areas that say they are not there", () => {
  const image = readFirmware(fixtureFirmware("OVMF-2022.11.fd"));
  assert.equal(image.footer!.length, 136);
  assert.equal(image.resetEip, 0x80_b004);
  assert.deepEqual([image.hashTable, image.secret], [NONE, NONE]);
  assert.deepEqual(listed(image), [
    "800000 9000 1",
    "80a000 3000 1",
    "80d000 1000 2",
    "80e000 1000 3",
    "80f000 11000 1",
  ]);
  assert.equal(image.igvmMetadata, null);
  assert.deepEqual(unsuited(image), []);
});

test("OVMF_CODE_4M.secboot of 2022.11: no SEV metadata, its own reset address", () => {
  const image = readFirmware(fixtureFirmware("OVMF_CODE_4M.secboot-2022.11.fd"));
  assert.equal(image.footer!.length, 92);
  assert.equal(image.resetEip, 0x80_8004);
  assert.equal(image.sections, null);
  assert.deepEqual(unsuited(image), ["firmware.sev-metadata.missing"]);
});

test("OVMF.inteltdx of 2026.08: two sections of size zero", () => {
  const image = readFirmware(fixtureFirmware("OVMF.inteltdx.ms-2026.08.fd"));
  assert.deepEqual(listed(image)!.slice(4), ["0 0 4", "0 0 1"]);
  assert.deepEqual(image.igvmMetadata!.sections, []);
  assert.deepEqual(unsuited(image), ["firmware.section.empty", "firmware.section.empty"]);
});

const EL9 = "sev/measure/ovmf-amdsev-el9-trimmed-4096.fd";
test("OVMF.amdsev of RHEL 9: areas at other addresses", { skip: missingVectors(EL9) }, () => {
  const image = readFirmware(readVector(EL9));
  assert.equal(image.footer!.length, 114);
  assert.deepEqual(image.secret, { base: 0x80_c000, size: 0xc00 });
  assert.deepEqual(image.hashTable, { base: 0x80_cc00, size: 0x400 });
  assert.equal(image.sections, null);
});

const SUFFIX = "measurement/ovmf_AmdSev_suffix.bin";
test(
  "OVMF.amdsev before 2024: SNP_KERNEL_HASHES before the last SNP_SEC_MEM",
  { skip: missingVectors(SUFFIX) },
  () => {
    const image = readFirmware(readVector(SUFFIX));
    assert.deepEqual(listed(image)!.slice(5), ["810000 1000 10", "811000 f000 1"]);
  },
);

const SVSM = "measurement/svsm.bin";
test("an SVSM binary has an entry point of its own", { skip: missingVectors(SVSM) }, () => {
  const image = readFirmware(readVector(SVSM));
  assert.equal(image.footer!.length, 110);
  assert.equal(image.svsmLaunchOffset, 0);
  assert.deepEqual(listed(image), ["0 9e000 1", "9e000 1000 2", "9f000 1000 3"]);
});

test("the last 4096 bytes of a carried image decode like the whole", () => {
  const whole = readFirmware(fixtureFirmware("OVMF.amdsev-2026.08.fd"));
  const tail = readFirmware(whole.bytes.subarray(-4096));
  assert.deepEqual(tail.sections, whole.sections);
  assert.deepEqual(tail.hashTable, whole.hashTable);
  assert.equal(tail.sevMetadata!.offset - 4096, whole.sevMetadata!.offset - whole.size);
});
