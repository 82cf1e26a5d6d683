// SPDX-License-Identifier: Apache-2.0
// AMD's extensions of VCEK and VLEK certificates.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { fixtureSnp } from "../../../../fixtures/load.ts";
import { hexEncode } from "../../src/bytes/index.ts";
import { parseCertificate, readVekExtensions, tcbOfLevels } from "../../src/endorsement/index.ts";
import { VCEK_VALUES, ascii, buildVek, integer, octets, tlv } from "../support/der-builder.ts";

type Values = Readonly<Record<string, Uint8Array | undefined>>;
const read = (values: Values, order?: string[]) =>
  readVekExtensions(parseCertificate(buildVek(values, order)));
const refused = (values: Values, problem: { code: string; field?: string }) =>
  assert.throws(() => read({ ...VCEK_VALUES, ...values }), { name: "LayoutError", ...problem });

/** A Turin VCEK. */
const TURIN: Values = {
  ...VCEK_VALUES,
  "3.4": undefined,
  "1": integer(1),
  "2": tlv(0x16, ascii("Turin")),
  "3.9": integer(1),
  "4": new Uint8Array(8).fill(0x04),
};

test("a real VCEK of structure version 0", () => {
  const extensions = readVekExtensions(parseCertificate(fixtureSnp("milan.vcek.der")));
  const { hwId, ...rest } = extensions;
  assert.deepEqual(rest, {
    structVersion: 0,
    productName: "Milan-B0",
    spl: { bl: 3, tee: 0, snp: 8, ucode: 115, spl4: 0, spl5: 0, spl6: 0, spl7: 0 },
    unknown: [],
  });
  assert.equal(hwId?.length, 64);
  assert.ok(hexEncode(hwId).startsWith("d49554ec717f4e5b"));
  assert.deepEqual(tcbOfLevels(rest.spl), { bootloader: 3, tee: 0, snp: 8, microcode: 115 });
});

test("a real VCEK of structure version 1: FMC, no spl_4, a hwID of 8 bytes", () => {
  const extensions = readVekExtensions(parseCertificate(fixtureSnp("turin.vcek.der")));
  const { hwId, ...rest } = extensions;
  assert.deepEqual(rest, {
    structVersion: 1,
    productName: "Turin",
    spl: { bl: 0, tee: 0, snp: 0, ucode: 9, fmc: 0, spl5: 0, spl6: 0, spl7: 0 },
    unknown: [],
  });
  assert.equal(hexEncode(hwId!), "1e550a8ee5cf9f4d");
  assert.deepEqual(tcbOfLevels(rest.spl), {
    fmc: 0,
    bootloader: 0,
    tee: 0,
    snp: 0,
    microcode: 9,
  });
});

describe("hwID is told from a wrapped one by its length, never by its first byte", () => {
  for (const [title, values, length] of [
    ["64 bytes", VCEK_VALUES, 64],
    ["8 bytes", TURIN, 8],
  ] as const) {
    test(title, () => {
      // Identifiers that look like the beginning of an OCTET STRING or INTEGER.
      for (const start of [
        [0x04, length],
        [0x04, length - 2],
        [0x02, length - 2],
      ]) {
        const id = new Uint8Array(length).fill(0x77);
        id.set(start);
        assert.deepEqual(read({ ...values, "4": id }).hwId, id);
        assert.deepEqual(read({ ...values, "4": octets(id) }).hwId, id);
      }
      for (const wrong of [0, length - 1, length + 1, length + 3]) {
        refused({ ...values, "4": new Uint8Array(wrong) }, { code: "bad-length", field: "hwID" });
      }
      const notWrapped = new Uint8Array(length + 2).fill(0x04);
      refused({ ...values, "4": notWrapped }, { code: "bad-length", field: "hwID" });
    });
  }

  test("each structure version has a length of its own", () => {
    refused({ "4": new Uint8Array(8) }, { code: "bad-length" });
    assert.throws(() => read({ ...TURIN, "4": new Uint8Array(64) }), { code: "bad-length" });
  });
});

test("numbers from 128 on have a leading zero, and end at 255", () => {
  assert.equal(read(VCEK_VALUES).spl.ucode, 0x83);
  assert.equal(read({ ...VCEK_VALUES, "3.8": integer(0, 255) }).spl.ucode, 255);
  for (const value of [integer(1, 0), integer(0x83), Uint8Array.of(2, 0), Uint8Array.of(0x83)]) {
    assert.throws(() => read({ ...VCEK_VALUES, "3.8": value }), { name: "LayoutError" });
  }
  refused({ "3.8": Uint8Array.of(2, 1, 5, 0) }, { code: "trailing-bytes" });
});

test("the order does not matter", () => {
  const whole = read(VCEK_VALUES);
  fc.assert(
    fc.property(
      fc.shuffledSubarray(Object.keys(VCEK_VALUES), { minLength: Object.keys(VCEK_VALUES).length }),
      (order) => assert.deepEqual(read(VCEK_VALUES, order), whole),
    ),
    { numRuns: 50 },
  );
});

test("duplicates are refused", () => {
  const order = [...Object.keys(VCEK_VALUES), "3.1"];
  assert.throws(() => read(VCEK_VALUES, order), {
    reason: "has the extension 1.3.6.1.4.1.3704.1.3.1 twice",
  });
});

test("each that is missing is named; only hwID and cspID may be", () => {
  for (const [end, field] of [
    ["1", "structVersion"],
    ["2", "productName"],
    ["3.1", "blSPL"],
    ["3.2", "teeSPL"],
    ["3.3", "snpSPL"],
    ["3.4", "spl4SPL"],
    ["3.5", "spl5SPL"],
    ["3.6", "spl6SPL"],
    ["3.7", "spl7SPL"],
    ["3.8", "ucodeSPL"],
  ] as const) {
    refused({ [end]: undefined }, { code: "not-found", field });
  }
  assert.throws(() => read({ ...TURIN, "3.9": undefined }), { field: "fmcSPL", code: "not-found" });
  const none = read({ ...VCEK_VALUES, "4": undefined });
  assert.equal(none.hwId, undefined);
  assert.equal(none.cspId, undefined);
});

test("those of the other structure version are refused, and unknown versions", () => {
  refused({ "3.9": integer(0) }, { code: "unknown-value", field: "fmcSPL" });
  assert.throws(() => read({ ...TURIN, "3.4": integer(0) }), {
    code: "unknown-value",
    field: "spl4SPL",
  });
  refused({ "1": integer(2) }, { code: "unsupported-version", field: "structVersion" });
});

test("a VLEK has cspID in place of hwID", () => {
  const cspID = tlv(0x16, ascii("CN=cc-us-east-2.amazonaws.com"));
  const { hwId, cspId } = read({ ...VCEK_VALUES, "4": undefined, "5": cspID });
  assert.equal(hwId, undefined);
  assert.equal(cspId, "CN=cc-us-east-2.amazonaws.com");
  refused({ "5": tlv(0x0c, ascii("x")) }, { code: "bad-der" });
  refused({ "2": tlv(0x16, ascii("Milan\n")) }, { code: "bad-text" });
});

test("unknown ones of AMD's arc are listed, others are nobody's business here", () => {
  const { unknown } = read({ ...VCEK_VALUES, "6": integer(1), "3.10": integer(1) });
  assert.deepEqual(unknown, ["1.3.6.1.4.1.3704.1.6", "1.3.6.1.4.1.3704.1.3.10"]);
});
