// SPDX-License-Identifier: Apache-2.0
// Chains with one defect each: exactly the check that is meant for it fails.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AMD_PSS,
  VEK_OID,
  createHierarchy,
  derWriter,
  distinguishedName,
  edits,
  keyUsage,
  p384Key,
  pssAlgorithm,
  rsaKey,
  withExtensionValue,
  withExtra,
  withoutExtension,
} from "@greenlight/psp/hierarchy";
import type { CertificateEdit, Hierarchy, PssParameters, Vek } from "@greenlight/psp/hierarchy";
import { AMD_ROOTS, Endorser } from "../../src/endorsement/index.ts";
import type { EndorseResult } from "../../src/endorsement/index.ts";
import type { SuppliedCertificate } from "../../src/evidence/index.ts";
import {
  AT,
  OFF,
  endorse,
  idsOf,
  outcomeOf,
  supply,
  titleOf,
  trusting,
  verdictOf,
} from "./support.ts";

const milan = createHierarchy({ line: "Milan" });
const DAY = 86_400_000;

const judge = (
  vek: Vek,
  hierarchy: Hierarchy = milan,
  others: readonly SuppliedCertificate[] = [],
): Promise<EndorseResult> =>
  endorse(vek.report(), [supply(vek.kind, vek.der), ...others], trusting(hierarchy));

/** What fails with a VCEK that was edited. */
async function failsOf(edit: CertificateEdit, kind: "VCEK" | "VLEK" = "VCEK") {
  const vek = kind === "VCEK" ? milan.vcek({ edit }) : milan.vlek({ edit });
  const result = await judge(vek);
  assert.equal(result.endorsement === undefined, verdictOf(result) !== "accept");
  return idsOf(result, "fail");
}

/** What fails with an authority that was edited. */
async function authorityFails(role: "ARK" | "ASK" | "ASVK", edit: CertificateEdit) {
  const hierarchy = createHierarchy({ line: "Milan", edits: { [role]: edit } });
  const vek = role === "ASVK" ? hierarchy.vlek() : hierarchy.vcek();
  const result = await judge(vek, hierarchy);
  assert.equal(result.endorsement, undefined);
  return idsOf(result, "fail");
}

const PINNED = "snp.chain.ark-not-pinned";
const otherName = distinguishedName("somebody", "simulator");

test("nothing is wrong with the hierarchy itself, of every line and both kinds", async () => {
  for (const line of ["Milan", "Genoa", "Turin", "Venice"] as const) {
    for (const trailer of ["absent", "explicit"] as const) {
      const hierarchy = createHierarchy({ line, trailer });
      for (const vek of [hierarchy.vcek(), hierarchy.vlek()]) {
        const result = await judge(vek, hierarchy);
        assert.equal(verdictOf(result), "accept");
        assert.deepEqual(idsOf(result, "warn"), ["snp.chain.ark-not-amd"]);
        assert.equal(result.endorsement?.root.origin, "simulator");
        assert.equal(result.endorsement.kind, vek.kind);
        assert.equal(result.endorsement.chain.length, 3);
        assert.deepEqual(result.endorsement.tcb, vek.tcb);
      }
    }
  }
});

