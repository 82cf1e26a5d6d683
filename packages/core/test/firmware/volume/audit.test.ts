// SPDX-License-Identifier: Apache-2.0
// What firmware lets the host bring in: Debian's images of three generations, and images made here.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fixtureFirmware } from "../../../../../fixtures/load.ts";
import { guidEncode } from "../../../src/bytes/index.ts";
import { readFirmware } from "../../../src/firmware/index.ts";
import { FILE_TYPES, SECTION_TYPES, auditKernelBlobs } from "../../../src/firmware/volume/index.ts";
import { missingVectors, readVector } from "../../support/vectors.ts";
import { file, nameSection, section, volume } from "../../support/volume-builder.ts";

const ARTEFACTS = new URL("../../../../../../shared/artefacts/", import.meta.url);

/** Outcomes in the order: readable, named blobs, shim, hashes enforced, boot loader. */
function outcomesOf(image: Uint8Array): readonly string[] {
  const findings = auditKernelBlobs(readFirmware(image));
  assert.deepEqual(
    findings.map(({ id }) => id),
    [
      "firmware.volumes.unreadable",
      "firmware.host-blobs.unverified",
      "firmware.host-shim.started",
      "firmware.kernel-hashes.not-enforced",
      "firmware.grub.empty",
    ],
  );
  return findings.map(({ outcome }) => outcome);
}

test("the carried images", () => {
  const rows = [
    ["OVMF.amdsev-2026.08.fd", ["pass", "warn", "fail", "pass", "warn"]],
    ["OVMF.inteltdx.ms-2026.08.fd", ["pass", "warn", "fail", "skipped", "skipped"]],
    ["OVMF-2022.11.fd", ["pass", "pass", "pass", "skipped", "skipped"]],
    ["OVMF_CODE_4M.secboot-2022.11.fd", ["pass", "pass", "pass", "skipped", "skipped"]],
  ] as const;
  for (const [name, outcomes] of rows) {
    assert.deepEqual(outcomesOf(fixtureFirmware(name)), outcomes, name);
  }
});

test("who imports, starts and verifies is named", () => {
  const findings = auditKernelBlobs(readFirmware(fixtureFirmware("OVMF.amdsev-2026.08.fd")));
  const actual = (id: string): string | undefined => findings.find((f) => f.id === id)?.actual;
  assert.equal(actual("firmware.host-blobs.unverified"), "imported by QemuKernelLoaderFsDxe");
  assert.match(actual("firmware.host-shim.started") ?? "", /started by .*BdsDxe/);
  assert.equal(actual("firmware.kernel-hashes.not-enforced"), "verified by QemuKernelLoaderFsDxe");
  assert.equal(actual("firmware.grub.empty"), "0 bytes");
});

for (const [name, outcomes] of [
  ["OVMF.amdsev.2025.02.debug.fd", ["pass", "warn", "fail", "pass", "warn"]],
  ["OVMF.amdsev.2025.02.grub.fd", ["pass", "warn", "fail", "pass", "pass"]],
] as const) {
  const url = new URL(name, ARTEFACTS);
  const skip = existsSync(url) ? false : `../shared/artefacts/${name} is absent`;
  test(name, { skip }, () => {
    assert.deepEqual(outcomesOf(new Uint8Array(readFileSync(url))), outcomes);
  });
}

for (const [path, outcomes] of [
  // It has room for the hashes and nothing that verifies them: seen to boot any kernel.
  ["firmware/fv/2026.08-OVMF_CODE_4M.fd", ["pass", "warn", "fail", "fail", "skipped"]],
  ["firmware/fv/2025.02-OVMF_CODE_4M.secboot.fd", ["pass", "warn", "fail", "skipped", "skipped"]],
  ["firmware/fv/2022.11-OVMF_CODE_4M.fd", ["pass", "pass", "pass", "skipped", "skipped"]],
] as const) {
  test(path, { skip: missingVectors(path) }, () => {
    assert.deepEqual(outcomesOf(readVector(path)), outcomes);
  });
}

