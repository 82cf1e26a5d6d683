// SPDX-License-Identifier: Apache-2.0
// The judge of firmware images: each defect gives its finding, a sound image none.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  FOOTER_GUIDS,
  SEV_ES_RESET_BLOCK,
  checkFirmware,
  checkFirmwareFor,
  readFirmware,
  sectionTypeName,
} from "../../src/firmware/index.ts";
import type { FirmwareUse, SevMetadataSection } from "../../src/firmware/index.ts";
import type { Finding } from "../../src/finding/index.ts";
import { SOUND_SECTIONS, buildFirmware } from "../support/firmware-builder.ts";
import type { FirmwareSpec } from "../support/firmware-builder.ts";

const ALL: FirmwareUse = { mode: "snp", vcpus: 2, kernelHashes: true };

function findings(spec: FirmwareSpec, use: FirmwareUse = ALL): readonly Finding[] {
  return checkFirmwareFor(readFirmware(buildFirmware(spec)), use);
}

function failed(spec: FirmwareSpec, use: FirmwareUse = ALL): readonly string[] {
  return findings(spec, use)
    .filter(({ outcome }) => outcome === "fail")
    .map(({ id }) => id);
}

/** The sound sections with the one of a type changed, or taken away. */
function withSection(
  type: number,
  change: Partial<SevMetadataSection> | null,
): { readonly sections: readonly SevMetadataSection[] } {
  const index = SOUND_SECTIONS.findIndex((section) => section.type === type);
  const changed = change === null ? [] : [{ ...SOUND_SECTIONS[index]!, ...change }];
  return { sections: SOUND_SECTIONS.toSpliced(index, 1, ...changed) };
}

const plus = (section: SevMetadataSection): FirmwareSpec => ({
  sections: [...SOUND_SECTIONS, section],
});

test("a sound image passes every check of every use", () => {
  for (const mode of ["sev", "seves", "snp"] as const) {
    const all = findings({}, { mode, vcpus: 512, kernelHashes: true });
    assert.ok(all.length > 0);
    for (const { id, outcome } of all) assert.equal(outcome, "pass", `${mode} ${id}`);
  }
});

test("a finding says what was wanted, where it comes from, and a hint only where one is needed", () => {
  for (const finding of [...findings({}), ...findings(withSection(3, { size: 0 }))]) {
    assert.match(finding.id, /^firmware(\.[a-z-]+)+$/);
    assert.ok(finding.title.length > 10 && finding.source!.length > 10);
    if (finding.outcome === "pass") assert.equal(finding.hint, undefined, finding.id);
  }
});

// One row: the finding, and a spec that has this defect and no other.
const DEFECTS: readonly (readonly [id: string, spec: FirmwareSpec])[] = [
  ["firmware.section.empty", plus({ gpa: 0, size: 0, type: 1 })],
  ["firmware.section.empty", withSection(4, { size: 0 })],
  ["firmware.section.unaligned", withSection(4, { gpa: 0x80_f800, size: 0x800 })],
  ["firmware.section.unaligned", withSection(4, { size: 0xfff })],
  ["firmware.section.unknown-type", withSection(4, { type: 0x101 })],
  ["firmware.section.unknown-type", withSection(4, { type: 5 })],
  ["firmware.section.unknown-type", withSection(4, { type: 0 })],
  ["firmware.section.oversized", withSection(2, { gpa: 0x100_0000, size: 0x2000 })],
  ["firmware.section.oversized", withSection(3, { gpa: 0x100_0000, size: 0x2000 })],
  ["firmware.section.overlap", plus({ gpa: 0x80_8000, size: 0x1000, type: 1 })],
  ["firmware.section.overlap", plus({ gpa: 0x80_0000, size: 0x1000, type: 1 })],
  ["firmware.section.overlap", plus({ gpa: 0xffff_e000, size: 0x1000, type: 1 })],
  ["firmware.section.overlap", plus({ gpa: 0xffff_f000, size: 0x1000, type: 1 })],
  ["firmware.section.missing", withSection(2, null)],
  ["firmware.section.missing", withSection(3, null)],
  ["firmware.section.duplicate", plus({ gpa: 0x100_0000, size: 0x1000, type: 2 })],
  ["firmware.section.duplicate", plus({ gpa: 0x100_0000, size: 0x1000, type: 3 })],
  ["firmware.size.unaligned", { size: 8191 }],
  ["firmware.size.unaligned", { size: 4096 + 2048 }],
  ["firmware.sev-metadata.missing", { sections: null }],
  ["firmware.reset-block.missing", { resetEip: null }],
  ["firmware.reset-block.zero", { resetEip: 0 }],
  ["firmware.hash-table.unsupported", { hashTable: null }],
  ["firmware.hash-table.unsupported", { hashTable: { base: 0, size: 0 } }],
  ["firmware.hash-table.unsupported", { hashTable: { base: 0x81_0c00, size: 175 } }],
  ["firmware.kernel-hashes.section-missing", withSection(0x10, null)],
  ["firmware.kernel-hashes.section-mismatch", { hashTable: { base: 0x81_0f51, size: 0x400 } }],
  ["firmware.kernel-hashes.section-mismatch", { hashTable: { base: 0x90_0c00, size: 0x400 } }],
  ["firmware.kernel-hashes.section-mismatch", withSection(0x10, { gpa: 0x100_0000, size: 0x2000 })],
];

