// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes are, a firmware is read and judged, or refused with a LayoutError.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { LayoutError } from "../../src/bytes/index.ts";
import {
  SEV_SECTION_TYPES,
  checkFirmware,
  checkFirmwareFor,
  readFirmware,
} from "../../src/firmware/index.ts";
import { FINDINGS } from "../../src/finding/index.ts";
import type { SevMetadataSection } from "../../src/firmware/index.ts";
import { buildFirmware, buildSvsm } from "../support/firmware-builder.ts";

/** Reads and judges; only LayoutErrors are allowed out. */
function survives(bytes: Uint8Array): void {
  try {
    const image = readFirmware(bytes);
    for (const { id, title } of checkFirmware(image)) {
      assert.ok(Object.hasOwn(FINDINGS, id));
      assert.notEqual(title, "");
    }
  } catch (error) {
    assert.ok(error instanceof LayoutError, String(error));
  }
}

const SEEDS = [
  buildFirmware({ size: 4096 }),
  buildFirmware({ size: 4096, igvmSections: [{ base: 0x81_2000, size: 0x1000, type: 0x100 }] }),
  buildFirmware({ size: 4096, lone: true, sections: null }),
  buildSvsm({ size: 4096 }),
];

test("random bytes are survived", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), survives));
});

test("sound images with some bytes of their tables changed are survived", () => {
  const changes = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.constantFrom(...SEEDS), changes, (seed, list) => {
      const bytes = seed.slice();
      for (const [fromEnd, value] of list) bytes[bytes.length - 1 - fromEnd] = value;
      survives(bytes);
    }),
    { numRuns: 500 },
  );
});

test("sound images cut off at either end are survived", () => {
  fc.assert(
    fc.property(fc.constantFrom(...SEEDS), fc.nat(4096), fc.nat(4096), (seed, start, length) => {
      survives(seed.subarray(start, start + length));
    }),
    { numRuns: 300 },
  );
});

const pages = fc.nat(0xf_ffff).map((page) => page * 4096);
const plain = { noNullPrototype: true } as const;
const types = fc.constantFrom(...Object.values(SEV_SECTION_TYPES));

test("sections overlap exactly when two of them share a page", () => {
  const section = fc.record({
    gpa: fc.nat(40).map((page) => page * 4096),
    size: fc.integer({ min: 1, max: 4 }).map((n) => n * 4096),
    type: types,
  });
  fc.assert(
    fc.property(fc.array(section, { maxLength: 8 }), (sections) => {
      const covered = sections.flatMap(({ gpa, size }) =>
        Array.from({ length: size / 4096 }, (_, i) => gpa / 4096 + i),
      );
      const shared = new Set(covered).size < covered.length;
      const image = readFirmware(buildFirmware({ sections }));
      const ids = checkFirmwareFor(image, { mode: "snp" }).map(({ id }) => id);
      assert.equal(ids.includes("firmware.section.overlap"), shared);
    }),
  );
});

test("what is built is what is read", () => {
  const sections: fc.Arbitrary<readonly SevMetadataSection[]> = fc.array(
    fc.record({ gpa: pages, size: pages, type: types }, plain),
    { maxLength: 20 },
  );
  const u32 = fc.nat(0xffff_ffff);
  const area = fc.option(fc.record({ base: u32, size: u32 }, plain));
  const spec = fc.record(
    {
      sections: fc.option(sections),
      resetEip: fc.option(u32),
      hashTable: area,
      secret: area,
      svsmLaunchOffset: fc.option(u32),
    },
    plain,
  );
  fc.assert(
    fc.property(spec, (wanted) => {
      const {
        sections: found,
        resetEip,
        hashTable,
        secret,
        svsmLaunchOffset,
      } = readFirmware(buildFirmware(wanted));
      assert.deepEqual({ sections: found, resetEip, hashTable, secret, svsmLaunchOffset }, wanted);
    }),
  );
});