const UNKNOWN = ["unknown", "unknown", "unknown", "unknown", "unknown"];

test("what cannot be read is unknown, never passed", () => {
  const broken = Uint8Array.from(fixtureFirmware("OVMF.amdsev-2026.08.fd"));
  broken[0x84000 + 0x1000]! ^= 0xff;
  for (const image of [new Uint8Array(0), new Uint8Array(0x1000), broken, volume([])]) {
    assert.deepEqual(outcomesOf(image), UNKNOWN);
  }
  // The last volume alone: what runs first, and none of the drivers that the findings are about.
  const first = Uint8Array.from(fixtureFirmware("OVMF.amdsev-2026.08.fd").subarray(-0x34000));
  assert.deepEqual(outcomesOf(first), UNKNOWN);
  assert.deepEqual(outcomesOf(volume([driver("A")])), UNKNOWN);
  const text = volume([file(FILE_TYPES.freeform, [section(SECTION_TYPES.raw, new Uint8Array(8))])]);
  assert.deepEqual(outcomesOf(text), UNKNOWN);
});

const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));
const wide = (text: string): Uint8Array => new Uint8Array(Buffer.from(`${text}\0`, "utf16le"));

function driver(name: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const code = new Uint8Array(Buffer.concat([Buffer.alloc(40, 0x90), ...parts]));
  return file(FILE_TYPES["DXE driver"], [section(SECTION_TYPES.PE32, code), nameSection(name)]);
}

/** A volume with the core of the phase that drivers run in. */
function drivers(...files: readonly Uint8Array[]): Uint8Array {
  const code = section(SECTION_TYPES.PE32, new Uint8Array(8));
  return volume([file(FILE_TYPES["DXE core"], [code]), ...files]);
}

test("each constant decides its own finding, in whatever program it stands", () => {
  const rows = [
    [[driver("A")], ["pass", "pass"]],
    [[driver("A", ascii("etc/boot/"))], ["warn", "pass"]],
    [[driver("A", wide("shim"))], ["pass", "pass"]],
    [
      [driver("A", ascii("etc/boot/")), driver("B", wide("shim"))],
      ["warn", "fail"],
    ],
    [[driver("A", ascii("etc/boot/"), wide("shim"))], ["warn", "fail"]],
    [
      [driver("A", ascii("etc/boot/")), driver("B", wide("shimmer"))],
      ["warn", "pass"],
    ],
  ] as const;
  for (const [files, outcomes] of rows) {
    assert.deepEqual(outcomesOf(drivers(...files)).slice(1, 3), outcomes);
  }
});

test("a boot loader that is there, empty and missing", () => {
  const guid = "b5ae312c-bc8a-43b1-9c62-ebb826dd5d07";
  const grub = (size: number): Uint8Array =>
    file(FILE_TYPES.application, [section(SECTION_TYPES.PE32, new Uint8Array(size))], { guid });
  assert.equal(outcomesOf(drivers(driver("A"), grub(7)))[4], "pass");
  assert.equal(outcomesOf(drivers(driver("A"), grub(0)))[4], "warn");
  assert.equal(outcomesOf(drivers(driver("A")))[4], "skipped");
});

test("hashes are enforced where a program looks for the kernel's entry", () => {
  const layout = readFirmware(drivers(driver("A")));
  const kernel = guidEncode("4de79437-abd2-427f-b835-d5b172d2045b");
  const enforcing = readFirmware(drivers(driver("A", kernel)));
  const outcome = (image: typeof layout, hashTable: { base: number; size: number } | null) =>
    auditKernelBlobs({ ...image, hashTable }).find(
      ({ id }) => id === "firmware.kernel-hashes.not-enforced",
    )?.outcome;
  const area = { base: 0x810c00, size: 0x400 };
  assert.equal(outcome(layout, area), "fail");
  assert.equal(outcome(enforcing, area), "pass");
  assert.equal(outcome(layout, { base: 0, size: 0 }), "skipped");
  assert.equal(outcome(layout, null), "skipped");
});
