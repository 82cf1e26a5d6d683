// SPDX-License-Identifier: Apache-2.0
// What holds for every report and every set of certificates.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createHierarchy } from "@greenlight/psp/hierarchy";
import * as fc from "fast-check";
import { LayoutError } from "../../src/bytes/index.ts";
import { Endorser } from "../../src/endorsement/index.ts";
import type { EndorseResult } from "../../src/endorsement/index.ts";
import { formatInstant } from "../../src/endorsement/instant.ts";
import { ENDORSEMENT_FINDINGS } from "../../src/finding/catalogue-endorsement.ts";
import type { SuppliedCertificate } from "../../src/evidence/index.ts";
import { missingVectors, readVector } from "../support/vectors.ts";
import { REQUIRED, endorse, supply, supplyVector, trusting, verdictOf } from "./support.ts";

const skip = missingVectors("snp/index.json");
const milan = createHierarchy({ line: "Milan" });
const other = createHierarchy({ line: "Milan", seed: "other" });
const genoa = createHierarchy({ line: "Genoa" });
const IDS = Object.keys(ENDORSEMENT_FINDINGS).filter((id) => id !== "snp.report.layout");

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3] = copy[bit >> 3]! ^ (1 << (bit & 7));
  return copy;
}

/** Makes a report of a VCEK one of a VLEK, which then is missing: that alone is not decided. */
const VLEK_BIT = 0x48 * 8 + 2;
const expectedOf = (bit: number): string => (bit === VLEK_BIT ? "undecided" : "reject");

/** The verdict; bytes that are no report are rejected. */
async function verdictOn(judging: () => Promise<EndorseResult>): Promise<string> {
  try {
    const result = await judging();
    assert.equal(result.endorsement === undefined, verdictOf(result) !== "accept");
    return verdictOf(result);
  } catch (error) {
    if (error instanceof LayoutError) return "reject";
    throw error;
  }
}

test("no bit of a real report can be flipped", { skip }, async () => {
  const endorser = new Endorser();
  const names = ["genoa-v3-aci", "turin-v5-aci", "milan-v2-virtee"] as const;
  const sample = (name: (typeof names)[number]) => ({
    report: readVector(`snp/reports/${name}.bin`),
    certificates: [supplyVector("VCEK", `veks/${name}`)],
  });
  for (const name of names) {
    const { report, certificates } = sample(name);
    assert.equal(await verdictOn(() => endorse(report, certificates, { endorser })), "accept");
  }
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...names),
      fc.integer({ min: 0, max: 0x4a0 * 8 - 1 }),
      async (name, bit) => {
        const { report, certificates } = sample(name);
        const judging = () => endorse(flipped(report, bit), certificates, { endorser });
        assert.equal(await verdictOn(judging), expectedOf(bit));
      },
    ),
    { numRuns: 500 },
  );
});

test("every bit of the fields that say who signed", { skip }, async () => {
  const endorser = new Endorser();
  const report = readVector("snp/reports/genoa-v3-aci.bin");
  const certificates = [supplyVector("VCEK", "veks/genoa-v3-aci")];
  // VERSION, SIGNATURE_ALGO, KEY_INFO, the CPU, and ends of the signed part and of R and S.
  for (const byte of [0, 0x34, 0x48, 0x188, 0x189, 0x29f, 0x2a0, 0x2cf, 0x2e8, 0x317]) {
    for (let bit = byte * 8; bit < byte * 8 + 8; bit++) {
      const judging = () => endorse(flipped(report, bit), certificates, { endorser });
      assert.equal(await verdictOn(judging), expectedOf(bit), `bit ${bit}`);
    }
  }
});

test("no bit of a certificate or list can be flipped, also when the good one is known", async () => {
  const { endorser } = trusting(milan, []);
  const vek = milan.vcek();
  const report = vek.report();
  const good = [supply("VCEK", vek.der), supply("ASK", milan.ask.der), supply("CRL", milan.crl())];
  const options = { endorser, revocation: REQUIRED };
  assert.equal(verdictOf(await endorse(report, good, options)), "accept");
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: 2 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      async (index, place) => {
        const { role, der } = good[index]!;
        const broken = flipped(der, Math.floor(place * der.length * 8));
        const result = await endorse(report, good.with(index, supply(role, broken)), options);
        assert.notEqual(verdictOf(result), "accept");
      },
    ),
    { numRuns: 400 },
  );
});