test("each defect gives its finding and no finding it does not explain", () => {
  // A table without an area also lies in no section; an image without metadata has no section.
  const follows: Readonly<Record<string, readonly string[]>> = {
    "firmware.hash-table.unsupported": ["firmware.kernel-hashes.section-mismatch"],
    "firmware.sev-metadata.missing": ["firmware.kernel-hashes.section-missing"],
  };
  for (const [id, spec] of DEFECTS) {
    assert.deepEqual(failed(spec), [id, ...(follows[id] ?? [])], JSON.stringify(spec));
  }
});

test("the table may stand at the very end of its page, and needs exactly 176 bytes", () => {
  assert.deepEqual(failed({ hashTable: { base: 0x81_0f50, size: 176 } }), []);
});

test("every defect is reported, not the first", () => {
  const ids = failed({
    sections: [
      { gpa: 0x1001, size: 0, type: 9 },
      { gpa: 0xffff_f000, size: 0x2000, type: 2 },
    ],
    resetEip: 0,
  });
  const section = [
    "empty",
    "unaligned",
    "unknown-type",
    "out-of-range",
    "oversized",
    "overlap",
    "missing",
  ];
  assert.deepEqual(
    new Set(ids),
    new Set([
      ...section.map((name) => `firmware.section.${name}`),
      "firmware.reset-block.zero",
      "firmware.kernel-hashes.section-missing",
    ]),
  );
});

test("SEV needs neither metadata nor reset block, SEV-ES no metadata", () => {
  assert.deepEqual(failed({ sections: null, resetEip: null }, { mode: "sev" }), []);
  assert.deepEqual(failed({ sections: null }, { mode: "seves", vcpus: 2 }), []);
  assert.deepEqual(failed({ resetEip: null }, { mode: "seves", vcpus: 1 }), [
    "firmware.reset-block.missing",
  ]);
});

test("a reset address of zero stands in the way of a second vCPU only", () => {
  assert.deepEqual(failed({ resetEip: 0 }, { mode: "snp", vcpus: 1 }), []);
  const warned = findings({ resetEip: 0 }, { mode: "snp", vcpus: 1 });
  const { outcome } = warned.find(({ id }) => id === "firmware.reset-block.zero")!;
  assert.equal(outcome, "warn");
  for (const mode of ["snp", "seves"] as const) {
    assert.deepEqual(failed({ resetEip: 0 }, { mode, vcpus: 2 }), ["firmware.reset-block.zero"]);
  }
});

test("an empty or oddly sized file is refused in every mode", () => {
  const empty = readFirmware(new Uint8Array(0));
  for (const mode of ["sev", "seves", "snp"] as const) {
    const ids = checkFirmwareFor(empty, { mode }).filter(({ outcome }) => outcome === "fail");
    assert.ok(
      ids.some(({ id }) => id === "firmware.size.unaligned"),
      mode,
    );
    assert.ok(failed({ size: 5000 }, { mode }).includes("firmware.size.unaligned"), mode);
  }
});

test("duplicate GUIDs are refused where an entry is used, each with its place", () => {
  const guid = FOOTER_GUIDS.SEV_ES_RESET_BLOCK;
  const data = SEV_ES_RESET_BLOCK.encode({ resetEip: 1 });
  const spec = { entries: [{ guid, data }] };
  const id = "firmware.footer.duplicate-guid";
  assert.deepEqual(failed(spec), [id]);
  assert.deepEqual(failed(spec, { mode: "seves" }), [id]);
  assert.deepEqual(failed(spec, { mode: "sev", kernelHashes: true }), [id]);
  assert.deepEqual(failed(spec, { mode: "sev" }), []);
  const image = readFirmware(buildFirmware(spec));
  const [duplicate] = checkFirmwareFor(image, ALL);
  assert.equal(duplicate!.where!.offset, image.footer!.entries[1]!.offset);
});

test("showing an image lists missing measured boot as a property, not a defect", () => {
  const all = checkFirmware(readFirmware(buildFirmware({ hashTable: null })));
  const outcomeOf = (id: string): string => all.find((finding) => finding.id === id)!.outcome;
  assert.equal(outcomeOf("firmware.hash-table.unsupported"), "skipped");
  assert.equal(outcomeOf("firmware.footer.missing"), "pass");
});

test("showing a file that is no firmware says so first", () => {
  const [first] = checkFirmware(readFirmware(new Uint8Array(8192)));
  assert.deepEqual([first!.id, first!.outcome], ["firmware.footer.missing", "fail"]);
  assert.match(first!.hint!, /OVMF/);
});

test("section types have names, unknown ones their number", () => {
  assert.equal(sectionTypeName(0x10), "SNP_KERNEL_HASHES");
  assert.equal(sectionTypeName(0x101), "type 0x101");
});
