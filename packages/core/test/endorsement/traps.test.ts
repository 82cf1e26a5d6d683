// SPDX-License-Identifier: Apache-2.0
// Defects that verifiers of SEV-SNP evidence have had, each with what happens here. Tests of the same
// defect share a number; those of tables, policies and transport stand with their subjects.

import assert from "node:assert/strict";
import { test } from "node:test";
import { P384_ORDER, createHierarchy, wrappedHwId } from "@greenlight/psp/hierarchy";
import { AMD_ROOTS, Endorser } from "../../src/endorsement/index.ts";
import { decodeReport, readEvidence } from "../../src/evidence/index.ts";
import { missingVectors, readVector } from "../support/vectors.ts";
import {
  REQUIRED,
  endorse,
  idsOf,
  outcomeOf,
  supply,
  supplyVector,
  titleOf,
  trusting,
  verdictOf,
} from "./support.ts";

const skip = missingVectors("snp/index.json");

const evidenceOf = (name: string) => readEvidence(readVector(`snp/${name}`));
const milan = createHierarchy({ line: "Milan" });
const turin = createHierarchy({ line: "Turin" });

test("trap 1: a root from the evidence is never trusted", { skip }, async () => {
  const { report, certificates } = evidenceOf("derived/forged-root-genoa.ext.bin");
  assert.deepEqual(
    certificates.map(({ role }) => role),
    ["ARK", "ASK", "VCEK"],
  );
  const result = await endorse(report, certificates);
  assert.equal(result.endorsement, undefined);
  // Its names differ from AMD's in the order of their parts, and its VCEK was made for no chip.
  assert.deepEqual(idsOf(result, "fail"), [
    "snp.vek.issuer",
    "snp.vek.signature",
    "snp.chain.ark-not-pinned",
    "snp.vek.hwid-mismatch",
    "snp.vek.tcb-mismatch",
  ]);
  assert.equal(outcomeOf(result, "snp.chain.supplied-roots-differ"), "warn");
});

test("trap 1: neither is one that forges AMD's names", async () => {
  const forged = createHierarchy({ line: "Genoa", names: "forged-amd" });
  const vek = forged.vcek();
  const certificates = [
    supply("ARK", forged.ark.der),
    supply("ASK", forged.ask.der),
    supply("VCEK", vek.der),
  ];
  for (const roots of [AMD_ROOTS, [...AMD_ROOTS, milan.trustRoot()]]) {
    const endorser = new Endorser({ roots });
    const result = await endorse(vek.report(), certificates, { endorser });
    assert.deepEqual(idsOf(result, "fail"), ["snp.vek.signature", "snp.chain.ark-not-pinned"]);
    // The signature by the forged key is good, and helps nothing.
    assert.equal(outcomeOf(result, "snp.report.signature"), "pass");
    assert.equal(outcomeOf(result, "snp.chain.supplied-roots-differ"), "warn");
    assert.equal(result.endorsement, undefined);
  }
});

test("trap 1: pinning a root does not make others under its name trusted", async () => {
  const real = createHierarchy({ line: "Milan" });
  const other = createHierarchy({ line: "Milan", seed: "other" });
  const vek = other.vcek();
  const certificates = [
    supply("ARK", other.ark.der),
    supply("ASK", other.ask.der),
    supply("VCEK", vek.der),
  ];
  // Both when the ASK is carried and when it has to come with the evidence.
  for (const carried of [["ASK", "ASVK"], []] as const) {
    const result = await endorse(vek.report(), certificates, trusting(real, carried));
    assert.equal(verdictOf(result), "reject");
    assert.equal(outcomeOf(result, "snp.chain.ark-not-pinned"), "fail");
    assert.equal(result.endorsement, undefined);
  }
});

