// SPDX-License-Identifier: Apache-2.0
// TCB versions of both layouts, compared part by part.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { hexDecode, hexEncode } from "../../src/bytes/index.ts";
import {
  PRODUCT_LINES,
  TCB_PARTS,
  decodeTcb,
  encodeTcb,
  formatTcb,
  tcbPartsBelow,
  tcbPartsDiffering,
} from "../../src/evidence/index.ts";
import type { ProductLine } from "../../src/evidence/index.ts";
import { refusal } from "./support.ts";

const LINES = Object.keys(PRODUCT_LINES) as ProductLine[];

test("real TCB versions of both layouts", () => {
  assert.deepEqual(decodeTcb(hexDecode("0a00000000001754"), "Genoa"), {
    tcb: { bootloader: 10, tee: 0, snp: 23, microcode: 84 },
    reserved: [],
  });
  assert.deepEqual(decodeTcb(hexDecode("0101010400000051"), "Turin"), {
    tcb: { fmc: 1, bootloader: 1, tee: 1, snp: 4, microcode: 81 },
    reserved: [],
  });
});

test("the layout of one line shows on the other as reserved bytes", () => {
  assert.deepEqual(decodeTcb(hexDecode("0101010400000051"), "Milan").reserved, [2, 3]);
  assert.deepEqual(decodeTcb(hexDecode("0a00000000001754"), "Turin").reserved, [6]);
});

test("encode is the inverse of decode, on every line", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...LINES),
      fc.uint8Array({ minLength: 8, maxLength: 8 }),
      (line, bytes) => {
        const { tcb, reserved } = decodeTcb(bytes, line);
        const expected = Uint8Array.from(bytes);
        for (const at of reserved) expected[at] = 0;
        assert.equal(hexEncode(encodeTcb(tcb, line)), hexEncode(expected));
      },
    ),
  );
});

test("parts that a line does not have, and numbers that are no bytes, are refused", () => {
  const milan = { bootloader: 1, tee: 0, snp: 2, microcode: 3 };
  assert.equal(
    refusal(() => encodeTcb(milan, "Turin")),
    "out-of-range",
  );
  assert.equal(
    refusal(() => encodeTcb({ ...milan, fmc: 0 }, "Milan")),
    "out-of-range",
  );
  for (const wrong of [256, -1, 1.5, Number.NaN]) {
    assert.equal(
      refusal(() => encodeTcb({ ...milan, snp: wrong }, "Milan")),
      "out-of-range",
    );
  }
  assert.equal(
    refusal(() => decodeTcb(new Uint8Array(7), "Milan")),
    "bad-length",
  );
});

test("trap 9: parts are compared one by one, never as an integer", () => {
  // As an integer the first is larger, and its boot loader is older.
  const newer = { bootloader: 1, tee: 0, snp: 9, microcode: 200 };
  const floor = { bootloader: 4, tee: 0, snp: 9, microcode: 100 };
  assert.deepEqual(tcbPartsBelow(newer, floor), ["bootloader"]);
  assert.deepEqual(tcbPartsBelow(newer, { microcode: 200 }), []);
  assert.deepEqual(tcbPartsBelow(newer, { fmc: 0 }), ["fmc"]);
  assert.deepEqual(tcbPartsDiffering(newer, floor), ["bootloader", "microcode"]);
  assert.deepEqual(tcbPartsDiffering(newer, newer), []);
});

test("as text", () => {
  assert.equal(TCB_PARTS.length, 5);
  assert.equal(
    formatTcb({ fmc: 1, bootloader: 2, tee: 3, snp: 4, microcode: 5 }),
    "fmc 1, bootloader 2, tee 3, snp 4, microcode 5",
  );
  assert.equal(formatTcb({ snp: 0 }), "snp 0");
  assert.equal(formatTcb({}), "");
});
