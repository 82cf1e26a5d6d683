// SPDX-License-Identifier: Apache-2.0
// Firmware about which other tools disagree, crash or answer silently wrong. Each test is named after
// what it guards.

import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256 } from "../../src/crypto/node.ts";
import { hexEncode } from "../../src/bytes/index.ts";
import { FOOTER_GUIDS, SEV_ES_RESET_BLOCK, readFirmware } from "../../src/firmware/index.ts";
import { snpOvmfHash, snpPlan, vmsaProfile } from "../../src/launch/index.ts";
import type { SnpParameters } from "../../src/launch/index.ts";
import { SOUND_SECTIONS } from "../support/firmware-builder.ts";
import { KERNEL_HASHES, launchOf, seves, sev, snp, unsuitable } from "./support.ts";

/** The same launch with findings accepted by id. */
const accepting = (parameters: SnpParameters, ...ids: readonly string[]): SnpParameters => ({
  ...parameters,
  accept: new Set(ids),
});

const withSections = (...more: typeof SOUND_SECTIONS): SnpParameters =>
  launchOf({ sections: [...SOUND_SECTIONS, ...more] });

test("firmware without SEV metadata is refused for SEV-SNP and measured for SEV and SEV-ES", () => {
  const launch = launchOf({ sections: null });
  const id = "firmware.sev-metadata.missing";
  assert.throws(() => snp(launch), unsuitable(id));
  assert.match(sev(launch), /^[0-9a-f]{64}$/);
  assert.match(seves(launch), /^[0-9a-f]{64}$/);
  // Accepted, it is what the peers measure: firmware and VMSAs, nothing between.
  assert.equal(snpPlan(accepting(launch, id)).steps.length, 3);
});

// Sections are part of the image; a digest to start from leaves only what they add.
const FROM_ZERO = { ovmfHash: new Uint8Array(48) } as const;

test("a section of size zero is refused, and measures nothing once accepted", () => {
  const empty = [0, 0x100_0000].map((gpa) => ({ gpa, size: 0, type: 1 }));
  const launch = launchOf({ sections: [...SOUND_SECTIONS, ...empty] }, FROM_ZERO);
  const id = "firmware.section.empty";
  assert.throws(() => snp(launch), unsuitable(id, id));
  assert.equal(snp(accepting(launch, id)), snp(launchOf({}, FROM_ZERO)));
});

test("AP EIP of zero with two vCPUs is refused, in SEV-SNP and SEV-ES", () => {
  const launch = launchOf({ resetEip: 0 });
  for (const digest of [snp, seves]) {
    assert.throws(() => digest(launch), unsuitable("firmware.reset-block.zero"));
    assert.equal(
      digest({ ...launch, vcpus: 1 }),
      digest({ ...launchOf({ resetEip: 0 }), vcpus: 1 }),
    );
  }
  const accepted = accepting(launch, "firmware.reset-block.zero");
  assert.throws(() => snp(accepted), { code: "finding-not-acceptable" });
});

test("firmware without reset block is refused for any number of vCPUs, as by QEMU", () => {
  for (const vcpus of [1, 2]) {
    const launch = launchOf({ resetEip: null }, { vcpus });
    assert.throws(() => snp(launch), unsuitable("firmware.reset-block.missing"));
    assert.throws(() => seves(launch), unsuitable("firmware.reset-block.missing"));
    assert.match(sev(launch), /^[0-9a-f]{64}$/);
  }
});

test("section type 0x101 is not type 1: refused, and a ZERO section once accepted", () => {
  const launch = withSections({ gpa: 0x100_0000, size: 0x2000, type: 0x101 });
  const id = "firmware.section.unknown-type";
  assert.throws(() => snp(launch), unsuitable(id));
  const { steps } = snpPlan(accepting(launch, id));
  const step = steps.find(({ gpa }) => gpa === 0x100_0000);
  assert.deepEqual([step!.what, step!.pageType, step!.size], ["type 0x101", "ZERO", 0x2000]);
  // On GCE type 1 is UNMEASURED; an unknown type stays ZERO.
  const gce = snpPlan(accepting({ ...launch, profile: vmsaProfile("gce") }, id));
  assert.deepEqual(gce.steps.find(({ gpa }) => gpa === 0x100_0000)!.pageType, "ZERO");
});

test("secrets and CPUID sections larger than a page are refused", () => {
  for (const type of [2, 3]) {
    const sections = SOUND_SECTIONS.map((section) =>
      section.type === type ? { gpa: 0x100_0000, size: 0x2000, type } : section,
    );
    assert.throws(() => snp(launchOf({ sections })), unsuitable("firmware.section.oversized"));
  }
});

test("every page of an UNMEASURED section is a step of its own", () => {
  const gce = { profile: vmsaProfile("gce"), ...FROM_ZERO };
  const digestWith = (...more: typeof SOUND_SECTIONS): string =>
    snp(launchOf({ sections: [...SOUND_SECTIONS, ...more] }, gce));
  const whole = digestWith({ gpa: 0x100_0000, size: 0x3000, type: 1 });
  const pages = [0x100_0000, 0x100_1000, 0x100_2000].map((gpa) => ({ gpa, size: 0x1000, type: 1 }));
  assert.equal(whole, digestWith(...pages));
  assert.notEqual(whole, digestWith(...pages.slice(1)));
});