test(
  "trap 2: a VLEK verifies with what is built in, with revocation on and off",
  { skip },
  async () => {
    const report = readVector("snp/reports/milan-v3-vlek-aws.bin");
    const at = Date.UTC(2025, 5, 1);
    const vlek = supplyVector("VLEK", "veks/milan-v3-vlek-aws");
    const plain = await endorse(report, [vlek], { at });
    assert.equal(verdictOf(plain), "accept");
    assert.equal(plain.endorsement?.kind, "VLEK");
    assert.equal(plain.endorsement.chain[1]?.subject.commonName, "SEV-VLEK-Milan");
    const crl = supplyVector("CRL", "crl/kds-vcek-milan-2025-05-06");
    const revocation = await endorse(report, [vlek, crl], { at, revocation: REQUIRED });
    assert.equal(verdictOf(revocation), "accept");
    const without = await endorse(report, [vlek], { at, revocation: REQUIRED });
    assert.equal(verdictOf(without), "undecided");
  },
);

test("trap 3: Turin: structVersion 1, FMC, eight bytes of hwID", { skip }, async () => {
  const report = readVector("snp/reports/turin-v5-aci.bin");
  const result = await endorse(report, [supplyVector("VCEK", "veks/turin-v5-aci")]);
  assert.equal(verdictOf(result), "accept");
  assert.deepEqual(result.endorsement?.tcb, {
    fmc: 1,
    bootloader: 1,
    tee: 1,
    snp: 4,
    microcode: 81,
  });
  assert.equal(result.endorsement.extensions.hwId?.length, 8);
});

test("trap 3: on Turin the rest of CHIP_ID has to be zero", async () => {
  const vek = turin.vcek();
  const chipId = Uint8Array.from(vek.chipId);
  chipId[63] = 1;
  const result = await endorse(
    vek.report(5, { chipId }),
    [supply("VCEK", vek.der)],
    trusting(turin),
  );
  assert.deepEqual(idsOf(result, "fail"), ["snp.vek.hwid-mismatch"]);
});

test("trap 4: Bergamo and Siena are endorsed as Genoa", { skip }, async () => {
  const report = readVector("snp/reports/siena-v5-attestationrs.bin");
  const { needs, line } = await endorse(report, []);
  assert.equal(line, "Genoa");
  assert.deepEqual(
    needs.map((need) => [need.kind, need.line]),
    [["VCEK", "Genoa"]],
  );
  const result = await endorse(report, [supplyVector("VCEK", "veks/siena-v5-attestationrs")]);
  assert.equal(verdictOf(result), "accept");
});

test("trap 4: a CPU that is not known, or not named, is refused by name", async () => {
  const vek = milan.vcek();
  for (const cpu of [
    { cpuFamily: 0x19, cpuModel: 0x7f, cpuStepping: 0 },
    { cpuFamily: 0, cpuModel: 0, cpuStepping: 0 },
  ]) {
    const report = vek.report(3, cpu);
    const result = await endorse(report, [supply("VCEK", vek.der)], trusting(milan));
    assert.deepEqual(idsOf(result, "fail"), ["snp.product.unknown"]);
    assert.deepEqual((await endorse(report, [], trusting(milan))).needs, []);
  }
});

test("trap 5: the stepping is of no account", async () => {
  for (const [productName, cpuStepping] of [
    ["Milan-B0", 1],
    ["Milan-B1", 0],
    ["Milan", 2],
  ] as const) {
    const vek = milan.vcek({ productName });
    const report = vek.report(3, { cpuStepping });
    const result = await endorse(report, [supply("VCEK", vek.der)], trusting(milan));
    assert.equal(verdictOf(result), "accept", productName);
  }
  const vek = milan.vcek({ productName: "Milano" });
  const result = await endorse(vek.report(), [supply("VCEK", vek.der)], trusting(milan));
  assert.deepEqual(idsOf(result, "fail"), ["snp.vek.product-name"]);
});

test("trap 6: hwID is read by its length, bare or wrapped, whatever it begins with", async () => {
  for (const first of [0x02, 0x04, 0x30, 0xff]) {
    const chipId = new Uint8Array(64).fill(0x40);
    chipId[0] = first;
    for (const edit of [undefined, wrappedHwId]) {
      const vek = milan.vcek({ chipId, ...(edit === undefined ? {} : { edit }) });
      const result = await endorse(vek.report(), [supply("VCEK", vek.der)], trusting(milan));
      assert.equal(verdictOf(result), "accept");
    }
  }
});

