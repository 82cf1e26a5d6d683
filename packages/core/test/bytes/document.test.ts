// SPDX-License-Identifier: Apache-2.0
// documentLayout(): the Markdown of a layout.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  at,
  bits,
  documentLayout,
  enumeration,
  gated,
  guid,
  mbz,
  struct,
  u16,
  u8,
} from "../../src/bytes/index.ts";

const LAYOUT = struct(
  "ENTRY",
  { size: 0x18, source: "Document 1, table 2", endian: "big" },
  {
    id: at(0x00, guid(), "which entry this is"),
    kind: at(0x10, enumeration(u8, { CODE: 1, DATA: 2 }), "CODE | DATA"),
    flags: at(0x11, bits(u8, { on: 0, level: [3, 1] })),
    reserved: at(0x12, mbz(4)),
    size: at(0x16, gated({ from: 2, to: 3 }, u16), "bytes"),
  },
);

test("citation, field table and named values", () => {
  assert.equal(
    documentLayout(LAYOUT),
    [
      "## ENTRY",
      "",
      "24 bytes, big-endian. Source: Document 1, table 2.",
      "",
      "| offset | size | field | type | meaning |",
      "|---|---|---|---|---|",
      "| 0x000 | 16 | id | GUID | which entry this is |",
      "| 0x010 | 1 | kind | u8 | CODE \\| DATA |",
      "| 0x011 | 1 | flags | u8 bits |  |",
      "| 0x012 | 4 | reserved | mbz[4] |  |",
      "| 0x016 | 2 | size | u16 (version 2-3) | bytes |",
      "",
      "`kind`: `0x1` CODE, `0x2` DATA.",
      "",
      "`flags`: `bit 0` on, `bit 3:1` level.",
      "",
    ].join("\n"),
  );
});
