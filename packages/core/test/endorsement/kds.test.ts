// SPDX-License-Identifier: Apache-2.0
// Addresses of the KDS: how they are written, read back, refused, and which one a report leads to.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LayoutError, hexEncode } from "../../src/bytes/index.ts";
import { parseCertificate } from "../../src/endorsement/certificate.ts";
import {
  KDS_BASE,
  certChainPath,
  crlPath,
  kdsPath,
  parseKdsUrl,
  possibleLines,
  vcekOfReport,
  vcekPath,
} from "../../src/endorsement/kds.ts";
import type { KdsAddress, VcekFacts } from "../../src/endorsement/kds.ts";
import { readVekExtensions, tcbOfLevels } from "../../src/endorsement/vek-extensions.ts";
import { PRODUCT_LINES } from "../../src/evidence/product.ts";
import type { ProductLine } from "../../src/evidence/product.ts";
import { REPORT_SIZE, decodeReport, reportProductLine } from "../../src/evidence/report.ts";
import type { Report } from "../../src/evidence/report.ts";
import { missingVectors, readVector } from "../support/vectors.ts";

const MILAN: VcekFacts = {
  line: "Milan",
  hwId: new Uint8Array(64).fill(0xab),
  tcb: { bootloader: 3, tee: 0, snp: 8, microcode: 115 },
};
const TURIN: VcekFacts = {
  line: "Turin",
  hwId: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 255]),
  tcb: { fmc: 1, bootloader: 1, tee: 1, snp: 4, microcode: 81 },
};
const MILAN_PATH = `/vcek/v1/Milan/${"ab".repeat(64)}?blSPL=3&teeSPL=0&snpSPL=8&ucodeSPL=115`;
const TURIN_PATH = "/vcek/v1/Turin/01020304050607ff?fmcSPL=1&blSPL=1&teeSPL=1&snpSPL=4&ucodeSPL=81";

test("a VCEK of Milan is addressed by 64 bytes of chip id and four numbers", () => {
  assert.equal(vcekPath(MILAN), MILAN_PATH);
});

test("a VCEK of Turin is addressed by 8 bytes of chip id and five numbers, fmcSPL among them", () => {
  assert.equal(vcekPath(TURIN), TURIN_PATH);
});

test("chains and lists have addresses for VCEK and VLEK", () => {
  assert.equal(certChainPath("Genoa", "vcek"), "/vcek/v1/Genoa/cert_chain");
  assert.equal(certChainPath("Turin", "vlek"), "/vlek/v1/Turin/cert_chain");
  assert.equal(crlPath("Milan", "vcek"), "/vcek/v1/Milan/crl");
  assert.equal(crlPath("Milan", "vlek"), "/vlek/v1/Milan/crl");
});

test("no address is made of facts that are of no chip of the line", () => {
  const wrong: readonly VcekFacts[] = [
    { ...TURIN, hwId: new Uint8Array(64) },
    { ...MILAN, hwId: new Uint8Array(8) },
    { ...MILAN, tcb: TURIN.tcb },
    { ...TURIN, tcb: MILAN.tcb },
    { ...MILAN, tcb: { ...MILAN.tcb, snp: 256 } },
    { ...MILAN, tcb: { ...MILAN.tcb, tee: -1 } },
    { ...MILAN, tcb: { ...MILAN.tcb, bootloader: 1.5 } },
  ];
  for (const facts of wrong) assert.throws(() => vcekPath(facts), LayoutError);
});

const bytesArb = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const byte = fc.integer({ min: 0, max: 255 });
const plain = { noNullPrototype: true };
const levels = fc.record({ bootloader: byte, tee: byte, snp: byte, microcode: byte }, plain);
const addresses: fc.Arbitrary<KdsAddress> = fc
  .constantFrom<ProductLine>("Milan", "Genoa", "Turin", "Venice")
  .chain((line) =>
    fc.oneof(
      fc.record(
        {
          kind: fc.constant("VCEK" as const),
          line: fc.constant(line),
          hwId: bytesArb(PRODUCT_LINES[line].hwIdLength),
          tcb:
            PRODUCT_LINES[line].tcbLayout === "turin"
              ? fc.tuple(byte, levels).map(([fmc, rest]) => ({ fmc, ...rest }))
              : levels,
        },
        plain,
      ),
      fc.record(
        {
          kind: fc.constantFrom("CRL" as const, "cert_chain" as const),
          line: fc.constant(line),
          endorser: fc.constantFrom("vcek" as const, "vlek" as const),
        },
        plain,
      ),
    ),
  );