test("trap 6: the chip is compared, and a VLEK does not pass as a VCEK", { skip }, async () => {
  const other = evidenceOf("derived/vcek-of-other-chip.ext.bin");
  const result = await endorse(other.report, other.certificates);
  assert.deepEqual(idsOf(result, "fail"), ["snp.vek.hwid-mismatch", "snp.report.signature"]);
  assert.match(titleOf(result, "snp.vek.hwid-mismatch"), /another chip/);

  const vlek = milan.vlek();
  const asVcek = await endorse(
    vlek.report(3, { signerInfo: 0, chipId: milan.vcek().chipId }),
    [supply("VCEK", vlek.der)],
    trusting(milan),
  );
  for (const id of ["snp.vek.kind", "snp.vek.hwid", "snp.vek.csp-id"] as const) {
    assert.equal(outcomeOf(asVcek, id), "fail", id);
  }
  assert.equal(asVcek.endorsement, undefined);
});

test("trap 7: MASK_CHIP_KEY means not signed; a zero CHIP_ID means masked", async () => {
  const vek = milan.vcek();
  const unsigned = vek.fields(3, { signerInfo: 2 });
  const zero = new Uint8Array(vek.report(3, unsigned));
  zero.fill(0, 0x2a0);
  const masked = await endorse(zero, [supply("VCEK", vek.der)], trusting(milan));
  assert.deepEqual(idsOf(masked, "fail"), ["snp.report.not-signed"]);
  assert.match(titleOf(masked, "snp.report.not-signed"), /MASK_CHIP_KEY/);
  assert.equal(outcomeOf(masked, "snp.report.signature"), "skipped");
  assert.equal(outcomeOf(masked, "snp.report.chip-id-masked"), "pass");

  const hidden = vek.report(3, { chipId: new Uint8Array(64) });
  const refused = await endorse(hidden, [supply("VCEK", vek.der)], trusting(milan));
  assert.deepEqual(idsOf(refused, "fail"), ["snp.report.chip-id-masked"]);
  assert.equal(outcomeOf(refused, "snp.report.not-signed"), "pass");
  const allowed = await endorse(hidden, [supply("VCEK", vek.der)], {
    ...trusting(milan),
    allowMaskedChipId: true,
  });
  assert.equal(verdictOf(allowed), "accept");
  assert.equal(outcomeOf(allowed, "snp.vek.hwid-mismatch"), "skipped");
});

test("trap 7: MASK_CHIP_KEY hides the chip's key, not a VLEK", async () => {
  const vlek = milan.vlek();
  const report = vlek.report(3, { signerInfo: (1 << 2) | 2 });
  const result = await endorse(report, [supply("VLEK", vlek.der)], trusting(milan));
  assert.equal(verdictOf(result), "accept");
  assert.equal(outcomeOf(result, "snp.report.chip-id-masked"), "skipped");
});

test("trap 7: SIGNING_KEY none, reserved keys and reserved bits are refused by name", async () => {
  const vek = milan.vcek();
  const failed = async (signerInfo: number): Promise<readonly string[]> =>
    idsOf(
      await endorse(vek.report(3, { signerInfo }), [supply("VCEK", vek.der)], trusting(milan)),
      "fail",
    );
  assert.deepEqual(await failed(7 << 2), ["snp.report.not-signed"]);
  for (const key of [2, 3, 4, 5, 6]) {
    assert.deepEqual(await failed(key << 2), ["snp.report.signing-key-reserved"]);
  }
  for (const bit of [5, 17, 31]) {
    assert.deepEqual(await failed((1 << bit) >>> 0), ["snp.report.signer-info-reserved"]);
  }
});

