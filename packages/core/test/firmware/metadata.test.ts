// SPDX-License-Identifier: Apache-2.0
// SEV and IGVM metadata: what is read out of them, and every way in which they can be malformed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readFirmware } from "../../src/firmware/index.ts";
import type { SevMetadataSection } from "../../src/firmware/index.ts";
import { SOUND_SECTIONS, buildFirmware } from "../support/firmware-builder.ts";
import type { FirmwareSpec } from "../support/firmware-builder.ts";

/** That reading the image fails with this code, in the SEV metadata. */
function refused(spec: FirmwareSpec, code: string, message: RegExp): void {
  assert.throws(() => readFirmware(buildFirmware(spec)), {
    name: "LayoutError",
    code,
    structure: "SEV metadata header",
    message,
  });
}

/** So many sections of one page, one after the other. */
function manySections(count: number): readonly SevMetadataSection[] {
  return Array.from({ length: count }, (_, i) => ({
    gpa: 0x100_0000 + i * 4096,
    size: 4096,
    type: 1,
  }));
}

test("sections come in file order, whatever their addresses", () => {
  for (const sections of [SOUND_SECTIONS, SOUND_SECTIONS.toReversed(), []]) {
    const image = readFirmware(buildFirmware({ sections }));
    assert.deepEqual(image.sections, sections);
    assert.deepEqual(image.sevMetadata!.sections, sections);
  }
});

test("an image without the entry has no sections, which is not the same as none listed", () => {
  assert.equal(readFirmware(buildFirmware({ sections: null })).sections, null);
  assert.deepEqual(readFirmware(buildFirmware({ sections: [] })).sections, []);
});

test("section types are kept in all their 32 bits", () => {
  const sections = [0x101, 0xffff_ffff, 0].map((type) => ({ gpa: 0x1000, size: 0x1000, type }));
  assert.deepEqual(readFirmware(buildFirmware({ sections })).sections, sections);
});

test("the IGVM metadata is read beside the SEV metadata", () => {
  const igvmSections = [
    { base: 0x81_2000, size: 0x1000, type: 0x100 },
    { base: 0, size: 0xc0, type: 0x101 },
  ];
  const image = readFirmware(buildFirmware({ igvmSections }));
  assert.deepEqual(image.igvmMetadata!.sections, igvmSections);
  assert.deepEqual(image.sections, SOUND_SECTIONS);
});

test("a wrong signature is refused", () => {
  refused({ metadataHeader: { signature: "ASEX" } }, "constant-mismatch", /must be "ASEV"/);
  refused({ metadataHeader: { signature: "IGVM" } }, "constant-mismatch", /signature/);
});

test("another version is refused, not guessed at", () => {
  for (const version of [0, 2, 0xffff_ffff]) {
    refused({ metadataHeader: { version } }, "unsupported-version", /version .* must be 0x1/);
  }
});

test("a length that does not fit the count is refused", () => {
  refused({ metadataHeader: { length: 0 } }, "bad-length", /is 0, 7 sections make 100/);
  refused({ metadataHeader: { length: 101 } }, "bad-length", /is 101, 7 sections make 100/);
  refused({ metadataHeader: { count: 6 } }, "bad-length", /is 100, 6 sections make 88/);
});

test("a count that overflows 32 bits is refused without reading anything", () => {
  refused({ metadataHeader: { count: 0xffff_ffff } }, "bad-length", /4294967295 sections make/);
  // 16 + 12 n is 0x10 modulo 2^32 for this n: a check in 32-bit arithmetic would let it through.
  refused({ metadataHeader: { count: 0x4000_0000, length: 16 } }, "bad-length", /1073741824/);
});

test("sections that reach beyond the end of the file are refused", () => {
  const count = 700;
  refused({ metadataHeader: { count, length: 16 + 12 * count } }, "truncated", /needs 8400 bytes/);
});

test("1024 sections are read, more are refused whatever the file holds", () => {
  const size = 5 * 4096;
  assert.equal(
    readFirmware(buildFirmware({ size, sections: manySections(1024) })).sections!.length,
    1024,
  );
  refused({ size, sections: manySections(1025) }, "out-of-range", /count .* is 1025, at most 1024/);
});

test("an offset outside the file is refused with a hint that the file is a part", () => {
  assert.throws(() => readFirmware(buildFirmware({ metadataFromEnd: 8193 })), {
    code: "truncated",
    message: /0x2001 bytes before the end of an image of 8192/,
    hint: /part/,
  });
  refused({ metadataFromEnd: 0xffff_ffff }, "truncated", /0xffffffff bytes before the end/);
});

test("an offset too near to the end for a header is refused", () => {
  for (const metadataFromEnd of [0, 1, 15]) {
    refused({ metadataFromEnd }, "truncated", new RegExp(`${metadataFromEnd} are there`));
  }
});