test("a simulator is trusted only when it is given", async () => {
  const vek = milan.vcek();
  const certificates = [
    supply("VCEK", vek.der),
    supply("ASK", milan.ask.der),
    supply("ARK", milan.ark.der),
  ];
  const result = await endorse(vek.report(), certificates);
  assert.equal(verdictOf(result), "reject");
  assert.deepEqual(idsOf(result, "fail"), [
    "snp.vek.issuer",
    "snp.vek.signature",
    "snp.chain.ark-not-pinned",
  ]);
  const both = new Endorser({ roots: [...AMD_ROOTS, milan.trustRoot()] });
  const given = await endorse(vek.report(), certificates, { endorser: both });
  assert.equal(verdictOf(given), "accept");
  assert.match(titleOf(given, "snp.chain.ark-not-amd"), /simulator's/);
});

test("VCEK and VLEK: kind, key, critical extensions, issuer", async () => {
  const subject =
    (common: string): CertificateEdit =>
    (fields) => ({
      ...fields,
      subject: distinguishedName(common, "simulator"),
    });
  assert.deepEqual(await failsOf(subject("SEV-VLEK")), ["snp.vek.kind"]);
  assert.deepEqual(await failsOf(subject("VCEK")), ["snp.vek.kind"]);
  assert.deepEqual(await failsOf(subject("SEV-VCEK"), "VLEK"), ["snp.vek.kind"]);
  const rsa: CertificateEdit = (fields) => ({ ...fields, spki: milan.ask.key.spki });
  assert.deepEqual(await failsOf(rsa), ["snp.vek.key"]);
  const unknown = withExtra({ oid: "1.2.3.4", critical: true, value: Uint8Array.of(5, 0) });
  assert.deepEqual(await failsOf(unknown), ["snp.vek.critical-extension"]);
  const harmless = withExtra({ oid: "1.2.3.4", value: Uint8Array.of(5, 0) });
  assert.deepEqual(await failsOf(harmless), []);
  const issuer: CertificateEdit = (fields) => ({ ...fields, issuer: otherName });
  assert.deepEqual(await failsOf(issuer), ["snp.vek.issuer", PINNED]);
  // The same common name among other attributes is another name.
  const alike: CertificateEdit = (fields) => ({
    ...fields,
    issuer: distinguishedName("SEV-Milan-Simulator", "forged-amd"),
  });
  assert.deepEqual(await failsOf(alike), ["snp.vek.issuer", PINNED]);
});

test("VCEK and VLEK: a key that is not the one of the report", async () => {
  const edit: CertificateEdit = (fields) => ({ ...fields, spki: p384Key("another").spki });
  assert.deepEqual(await failsOf(edit), ["snp.report.signature"]);
});

test("signature parameters are exactly AMD's", async () => {
  for (const change of [
    { hash: "sha256" },
    { hash: "sha512" },
    { mgfHash: "sha256" },
    { saltLength: 32 },
    { saltLength: 0 },
    { hash: "sha256", mgfHash: "sha256", saltLength: 32 },
  ] as const satisfies readonly Partial<PssParameters>[]) {
    const pss = { ...AMD_PSS, ...change };
    const algorithm = pssAlgorithm(pss, "absent");
    // The signature is good, made just as the certificate says.
    const edit: CertificateEdit = (fields) => ({
      ...fields,
      pss,
      algorithm,
      outerAlgorithm: algorithm,
    });
    assert.deepEqual(await failsOf(edit), ["snp.vek.signature-parameters", PINNED]);
    for (const [role, id] of [
      ["ASK", "ask"],
      ["ARK", "ark"],
    ] as const) {
      const failed = await authorityFails(role, edit);
      assert.deepEqual(failed, [PINNED, `snp.chain.${id}-signature-parameters`]);
    }
  }
});

test("a salt of another length under AMD's parameters is no good signature", async () => {
  const edit: CertificateEdit = (fields) => ({ ...fields, pss: { ...AMD_PSS, saltLength: 32 } });
  assert.deepEqual(await failsOf(edit), ["snp.vek.signature", PINNED]);
});

test("AMD's extensions: missing, of another line, of the other kind, unknown", async () => {
  for (const oid of [VEK_OID.structVersion, VEK_OID.snp, VEK_OID.spl7, VEK_OID.productName]) {
    assert.deepEqual(await failsOf(withoutExtension(oid)), ["snp.vek.extensions"]);
  }
  assert.deepEqual(await failsOf(withoutExtension(VEK_OID.hwId)), [
    "snp.vek.hwid",
    "snp.vek.hwid-mismatch",
  ]);
  assert.deepEqual(await failsOf(withoutExtension(VEK_OID.cspId), "VLEK"), ["snp.vek.csp-id"]);
  const csp = { oid: VEK_OID.cspId, value: derWriter.text("ia5", "CN=x") };
  assert.deepEqual(await failsOf(withExtra(csp)), ["snp.vek.csp-id"]);
  const chip = { oid: VEK_OID.hwId, value: new Uint8Array(64) };
  assert.deepEqual(await failsOf(withExtra(chip), "VLEK"), ["snp.vek.hwid"]);
  const turinName = withExtensionValue(VEK_OID.productName, derWriter.text("ia5", "Turin"));
  assert.deepEqual(await failsOf(turinName), ["snp.vek.product-name"]);

  const turinForm = edits(
    withExtensionValue(VEK_OID.structVersion, derWriter.integer(1)),
    withoutExtension(VEK_OID.spl4),
    withExtensionValue(VEK_OID.hwId, new Uint8Array(8)),
    withExtra({ oid: VEK_OID.fmc, value: derWriter.integer(0) }),
  );
  assert.deepEqual(await failsOf(turinForm), ["snp.vek.struct-version"]);

  const unknown = { oid: "1.3.6.1.4.1.3704.1.9", value: derWriter.integer(1) };
  const result = await judge(milan.vcek({ edit: withExtra(unknown) }));
  assert.equal(verdictOf(result), "accept");
  assert.deepEqual(result.endorsement?.extensions.unknown, ["1.3.6.1.4.1.3704.1.9"]);
});

test("authorities: CA, path length, key usage, key, critical extensions, names", async () => {
  const constraints = (...parts: readonly Uint8Array[]): CertificateEdit =>
    withExtensionValue("2.5.29.19", derWriter.sequence(...parts));
  const usage = (bits: number): CertificateEdit =>
    withExtensionValue("2.5.29.15", keyUsage(bits).value);
  const { boolean, integer } = derWriter;
  for (const edit of [
    constraints(),
    constraints(boolean(true)),
    constraints(boolean(true), integer(1)),
    usage(0x02),
    usage(0x80),
    withoutExtension("2.5.29.15"),
    withoutExtension("2.5.29.19"),
  ]) {
    assert.deepEqual(await authorityFails("ASK", edit), [PINNED, "snp.chain.ask-ca"]);
  }
  for (const edit of [constraints(), usage(0x04), usage(0x02), withoutExtension("2.5.29.19")]) {
    assert.deepEqual(await authorityFails("ARK", edit), [PINNED, "snp.chain.ark-ca"]);
  }
  const critical = withExtra({ oid: "2.5.29.30", critical: true, value: Uint8Array.of(0x30, 0) });
  assert.deepEqual(await authorityFails("ARK", critical), [
    PINNED,
    "snp.chain.ark-critical-extension",
  ]);
  assert.deepEqual(await authorityFails("ASVK", critical), [
    PINNED,
    "snp.chain.ask-critical-extension",
  ]);
  const issuer: CertificateEdit = (fields) => ({ ...fields, issuer: otherName });
  assert.deepEqual(await authorityFails("ASK", issuer), [PINNED, "snp.chain.ask-issuer"]);
  assert.deepEqual(await authorityFails("ARK", issuer), [PINNED, "snp.chain.ark-issuer"]);
  const ecKey: CertificateEdit = (fields) => ({ ...fields, spki: p384Key("another").spki });
  assert.deepEqual(await authorityFails("ASK", ecKey), [
    "snp.vek.signature",
    PINNED,
    "snp.chain.ask-key",
  ]);
  const renamed = await authorityFails("ASK", (fields) => ({
    ...fields,
    subject: distinguishedName("SEV-VLEK-Milan-Simulator", "simulator"),
  }));
  assert.ok(renamed.includes("snp.chain.ask-kind"));
});

test("authorities: an ASK that somebody else signed, and ones that are not valid", async () => {
  const other = createHierarchy({ line: "Milan", signers: { ASK: rsaKey("other/Milan/ARK") } });
  const forged = await judge(other.vcek(), other);
  assert.deepEqual(idsOf(forged, "fail"), [PINNED, "snp.chain.ask-signature"]);

  for (const [role, id] of [
    ["ARK", "ark"],
    ["ASK", "ask"],
  ] as const) {
    const edit: CertificateEdit = (fields) => ({ ...fields, notAfter: AT - DAY });
    const failed = await authorityFails(role, edit);
    assert.deepEqual(failed, [`snp.chain.${id}-validity`]);
  }
});

test("an ASK or ASVK that is not carried comes with the evidence, and has to hang on the root", async () => {
  for (const vek of [milan.vcek(), milan.vlek()]) {
    const above = vek.kind === "VCEK" ? milan.ask : milan.asvk;
    const without = await endorse(vek.report(), [supply(vek.kind, vek.der)], trusting(milan, []));
    assert.deepEqual(idsOf(without, "unknown"), ["snp.chain.ask-missing"]);
    const endorser = vek.kind === "VCEK" ? "vcek" : "vlek";
    assert.deepEqual(without.needs, [{ kind: "intermediate", line: "Milan", endorser }]);
    assert.equal(without.endorsement, undefined);

    for (const role of ["ASK", "ASVK", "ARK", undefined] as const) {
      const certificates = [supply(role, above.der), supply(vek.kind, vek.der)];
      const result = await endorse(vek.report(), certificates, trusting(milan, []));
      assert.equal(verdictOf(result), "accept", String(role));
      assert.equal(outcomeOf(result, "snp.chain.supplied-roots-differ"), "pass");
      assert.deepEqual(result.needs, []);
    }
    // The authority of the other kind does not do, nor one with the right name and another key.
    const wrong = vek.kind === "VCEK" ? milan.asvk : milan.ask;
    const other = createHierarchy({ line: "Milan", seed: "other" });
    const namesake = vek.kind === "VCEK" ? other.ask : other.asvk;
    for (const { der } of [wrong, namesake]) {
      const certificates = [supply("ASK", der), supply(vek.kind, vek.der)];
      const result = await endorse(vek.report(), certificates, trusting(milan, []));
      assert.notEqual(verdictOf(result), "accept");
      // Beside the right one it does no harm.
      const both = [supply("ASK", der), supply("ASK", above.der), supply(vek.kind, vek.der)];
      const more = await endorse(vek.report(), both, trusting(milan, []));
      assert.equal(verdictOf(more), "accept");
    }
  }
});

test("a VLEK signed by the ASK, and a VCEK signed by the ASVK", async () => {
  for (const vek of [milan.vlek({ issuer: milan.ask }), milan.vcek({ issuer: milan.asvk })]) {
    for (const carried of [["ASK", "ASVK"], []] as const) {
      const certificates = [
        supply(vek.kind, vek.der),
        supply("ASK", milan.ask.der),
        supply("ASK", milan.asvk.der),
      ];
      const result = await endorse(vek.report(), certificates, trusting(milan, carried));
      assert.equal(verdictOf(result), "reject");
      assert.equal(outcomeOf(result, PINNED), "fail");
    }
  }
});

test("a key of another line than the CPU's", async () => {
  const genoa = createHierarchy({ line: "Genoa" });
  const vek = genoa.vcek();
  const { cpuFamily, cpuModel } = milan.vcek().fields();
  const endorser = new Endorser({ roots: [milan.trustRoot(), genoa.trustRoot()] });
  const result = await endorse(vek.report(3, { cpuFamily, cpuModel }), [supply("VCEK", vek.der)], {
    endorser,
  });
  assert.deepEqual(idsOf(result, "fail"), ["snp.product.mismatch"]);
  assert.equal(result.endorsement, undefined);
});

test("a line without a root is refused by name", async () => {
  const venice = createHierarchy({ line: "Venice" });
  const vek = venice.vcek();
  const result = await endorse(vek.report(), [supply("VCEK", vek.der)]);
  assert.deepEqual(idsOf(result, "fail"), [PINNED]);
  assert.match(titleOf(result, PINNED), /SEV-Venice-Simulator/);
});

test("two different keys are ambiguous; copies are not", async () => {
  const vek = milan.vcek();
  const other = milan.vcek({ keyLabel: "2" });
  const judgeAll = (ders: readonly Uint8Array[]) =>
    endorse(
      vek.report(),
      ders.map((der) => supply("VCEK", der)),
      trusting(milan),
    );
  for (const ders of [
    [vek.der, other.der],
    [other.der, vek.der],
    [vek.der, Uint8Array.of(0x30, 0)],
  ]) {
    const result = await judgeAll(ders);
    assert.deepEqual(idsOf(result, "fail"), ["snp.vek.ambiguous"]);
    assert.equal(outcomeOf(result, "snp.report.signature"), "skipped");
    assert.deepEqual(result.needs, []);
  }
  assert.equal(verdictOf(await judgeAll([vek.der, Uint8Array.from(vek.der)])), "accept");
});

test("the other kind of key beside the right one is not in the way", async () => {
  const vek = milan.vcek();
  const vlek = milan.vlek();
  const both = [supply("VLEK", vlek.der), supply("VCEK", vek.der)];
  assert.equal(verdictOf(await endorse(vek.report(), both, trusting(milan))), "accept");
  assert.equal(verdictOf(await endorse(vlek.report(), both, trusting(milan))), "accept");
  const only = await endorse(vek.report(), [supply("VLEK", vlek.der)], trusting(milan));
  assert.deepEqual(idsOf(only, "unknown"), ["snp.vek.missing"]);
  assert.match(titleOf(only, "snp.vek.missing"), /a VLEK, which did not sign/);
  const none = await endorse(vlek.report(), [], trusting(milan));
  assert.match(titleOf(none, "snp.vek.missing"), /no VLEK/);
  assert.deepEqual(none.needs, []);
});

test("a VCEK that cannot be read, and one of version 1", async () => {
  const vek = milan.vcek();
  const version1 = milan.vcek({ edit: (fields) => ({ ...fields, version: 1 }) });
  for (const der of [
    Uint8Array.of(0x30, 0),
    new Uint8Array(0),
    Uint8Array.of(...vek.der, 0),
    version1.der,
  ]) {
    const result = await endorse(vek.report(), [supply("VCEK", der)], trusting(milan));
    assert.deepEqual(idsOf(result, "fail"), ["snp.vek.layout"]);
  }
});

test("certificates without a role are told apart by what they are", async () => {
  const vek = milan.vcek();
  const ders = [milan.ark.der, vek.der, milan.ask.der, milan.vlek().der, milan.crl()];
  const result = await endorse(
    vek.report(),
    ders.map((der) => supply(undefined, der)),
    { ...trusting(milan, []), revocation: { mode: "required" } },
  );
  assert.equal(verdictOf(result), "accept");
  assert.deepEqual(idsOf(result, "warn"), ["snp.chain.ark-not-amd"]);
  const junk = await endorse(
    vek.report(),
    [supply(undefined, Uint8Array.of(1, 2)), supply("VCEK", vek.der)],
    { ...trusting(milan), revocation: OFF },
  );
  assert.equal(verdictOf(junk), "accept");
  assert.equal(outcomeOf(junk, "snp.chain.supplied-unreadable"), "warn");
});