test("trap 9: TCB versions are compared part by part, by the layout of the line", async () => {
  const at = { bootloader: 4, tee: 0, snp: 20, microcode: 200 };
  const vek = milan.vcek({ tcb: at });
  const judge = async (currentTcb: readonly number[]): Promise<readonly string[]> =>
    idsOf(
      await endorse(
        vek.report(3, { currentTcb: Uint8Array.from(currentTcb) }),
        [supply("VCEK", vek.der)],
        trusting(milan),
      ),
      "fail",
    );
  assert.deepEqual(await judge([4, 0, 0, 0, 0, 0, 20, 200]), []);
  // As one integer this is higher, and yet its boot loader is older.
  assert.deepEqual(await judge([3, 0, 0, 0, 0, 0, 20, 255]), ["snp.vek.tcb-above-current"]);

  // The same eight bytes mean something else on Turin: there microcode alone is at the same place.
  const tcb = { fmc: 1, bootloader: 2, tee: 3, snp: 4, microcode: 5 };
  const other = turin.vcek({ tcb });
  const good = await endorse(other.report(), [supply("VCEK", other.der)], trusting(turin));
  assert.deepEqual(good.endorsement?.tcb, tcb);
  const reportedTcb = Uint8Array.of(1, 2, 4, 3, 0, 0, 0, 5);
  const swapped = await endorse(
    other.report(5, { reportedTcb, currentTcb: new Uint8Array(8).fill(255) }),
    [supply("VCEK", other.der)],
    trusting(turin),
  );
  assert.deepEqual(idsOf(swapped, "fail"), ["snp.vek.tcb-mismatch"]);
  assert.match(titleOf(swapped, "snp.vek.tcb-mismatch"), /tee, snp/);
});

test("trap 9: bytes of the TCB that are reserved have to agree too", async () => {
  const vek = milan.vcek();
  const reportedTcb = Uint8Array.from(vek.fields().reportedTcb);
  reportedTcb[3] = 1;
  const result = await endorse(
    vek.report(3, { reportedTcb }),
    [supply("VCEK", vek.der)],
    trusting(milan),
  );
  assert.deepEqual(idsOf(result, "fail"), ["snp.vek.tcb-mismatch"]);
  assert.match(titleOf(result, "snp.vek.tcb-mismatch"), /reserved on Milan/);
});

test("trap 10: the signature is over the original bytes", { skip }, async () => {
  const bytes = readVector("snp/reports/genoa-v3-aci.bin");
  const certificates = [supplyVector("VCEK", "veks/genoa-v3-aci")];
  const genuine = decodeReport(bytes);
  const altered = Uint8Array.from(bytes);
  altered[0x90] = altered[0x90]! ^ 1;
  // A decoding of the genuine report does not lend its signature to other bytes, nor the reverse.
  const common = { at: Date.UTC(2026, 8, 1), revocation: { mode: "off" }, certificates } as const;
  const mixed = await new Endorser().endorse({
    ...common,
    report: genuine,
    reportBytes: altered,
    allowMaskedChipId: false,
  });
  assert.deepEqual(idsOf(mixed, "fail"), ["snp.report.signature"]);
});

test("trap 11: the negated signature is as good, so signatures identify nothing", async () => {
  const vek = milan.vcek();
  const bytes = vek.report();
  const s = BigInt(`0x${Buffer.from(bytes.subarray(0x2e8, 0x318).toReversed()).toString("hex")}`);
  const negated = (P384_ORDER - s).toString(16).padStart(96, "0");
  bytes.set(Buffer.from(negated, "hex").toReversed(), 0x2e8);
  const result = await endorse(bytes, [supply("VCEK", vek.der)], trusting(milan));
  assert.equal(verdictOf(result), "accept");
});

test("trap 11: a signature padding that is not zero is refused with the layout", { skip }, () => {
  for (const name of ["sig-r-padding-nonzero", "sig-reserved-nonzero"]) {
    const bytes = readVector(`snp/derived/${name}.bin`);
    assert.throws(() => decodeReport(bytes), { name: "LayoutError", code: "must-be-zero" });
  }
});

test("trap 12: a table with a VCEK in PEM and nothing else is enough", { skip }, async () => {
  for (const name of ["table-pem-entries", "table-order-vcek-only"]) {
    const { report, certificates } = evidenceOf(`derived/${name}.ext.bin`);
    assert.equal(verdictOf(await endorse(report, certificates)), "accept", name);
  }
});

