// SPDX-License-Identifier: Apache-2.0
// Small firmware images for seeds: put together with the project's own encoders, and the ends of
// the real images the repository carries.

import { guidEncode } from "../../packages/core/src/bytes/index.ts";
import {
  AREA,
  FOOTER_ENTRY,
  FOOTER_GUIDS,
  IGVM_METADATA_HEADER,
  IGVM_METADATA_SECTION,
  METADATA_OFFSET,
  SEV_ES_RESET_BLOCK,
  SEV_METADATA_HEADER,
  SEV_METADATA_SECTION,
  SVSM_INFO,
} from "../../packages/core/src/firmware/index.ts";
import type { FooterGuidName } from "../../packages/core/src/firmware/index.ts";
import { fixtureFirmware, fixtureRows } from "../../fixtures/load.ts";
import { concat } from "./support.ts";

type Entry = readonly [name: FooterGuidName, data: Uint8Array];

function entry([name, data]: Entry): Uint8Array {
  const length = data.length + FOOTER_ENTRY.size;
  return concat(data, FOOTER_ENTRY.encode({ length, guid: FOOTER_GUIDS[name] }));
}

/** An image that ends in a footer table of these entries; `blocks` stand at their offsets. */
function image(
  size: number,
  entries: readonly Entry[],
  blocks: readonly (readonly [offset: number, data: Uint8Array])[],
): Uint8Array {
  const body = concat(...entries.map(entry));
  const length = body.length + FOOTER_ENTRY.size;
  const footer = FOOTER_ENTRY.encode({ length, guid: FOOTER_GUIDS.OVMF_TABLE_FOOTER });
  const whole = new Uint8Array(size);
  for (const [offset, data] of blocks) whole.set(data, offset);
  whole.set(body, size - 32 - length);
  whole.set(footer, size - 32 - footer.length);
  return whole;
}

const fromEnd = (distance: number): Uint8Array => METADATA_OFFSET.encode({ fromEnd: distance });

const SECTIONS = [
  { gpa: 0x80_0000, size: 0x9000, type: 1 },
  { gpa: 0x80_9000, size: 0x1000, type: 2 },
  { gpa: 0x80_a000, size: 0x1000, type: 3 },
  { gpa: 0x80_b000, size: 0x1000, type: 0x10 },
] as const;

const SEV_METADATA = concat(
  SEV_METADATA_HEADER.encode({ length: 16 + 12 * SECTIONS.length, count: SECTIONS.length }),
  ...SECTIONS.map((section) => SEV_METADATA_SECTION.encode(section)),
);
const IGVM_METADATA = concat(
  IGVM_METADATA_HEADER.encode({ length: 16 + 12 * 2, count: 2 }),
  IGVM_METADATA_SECTION.encode({ base: 0x81_0000, size: 0x2000, type: 0x100 }),
  IGVM_METADATA_SECTION.encode({ base: 0, size: 0x1000, type: 0x101 }),
);

const RESET: Entry = ["SEV_ES_RESET_BLOCK", SEV_ES_RESET_BLOCK.encode({ resetEip: 0x80_b004 })];

/** One page with everything in it: sound for every use. */
export const COMPLETE = image(
  4096,
  [
    ["SEV_LAUNCH_SECRET", AREA.encode({ base: 0x80_c000, size: 0x1000 })],
    ["SEV_HASH_TABLE", AREA.encode({ base: 0x80_bc00, size: 0x400 })],
    ["SEV_METADATA", fromEnd(2048)],
    ["IGVM_METADATA", fromEnd(1024)],
    RESET,
  ],
  [
    [2048, SEV_METADATA],
    [3072, IGVM_METADATA],
  ],
);

/** An SVSM binary before IGVM. */
export const SVSM = image(
  4096,
  [
    ["SVSM_INFO", SVSM_INFO.encode({ launchOffset: 0x100 })],
    ["SEV_METADATA", fromEnd(2048)],
  ],
  [[2048, SEV_METADATA]],
);

/** The form of 2021: one reset block at the footer's place. */
const LONE = new Uint8Array(128);
LONE.set(entry(RESET), 128 - 32 - entry(RESET).length);

/** Longest image: the tables of a real one all stand in its last 8 KiB. */
export const IMAGE_LENGTH = 8192;

/** Everything above, a table of one entry, no table at all, and the ends of real images. */
export function imageSeeds(): Uint8Array[] {
  const real = fixtureRows.map(({ name }) => fixtureFirmware(name).slice(-IMAGE_LENGTH));
  return [COMPLETE, SVSM, LONE, image(256, [RESET], []), new Uint8Array(4096), ...real];
}

/** What is worth inserting into an image: GUIDs and signatures. */
export const IMAGE_WORDS: readonly Uint8Array[] = [
  ...Object.values(FOOTER_GUIDS).map((guid) => guidEncode(guid)),
  SEV_METADATA.slice(0, 4),
  IGVM_METADATA.slice(0, 4),
  SEV_METADATA,
  entry(RESET),
];
