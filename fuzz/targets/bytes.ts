// SPDX-License-Identifier: Apache-2.0
// Targets of core/bytes: text forms of bytes, and every declared layout.

import * as codec from "../../packages/core/src/bytes/index.ts";
import { LayoutError, annotate, at, struct } from "../../packages/core/src/bytes/index.ts";
import type { Struct } from "../../packages/core/src/bytes/index.ts";
import * as firmware from "../../packages/core/src/firmware/index.ts";
import * as launch from "../../packages/core/src/launch/index.ts";
import * as idBlock from "../../packages/core/src/launch/id-block/index.ts";
import type { Target } from "../engine/target.ts";
import { bytesOf, check, declared, sameBytes, shifted, textOf } from "./support.ts";

const expected = declared(LayoutError);

/** Uses the codecs that no layout of the project uses yet. */
const SAMPLE = struct(
  "fuzz sample",
  { size: 32, source: "fuzz", endian: "big", versionField: "version" },
  {
    version: at(0, codec.version(codec.u16, [1, 2, 3])),
    kind: at(2, codec.enumeration(codec.u8, { one: 1, two: 2 })),
    flags: at(3, codec.bits(codec.u8, { low: 0, range: [6, 4] })),
    wide: at(4, codec.bits(codec.u64, { first: 0, middle: [40, 20], last: 63 })),
    later: at(12, codec.gated({ from: 2 }, codec.u32)),
    only: at(16, codec.gated({ from: 1, to: 2 }, codec.u16)),
    list: at(18, codec.array(codec.bigEndian(codec.u16), 3)),
    text: at(24, codec.signature("TEXT")),
    zero: at(28, codec.mbz(4)),
  },
);

const isLayout = (value: unknown): value is Struct<unknown> =>
  typeof value === "object" && value !== null && "decodeAt" in value;

/** Every layout that the modules export, so that a new one is fuzzed without being listed here. */
const LAYOUTS: readonly Struct<unknown>[] = [
  SAMPLE,
  ...[firmware, launch, idBlock].flatMap((module) => Object.values(module).filter(isLayout)),
];

/** Decoding and annotating agree, and encoding gives the same bytes back. */
function roundTrip(layout: Struct<unknown>, data: Uint8Array): void {
  const rows = annotate(layout, data);
  let problem: LayoutError | undefined;
  try {
    const again = layout.encode(layout.decode(data));
    check(sameBytes(again, data), `${layout.name} encodes to other bytes than it was decoded from`);
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    problem = error;
  }
  const isSound = rows.every((row) => row.problem === undefined);
  if (problem?.code === "trailing-bytes") return;
  check(isSound === (problem === undefined), `annotate() and decode() differ on ${layout.name}`);
  if (problem !== undefined) throw problem;
}

/** A valid value of each layout where zeros make one, else zeros; preceded by the layout's number. */
function layoutSeeds(): Uint8Array[] {
  return LAYOUTS.map((layout, i) => {
    const seed = new Uint8Array(1 + layout.size);
    seed[0] = i;
    const body = seed.subarray(1);
    for (const part of layout.parts) {
      // Fixed fields ignore the value they are given, so this writes signatures and constants.
      const fixed = part.codec as unknown as codec.Codec<undefined>;
      if (!/ = /.test(fixed.type)) continue;
      const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
      const littleEndian = layout.endian === "little";
      const site = { littleEndian, structure: "", path: "", source: "", version: undefined };
      fixed.write(view, part.offset, undefined, site);
    }
    return seed;
  });
}

export const targets: readonly Target[] = [
  {
    name: "hex",
    text: true,
    maxLength: 512,
    seeds: () => ["", "00", "0xDEADbeef", "0123456789abcdef"].map(bytesOf),
    expected,
    run(data) {
      check(sameBytes(codec.hexDecode(codec.hexEncode(data)), data), "hex of bytes reads back");
      const text = textOf(data);
      const again = codec.hexEncode(codec.hexDecode(text));
      check(again === text.replace(/^0x/i, "").toLowerCase(), "hex text reads back");
    },
  },
  {
    name: "base64",
    text: true,
    maxLength: 512,
    seeds: () => ["", "AA==", "AAA=", "AAAA", "Zm9vYmFy+/8="].map(bytesOf),
    expected,
    run(data) {
      check(sameBytes(codec.base64Decode(codec.base64Encode(data)), data), "base64 reads back");
      const text = textOf(data);
      check(codec.base64Encode(codec.base64Decode(text)) === text, "base64 text reads back");
    },
  },
  {
    name: "guid",
    text: true,
    maxLength: 128,
    seeds: () => Object.values(firmware.FOOTER_GUIDS).map(bytesOf),
    expected,
    run(data) {
      const text = textOf(data);
      for (const order of ["efi", "rfc"] as const) {
        const again = codec.guidDecode(codec.guidEncode(text, order), order);
        check(again === text.toLowerCase(), "GUID text reads back");
      }
    },
  },
  {
    name: "layouts",
    seeds: layoutSeeds,
    expected,
    run(data) {
      const layout = LAYOUTS[(data[0] ?? 0) % LAYOUTS.length] as Struct<unknown>;
      roundTrip(layout, shifted(data.subarray(1)));
    },
  },
];
