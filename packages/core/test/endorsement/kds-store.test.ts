// SPDX-License-Identifier: Apache-2.0
// File names of a folder that stands in for the KDS, VCEKs under those of Trustee's offline store.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LayoutError, hexEncode } from "../../src/bytes/index.ts";
import { parseStorePath, storePath, vcekStorePaths } from "../../src/endorsement/kds-store.ts";

const CHIP = new Uint8Array(64).fill(0xcd);
const SHORT_CHIP = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);

test("a VCEK lies where Trustee looks for it: numbers of two digits or more", () => {
  const tcb = { bootloader: 3, tee: 0, snp: 8, microcode: 115 };
  assert.equal(
    storePath({ kind: "VCEK", line: "Milan", hwId: CHIP, tcb }),
    `vcek/${hexEncode(CHIP)}/bl03_tee00_snp08_ucode115_vcek.der`,
  );
});

test("on Turin fmc stands behind the others", () => {
  const tcb = { fmc: 1, bootloader: 1, tee: 1, snp: 4, microcode: 81 };
  assert.equal(
    storePath({ kind: "VCEK", line: "Turin", hwId: SHORT_CHIP, tcb }),
    "vcek/0102030405060708/bl01_tee01_snp04_ucode81_fmc01_vcek.der",
  );
});

test("a single vcek.der is looked at when there is none for the TCB", () => {
  const tcb = { bootloader: 3, tee: 0, snp: 8, microcode: 115 };
  const chip = hexEncode(CHIP);
  assert.deepEqual(vcekStorePaths({ line: "Genoa", hwId: CHIP, tcb }), [
    `vcek/${chip}/bl03_tee00_snp08_ucode115_vcek.der`,
    `vcek/${chip}/vcek.der`,
  ]);
  assert.deepEqual(parseStorePath(`vcek/${chip}/vcek.der`), { kind: "VCEK", hwId: CHIP });
});

test("chains and lists say line and kind", () => {
  for (const endorser of ["vcek", "vlek"] as const) {
    for (const kind of ["CRL", "cert_chain"] as const) {
      const address = { kind, line: "Genoa", endorser } as const;
      assert.deepEqual(parseStorePath(storePath(address)), address);
    }
  }
});

test("names of VCEKs read back", () => {
  const byte = fc.integer({ min: 0, max: 255 });
  const numbers = fc.record(
    { bootloader: byte, tee: byte, snp: byte, microcode: byte },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(numbers, fc.option(byte, { nil: undefined }), (rest, fmc) => {
      const line = fmc === undefined ? "Milan" : "Turin";
      const hwId = fmc === undefined ? CHIP : SHORT_CHIP;
      const tcb = fmc === undefined ? rest : { fmc, ...rest };
      assert.deepEqual(parseStorePath(storePath({ kind: "VCEK", line, hwId, tcb })), {
        kind: "VCEK",
        hwId,
        tcb,
      });
    }),
  );
});

const chip = hexEncode(CHIP);
const REFUSED: readonly (readonly [what: string, path: string, code: string])[] = [
  ["nothing", "", "bad-text"],
  ["a way out of the folder", `vcek/../${chip}/vcek.der`, "bad-text"],
  ["an unknown line", "crl/Rome-vcek.crl", "bad-text"],
  ["a list that is PEM", "crl/Milan-vcek.pem", "bad-text"],
  ["numbers of one digit", `vcek/${chip}/bl3_tee00_snp08_ucode115_vcek.der`, "bad-text"],
  ["three digits where two do", `vcek/${chip}/bl003_tee00_snp08_ucode115_vcek.der`, "out-of-range"],
  ["a number above 255", `vcek/${chip}/bl03_tee00_snp08_ucode256_vcek.der`, "out-of-range"],
  ["fmc on a long chip id", `vcek/${chip}/bl03_tee00_snp08_ucode15_fmc01_vcek.der`, "bad-text"],
  [
    "no fmc on a short chip id",
    "vcek/0102030405060708/bl03_tee00_snp08_ucode15_vcek.der",
    "bad-text",
  ],
  ["a chip id of no line", "vcek/0102/vcek.der", "bad-length"],
  ["a chip id in upper case", `vcek/${chip.toUpperCase()}/vcek.der`, "bad-text"],
];
for (const [what, path, code] of REFUSED) {
  test(`refused as a name: ${what}`, () => {
    assert.throws(
      () => parseStorePath(path),
      (error) => error instanceof LayoutError && error.code === code,
    );
  });
}