test("a file that is not made of pages is refused in every mode, however small", () => {
  const id = "firmware.size.unaligned";
  for (const size of [0, 1, 49, 50, 4095, 4097]) {
    const firmware = readFirmware(new Uint8Array(size));
    const launch = launchOf({}, { firmware });
    assert.throws(() => sev(launch), unsuitable(id));
    assert.throws(() => seves(launch), unsuitable(id, "firmware.reset-block.missing"));
    assert.throws(() => snp(launch), { code: "firmware-unsuitable" });
    assert.throws(() => snpOvmfHash(firmware), unsuitable(id));
  }
});

test("what is not made of pages has no SEV-SNP digest, even accepted by id", () => {
  const id = "firmware.size.unaligned";
  const launch = accepting(launchOf({ size: 8000 }), id);
  assert.throws(() => snp(launch), unsuitable(id));
  assert.match(sev(launch), /^[0-9a-f]{64}$/);
  assert.match(seves(launch), /^[0-9a-f]{64}$/);
  const odd = withSections({ gpa: 0x100_0800, size: 0x1000, type: 1 });
  assert.throws(() => snp(odd), unsuitable("firmware.section.unaligned"));
});

test("only findings that leave a digest to follow can be accepted", () => {
  const ids = [
    "firmware.section.unaligned",
    "firmware.section.overlap",
    "firmware.section.out-of-range",
    "firmware.reset-block.missing",
    "firmware.reset-block.zero",
    "firmware.hash-table.unsupported",
    "firmware.kernel-hashes.section-missing",
    "firmware.no-such-finding",
    "",
  ];
  for (const id of ids) {
    for (const digest of [snp, seves, sev]) {
      assert.throws(() => digest(accepting(launchOf(), id)), {
        name: "LaunchError",
        code: "finding-not-acceptable",
      });
    }
  }
});

test("every section that is accepted though oversized or doubled is measured whole", () => {
  const big = SOUND_SECTIONS.map((section) =>
    section.type === 2 ? { gpa: 0x100_0000, size: 0x2000, type: 2 } : section,
  );
  const doubled = [...SOUND_SECTIONS, { gpa: 0x100_0000, size: 0x1000, type: 3 }];
  for (const [sections, id, pageType] of [
    [big, "firmware.section.oversized", "SECRETS"],
    [doubled, "firmware.section.duplicate", "CPUID"],
  ] as const) {
    const { steps } = snpPlan(accepting(launchOf({ sections }), id));
    const pages = steps
      .filter((step) => step.pageType === pageType)
      .reduce((sum, { size }) => sum + size / 4096, 0);
    assert.equal(pages, 2, id);
  }
});

test("of duplicate GUIDs none is chosen silently; accepted, QEMU's choice is measured", () => {
  const data = SEV_ES_RESET_BLOCK.encode({ resetEip: 0x1234_5678 });
  const entries = [{ guid: FOOTER_GUIDS.SEV_ES_RESET_BLOCK, data }];
  const id = "firmware.footer.duplicate-guid";
  const launch = launchOf({ entries });
  for (const digest of [snp, seves]) assert.throws(() => digest(launch), unsuitable(id));
  const { steps } = snpPlan(accepting(launch, id));
  const { steps: nearest } = snpPlan(launchOf({ resetEip: 0x1234_5678 }));
  assert.deepEqual(steps.at(-1), nearest.at(-1));
});

test("any blob of whole pages is measured for SEV: it needs no footer table", () => {
  const blob = new Uint8Array(8192).fill(3);
  assert.equal(sev(launchOf({}, { firmware: readFirmware(blob) })), hexEncode(sha256(blob)));
});

test("a variable store, disk or other file in place of the firmware is refused", () => {
  const firmware = readFirmware(new Uint8Array(540_672));
  assert.throws(
    () => snp(launchOf({}, { firmware })),
    unsuitable("firmware.sev-metadata.missing", "firmware.reset-block.missing"),
  );
  assert.throws(
    () => seves(launchOf({}, { firmware })),
    unsuitable("firmware.reset-block.missing"),
  );
});

test("a kernel with firmware that has no room for its hashes is refused, in every mode", () => {
  const launch = launchOf({ hashTable: { base: 0, size: 0 } }, { kernelHashes: KERNEL_HASHES });
  const table = "firmware.hash-table.unsupported";
  assert.throws(() => sev(launch), unsuitable(table));
  assert.throws(() => seves(launch), unsuitable(table));
  assert.throws(() => snp(launch), unsuitable(table, "firmware.kernel-hashes.section-mismatch"));
});

test("without kernel hashes the section is ZERO, whatever kernel the host passes", () => {
  const without = snpPlan(launchOf()).steps.find(({ gpa }) => gpa === 0x81_0000)!;
  assert.equal(without.pageType, "ZERO");
  const launch = launchOf({}, { kernelHashes: KERNEL_HASHES });
  const given = snpPlan(launch).steps.find(({ gpa }) => gpa === 0x81_0000)!;
  assert.equal(given.pageType, "NORMAL");
  assert.notEqual(snp(launch), snp(launchOf()));
});