const vek = milan.vcek();
const POOL: readonly SuppliedCertificate[] = [
  supply("VCEK", vek.der),
  supply("VCEK", Uint8Array.from(vek.der)),
  supply("VCEK", milan.vcek({ notBefore: Date.UTC(2026, 1, 1) }).der),
  supply("VCEK", milan.vcek({ keyLabel: "2" }).der),
  supply(undefined, vek.der),
  supply("VLEK", milan.vlek().der),
  supply("ASK", milan.ask.der),
  supply("ASK", milan.asvk.der),
  supply("ASK", other.ask.der),
  supply("ARK", milan.ark.der),
  supply("ARK", other.ark.der),
  supply("ARK", genoa.ark.der),
  supply("CRL", milan.crl()),
  supply("CRL", milan.crl({ number: 2n, revoked: [{ serial: milan.ask.serial, date: 0 }] })),
  supply("CRL", milan.crl({ thisUpdate: Date.UTC(2025, 0, 1), nextUpdate: Date.UTC(2025, 1, 1) })),
  supply("CRL", other.crl()),
  supply("CRL", genoa.crl()),
  supply(undefined, Uint8Array.of(1, 2, 3)),
];

/** Outcomes by id: what must not depend on order. */
const outcomes = ({ findings }: EndorseResult) =>
  Object.fromEntries(findings.map(({ id, outcome, title }) => [id, [outcome, title]]));

test("the order of certificates never changes the verdict, nor does what was judged before", async () => {
  const known = [trusting(milan).endorser, trusting(milan, []).endorser];
  await fc.assert(
    fc.asyncProperty(
      fc
        .shuffledSubarray([...POOL])
        .chain((subset) =>
          fc.tuple(
            fc.constant(subset),
            fc.shuffledSubarray(subset, { minLength: subset.length }),
            fc.nat({ max: 1 }),
            fc.constantFrom("off", "if-available", "required"),
          ),
        ),
      async ([subset, shuffled, which, mode]) => {
        const report = vek.report();
        const fresh = trusting(milan, which === 0 ? undefined : []);
        const revocation = { mode } as const;
        const one = await endorse(report, subset, { ...fresh, revocation });
        const two = await endorse(report, shuffled, { endorser: known[which]!, revocation });
        assert.deepEqual(outcomes(two), outcomes(one));
        assert.deepEqual(two.endorsement?.validUntil, one.endorsement?.validUntil);
        assert.deepEqual(two.needs, one.needs);
        assert.deepEqual(one.findings.map(({ id }) => id).toSorted(), IDS.toSorted());
      },
    ),
    { numRuns: 150 },
  );
});

test("bytes that are anything never make it throw, and are never accepted", async () => {
  const roles = [undefined, "ARK", "ASK", "ASVK", "VCEK", "VLEK", "CRL"] as const;
  const { endorser } = trusting(milan);
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ role: fc.constantFrom(...roles), der: fc.uint8Array({ maxLength: 200 }) }),
        { maxLength: 8 },
      ),
      fc.double(),
      async (junk, at) => {
        const certificates = junk.map(({ role, der }) => supply(role, der));
        const result = await endorse(vek.report(), certificates, {
          endorser,
          at,
          revocation: REQUIRED,
        });
        assert.notEqual(verdictOf(result), "accept");
      },
    ),
    { numRuns: 300 },
  );
});

test("instants are written as ISO 8601 writes them", () => {
  assert.equal(formatInstant(Number.NaN), "NaN");
  fc.assert(
    fc.property(
      fc.date({
        min: new Date(0),
        max: new Date(253_402_300_799_000),
        noInvalidDate: true,
      }),
      (date) => {
        const expected = date.toISOString().replace(/\.\d+Z$/, "Z");
        assert.equal(formatInstant(date.getTime()), expected);
      },
    ),
  );
  for (const text of ["2024-02-29T00:00:00Z", "2000-03-01T23:59:59Z", "1969-12-31T23:59:59Z"]) {
    assert.equal(formatInstant(Date.parse(text)), text);
  }
});