test("every address reads back as what it was made of, on any server", () => {
  const bases = fc.constantFrom(
    "",
    KDS_BASE,
    "https://mirror.example:8443/amd/kds",
    "http://[::1]",
  );
  fc.assert(
    fc.property(addresses, bases, (address, base) => {
      const read = parseKdsUrl(base + kdsPath(address));
      assert.equal(read.base, base);
      assert.deepEqual(read.address, address);
    }),
  );
});

test("parameters are read in any order, with leading zeros, and a chip id in either case", () => {
  const chip = "AB".repeat(64);
  const text = `${KDS_BASE}/vcek/v1/Milan/${chip}?ucodeSPL=115&snpSPL=08&teeSPL=000&blSPL=03`;
  assert.deepEqual(parseKdsUrl(text).address, { kind: "VCEK", ...MILAN });
});

const REFUSED: readonly (readonly [what: string, text: string, code: string])[] = [
  ["nothing", "", "bad-text"],
  ["a server without path", KDS_BASE, "bad-text"],
  ["another path", "/vcek/v2/Milan/crl", "bad-text"],
  ["a fragment", "/vcek/v1/Milan/crl#top", "bad-text"],
  ["blanks", "/vcek/v1/Milan/crl ", "bad-text"],
  ["a query before the path", "https://a.example?x=/vcek/v1/Milan/crl", "bad-text"],
  ["an unknown line", "/vcek/v1/Rome/crl", "unknown-value"],
  ["Bergamo, which is Genoa", "/vcek/v1/Bergamo/cert_chain", "unknown-value"],
  ["a line in lower case", "/vcek/v1/milan/crl", "unknown-value"],
  ["parameters of a list", "/vcek/v1/Milan/crl?blSPL=1", "unknown-value"],
  ["a VLEK", "/vlek/v1/Milan/cert?blSPL=3&teeSPL=0&snpSPL=8&ucodeSPL=115", "bad-text"],
  ["a VCEK without parameters", MILAN_PATH.replace(/\?.*/, ""), "not-found"],
  ["a missing parameter", MILAN_PATH.replace("&snpSPL=8", ""), "not-found"],
  ["a repeated parameter", `${MILAN_PATH}&snpSPL=8`, "constant-mismatch"],
  ["an unknown parameter", `${MILAN_PATH}&spl4=0`, "unknown-value"],
  ["an empty parameter", `${MILAN_PATH}&`, "unknown-value"],
  ["fmcSPL on Milan", `${MILAN_PATH}&fmcSPL=1`, "unknown-value"],
  ["no fmcSPL on Turin", TURIN_PATH.replace("fmcSPL=1&", ""), "not-found"],
  ["a number above 255", MILAN_PATH.replace("=115", "=256"), "out-of-range"],
  ["a number of four digits", MILAN_PATH.replace("=115", "=0115"), "out-of-range"],
  ["a negative number", MILAN_PATH.replace("=115", "=-1"), "out-of-range"],
  ["no number", MILAN_PATH.replace("=115", "="), "out-of-range"],
  ["two equals signs", MILAN_PATH.replace("=115", "=115=1"), "unknown-value"],
  ["a percent-encoded number", MILAN_PATH.replace("=115", "=%31"), "out-of-range"],
  ["a short chip id", MILAN_PATH.replace("abab", ""), "bad-length"],
  ["0x before the chip id", MILAN_PATH.replace("/abab", "/0xab"), "bad-hex"],
  ["a chip id of other letters", MILAN_PATH.replace("/abab", "/zbab"), "bad-hex"],
  ["64 bytes of chip id on Turin", MILAN_PATH.replace("Milan", "Turin"), "bad-length"],
];
for (const [what, text, code] of REFUSED) {
  test(`refused as an address: ${what}`, () => {
    assert.throws(
      () => parseKdsUrl(text),
      (error) => error instanceof LayoutError && error.code === code,
    );
  });
}