test("trap 16: the line of a version 2 report comes from the verified key", async () => {
  for (const vek of [milan.vcek(), milan.vlek()]) {
    const result = await endorse(vek.report(2), [supply(vek.kind, vek.der)], trusting(milan));
    assert.equal(verdictOf(result), "accept");
    assert.equal(result.line, "Milan");
    assert.equal(result.endorsement?.line, "Milan");
    assert.equal(outcomeOf(result, "snp.product.mismatch"), "skipped");
  }
});

test("trap 16: without a key, every line it may be of is asked for", async () => {
  const { needs, line } = await endorse(milan.vcek().report(2), []);
  assert.equal(line, undefined);
  const [need] = needs;
  assert.ok(need?.kind === "VCEK" && needs.length === 1);
  assert.equal(need.line, "Milan");
  assert.deepEqual(
    need.alternatives.map((each) => each.line),
    ["Genoa"],
  );
  const masked = await endorse(milan.vcek().report(2, { chipId: new Uint8Array(64) }), []);
  assert.deepEqual(masked.needs, []);
});

test("trap 21: REPORTED_TCB may be older than CURRENT_TCB; the key is of REPORTED_TCB", async () => {
  const old = { bootloader: 3, tee: 0, snp: 8, microcode: 115 };
  const vek = milan.vcek({ tcb: old });
  const currentTcb = milan.vcek().fields().currentTcb;
  const report = vek.report(3, { currentTcb, committedTcb: currentTcb, launchTcb: currentTcb });
  const result = await endorse(report, [supply("VCEK", vek.der)], trusting(milan));
  assert.equal(verdictOf(result), "accept");
  const [need] = (await endorse(report, [])).needs;
  assert.deepEqual(need?.kind === "VCEK" && need.tcb, old);
});

test(
  "trap 22: a report and a VCEK of different chips are told apart by name",
  { skip },
  async () => {
    const { report, certificates } = evidenceOf("extended/azure-milan-v2-kinvolk.ext.bin");
    const result = await endorse(report, certificates);
    assert.deepEqual(idsOf(result, "fail"), ["snp.vek.hwid-mismatch", "snp.report.signature"]);
  },
);

test("trap 23: a VCEK that was issued again counts as the same key", async () => {
  const day = 86_400_000;
  const first = milan.vcek();
  const again = milan.vcek({ notBefore: Date.UTC(2026, 5, 1) });
  const expired = milan.vcek({ notBefore: Date.UTC(2024, 0, 1), notAfter: Date.UTC(2024, 0, 2) });
  assert.notDeepEqual(first.der, again.der);
  const supplied = [first, expired, again].map(({ der }) => supply("VCEK", der));
  for (const certificates of [supplied, supplied.toReversed(), [...supplied, supplied[1]!]]) {
    const result = await endorse(first.report(), certificates, trusting(milan));
    assert.equal(verdictOf(result), "accept");
    assert.equal(result.endorsement?.vek.notBefore, Date.UTC(2026, 5, 1));
    assert.equal(result.endorsement.validUntil, Date.UTC(2026, 5, 1) + 7 * 365 * day);
  }
});

test("trap 24: everything is judged at the instant that is given", async () => {
  const vek = milan.vlek();
  const certificates = [supply("VLEK", vek.der)];
  const { endorser } = trusting(milan);
  const { notBefore, notAfter } = (await endorse(vek.report(), certificates, { endorser }))
    .endorsement!.vek;
  for (const [at, failed] of [
    [notBefore - 1000, ["snp.vek.validity"]],
    [notBefore, []],
    [notAfter, []],
    [notAfter + 1000, ["snp.vek.validity"]],
    [Number.NaN, ["snp.vek.validity", "snp.chain.ark-validity", "snp.chain.ask-validity"]],
    [
      Date.UTC(2060, 0, 1),
      ["snp.vek.validity", "snp.chain.ark-validity", "snp.chain.ask-validity"],
    ],
  ] as const) {
    const result = await endorse(vek.report(), certificates, { endorser, at });
    assert.deepEqual(idsOf(result, "fail"), failed);
    assert.equal(result.endorsement === undefined, failed.length > 0);
  }
});