/** A report of nobody, with these bytes in it. */
function report(parts: Readonly<Record<number, readonly number[]>>): Report {
  const bytes = new Uint8Array(REPORT_SIZE);
  bytes[0] = 3;
  for (const [offset, values] of Object.entries(parts)) bytes.set(values, Number(offset));
  return decodeReport(bytes);
}
const CHIP = { 0x1a0: Array.from({ length: 64 }, () => 0xab) };

test("the VCEK is the one of REPORTED_TCB, also when CURRENT_TCB is newer", () => {
  const newer = report({
    ...CHIP,
    0x38: [9, 9, 0, 0, 0, 0, 9, 9],
    0x180: [3, 0, 0, 0, 0, 0, 8, 115],
  });
  assert.deepEqual(vcekOfReport(newer, "Milan"), { facts: MILAN });
});

test("of Turin's chip id only the first 8 bytes are asked for", () => {
  const turin = report({ 0x1a0: [...TURIN.hwId], 0x180: [1, 1, 1, 4, 0, 0, 0, 81] });
  assert.deepEqual(vcekOfReport(turin, "Turin"), { facts: TURIN });
});

test("a report whose VCEK cannot be asked for says why", () => {
  assert.deepEqual(vcekOfReport(report({}), "Milan"), { reason: "chip-id-masked" });
  assert.deepEqual(vcekOfReport(report(CHIP), "Turin"), { reason: "chip-id-of-another-line" });
  const signedWith = (keyInfo: number) =>
    vcekOfReport(report({ ...CHIP, 0x48: [keyInfo] }), "Milan");
  assert.deepEqual(signedWith(1 << 2), { reason: "signed-by-vlek" });
  assert.deepEqual(signedWith(7 << 2), { reason: "not-signed" });
  assert.deepEqual(signedWith(3 << 2), { reason: "not-signed" });
  assert.deepEqual(signedWith(2), { reason: "not-signed" });
});

test("Turin's REPORTED_TCB is not read by Milan's layout", () => {
  const turin = report({ ...CHIP, 0x180: [1, 1, 1, 4, 0, 0, 0, 81] });
  assert.throws(
    () => vcekOfReport(turin, "Milan"),
    (error) => error instanceof LayoutError && error.code === "reserved-bits",
  );
});

test("a report of version 2 may be of Milan or Genoa; of Turin when its chip id is short", () => {
  assert.deepEqual(possibleLines(report(CHIP)), ["Milan", "Genoa"]);
  assert.deepEqual(possibleLines(report({ 0x1a0: [1, 2, 3, 4, 5, 6, 7, 8] })), ["Turin"]);
});

const PAIRS = [
  "azure-genoa-v3-openpcc",
  "azure-milan-v3-attestationrs",
  "genoa-v3-aci",
  "genoa-v3-tinfoil",
  "genoa-v3-veraison-tsm",
  "milan-v3-aci",
  "siena-v5-attestationrs",
  "turin-v5-aci",
];
for (const name of PAIRS) {
  const files = [`snp/reports/${name}.bin`, `snp/veks/${name}.der`] as const;
  const skip = missingVectors(...files);
  test(
    `the real report ${name} leads to the address of the VCEK that came with it`,
    { skip },
    () => {
      const real = decodeReport(readVector(files[0]));
      const line = reportProductLine(real);
      assert.ok(line !== undefined);
      const { hwId, spl } = readVekExtensions(parseCertificate(readVector(files[1])));
      assert.ok(hwId !== undefined);
      const { facts } = vcekOfReport(real, line);
      assert.ok(facts !== undefined);
      assert.equal(hexEncode(facts.hwId), hexEncode(hwId));
      assert.deepEqual(facts.tcb, tcbOfLevels(spl));
      assert.deepEqual(parseKdsUrl(vcekPath(facts)).address, { kind: "VCEK", ...facts });
    },
  );
}
