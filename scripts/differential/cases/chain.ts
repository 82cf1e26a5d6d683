// SPDX-License-Identifier: Apache-2.0
// Every link of the chain broken: names, signatures, their parameters, validity, what an authority may
// do, keys; and certificates in the place of others.

import {
  AMD_PSS,
  chipId,
  createHierarchy,
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
import type {
  CertificateEdit,
  Hierarchy,
  HierarchyOptions,
  PssParameters,
  Vek,
} from "@greenlight/psp/hierarchy";
import { AT, extended, hierarchyOf, makeCase, vekEntry } from "../case.ts";
import type { Case, CaseParts } from "../case.ts";

const DAY = 86_400_000;
const KEY_USAGE = "2.5.29.15";
const BASIC_CONSTRAINTS = "2.5.29.19";

const one = (parts: CaseParts): Case => makeCase("certificate chain", parts);

function milan(options: Omit<HierarchyOptions, "line" | "names"> = {}): Hierarchy {
  return createHierarchy({ line: "Milan", names: "forged-amd", ...options });
}

/** The same edit in each place of the chain. */
function everywhere(
  title: string,
  edit: CertificateEdit,
  expected: CaseParts["expected"],
): readonly Case[] {
  const leaf = milan().vcek({ edit });
  const authorities = (["ARK", "ASK"] as const).map((role) => {
    const hierarchy = milan({ edits: { [role]: edit } });
    const vek = hierarchy.vcek();
    return one({ name: `${title}: ${role}`, roots: [hierarchy], vek, expected });
  });
  const asvk = milan({ edits: { ASVK: edit } });
  return [
    one({ name: `${title}: VCEK`, vek: leaf, expected }),
    ...authorities,
    one({ name: `${title}: ASVK`, roots: [asvk], vek: asvk.vlek(), expected }),
    one({ name: `${title}: VLEK`, vek: milan().vlek({ edit }), expected }),
  ];
}

const pss = (parameters: PssParameters): CertificateEdit => {
  const algorithm = pssAlgorithm(parameters, "absent");
  return (fields) => ({ ...fields, pss: parameters, algorithm, outerAlgorithm: algorithm });
};

function signatures(): readonly Case[] {
  const unsigned: CertificateEdit = (fields) => ({
    ...fields,
    pss: { ...AMD_PSS, saltLength: 20 },
  });
  const outer: CertificateEdit = (fields) => ({
    ...fields,
    outerAlgorithm: pssAlgorithm(AMD_PSS, "explicit"),
  });
  return [
    ...everywhere("salt of 32 bytes", pss({ ...AMD_PSS, saltLength: 32 }), "rejected"),
    ...everywhere(
      "SHA-256",
      pss({ hash: "sha256", mgfHash: "sha256", saltLength: 32 }),
      "rejected",
    ),
    ...everywhere("MGF1 with SHA-256", pss({ ...AMD_PSS, mgfHash: "sha256" }), "rejected"),
    ...everywhere("signed otherwise than stated", unsigned, "rejected"),
    ...everywhere("two different algorithm identifiers", outer, "rejected"),
  ];
}

function validity(): readonly Case[] {
  const ended: CertificateEdit = (fields) => ({ ...fields, notAfter: AT - DAY });
  const future: CertificateEdit = (fields) => ({ ...fields, notBefore: AT + DAY });
  const edge = (title: string, at: number, expected: CaseParts["expected"]): Case => {
    const vek = hierarchyOf("Milan").vcek({ notBefore: AT, notAfter: AT + DAY });
    return one({ name: `VCEK valid for one day, judged ${title}`, vek, at, expected });
  };
  return [
    ...everywhere("expired", ended, "rejected"),
    ...everywhere("not yet valid", future, "rejected"),
    edge("a second before", AT - 1000, "rejected"),
    edge("at its first instant", AT, "accepted"),
    edge("at its last instant", AT + DAY, "accepted"),
    edge("a second after", AT + DAY + 1000, "rejected"),
  ];
}

/** What an authority may do. */
function authority(): readonly Case[] {
  const ask = (title: string, edit: CertificateEdit, ok = false): Case => {
    const hierarchy = milan({ edits: { ASK: edit } });
    const expected = ok ? "accepted" : "rejected";
    return one({ name: `ASK ${title}`, roots: [hierarchy], vek: hierarchy.vcek(), expected });
  };
  const ark = (title: string, edit: CertificateEdit): Case => {
    const hierarchy = milan({ edits: { ARK: edit } });
    return one({
      name: `ARK ${title}`,
      roots: [hierarchy],
      vek: hierarchy.vcek(),
      expected: "rejected",
    });
  };
  const noAuthority = Uint8Array.of(0x30, 0x00);
  const withoutLimit = Uint8Array.of(0x30, 0x03, 0x01, 0x01, 0xff);
  const signs = keyUsage(0x80).value;
  const foreign = { oid: "1.3.6.1.4.1.99999.1", critical: true, value: Uint8Array.of(5, 0) };
  return [
    ask("is no CA", withExtensionValue(BASIC_CONSTRAINTS, noAuthority)),
    ask("without basic constraints", withoutExtension(BASIC_CONSTRAINTS)),
    ask("without a path length", withExtensionValue(BASIC_CONSTRAINTS, withoutLimit)),
    ask("may not sign certificates", withExtensionValue(KEY_USAGE, signs)),
    ask("without key usage", withoutExtension(KEY_USAGE)),
    ask("with an unknown critical extension", withExtra(foreign)),
    ask("with an unknown extension", withExtra({ ...foreign, critical: false }), true),
    ark("is no CA", withExtensionValue(BASIC_CONSTRAINTS, noAuthority)),
    ark("may not sign certificates", withExtensionValue(KEY_USAGE, signs)),
    ark("with an unknown critical extension", withExtra(foreign)),
  ];
}

/** Signed by somebody else. */
function signers(): readonly Case[] {
  const other = milan({ seed: "other" });
  const mine = milan();
  const askByOther = milan({ signers: { ASK: rsaKey("other/Milan/ARK") } });
  const swapped = { ...mine.asvk, name: mine.ask.name };
  return [
    one({
      name: "a whole chain of somebody else under AMD's names",
      vek: other.vcek(),
      expected: "rejected",
    }),
    one({ name: "a whole VLEK chain of somebody else", vek: other.vlek(), expected: "rejected" }),
    one({
      name: "ASK signed by another root",
      roots: [askByOther],
      vek: askByOther.vcek(),
      expected: "rejected",
    }),
    one({
      name: "VCEK signed by somebody else's ASK",
      vek: mine.vcek({ issuer: other.ask }),
      expected: "rejected",
    }),
    one({
      name: "VCEK signed by the ARK",
      vek: mine.vcek({ issuer: mine.ark }),
      expected: "rejected",
    }),
    one({
      name: "VCEK signed by the ASVK",
      vek: mine.vcek({ issuer: mine.asvk }),
      expected: "rejected",
    }),
    one({
      name: "VCEK signed by the ASVK under the ASK's name",
      vek: mine.vcek({ issuer: swapped }),
      expected: "rejected",
    }),
    one({
      name: "VLEK signed by the ASK",
      vek: mine.vlek({ issuer: mine.ask }),
      expected: "rejected",
    }),
    one({
      name: "a VCEK of Genoa under Milan's root",
      line: "Genoa",
      vek: hierarchyOf("Genoa").vcek(),
      roots: [mine],
      expected: "rejected",
    }),
    one({
      name: "the root of another line under this line's name",
      vek: createHierarchy({ line: "Genoa", names: "forged-amd" }).vcek({
        productName: "Milan-B0",
      }),
      expected: "rejected",
    }),
  ];
}

/** Names, versions, serial numbers, keys of the leaf. */
function leaves(): readonly Case[] {
  const mine = milan();
  const leaf = (title: string, edit: CertificateEdit, ok = false): Case =>
    one({
      name: `VCEK ${title}`,
      vek: mine.vcek({ edit }),
      expected: ok ? "accepted" : "rejected",
    });
  const subject =
    (name: string): CertificateEdit =>
    (fields) => ({
      ...fields,
      subject: distinguishedName(name, "forged-amd"),
    });
  const issuer =
    (name: string): CertificateEdit =>
    (fields) => ({
      ...fields,
      issuer: distinguishedName(name, "forged-amd"),
    });
  const bare = distinguishedName("SEV-VCEK", "simulator");
  const flipped = Uint8Array.from(p384Key("unused").spki);
  flipped[flipped.length - 1]! ^= 1;
  return [
    leaf("with the subject SEV-VLEK", subject("SEV-VLEK")),
    leaf("with the subject SEV-Milan", subject("SEV-Milan")),
    leaf("with an empty common name", subject("")),
    leaf("of another organization", (fields) => ({ ...fields, subject: bare }), true),
    leaf("naming SEV-Genoa as issuer", issuer("SEV-Genoa")),
    leaf("naming SEV-VLEK-Milan as issuer", issuer("SEV-VLEK-Milan")),
    leaf("of version 1", (fields) => ({ ...fields, version: 1 })),
    leaf("of version 2", (fields) => ({ ...fields, version: 2 })),
    leaf("with a serial number", (fields) => ({ ...fields, serial: 0x1234567890n }), true),
    leaf("with a negative serial number", (fields) => ({ ...fields, serial: -5n })),
    leaf("with an RSA key", (fields) => ({ ...fields, spki: rsaKey("other/Milan/ARK").spki })),
    leaf("with a point off the curve", (fields) => ({ ...fields, spki: flipped })),
    leaf(
      "that is a CA",
      withExtra({ oid: BASIC_CONSTRAINTS, value: Uint8Array.of(0x30, 3, 1, 1, 0xff) }),
      true,
    ),
  ];
}

/** Bytes of certificates. */
function encodings(): readonly Case[] {
  const vek = hierarchyOf("Milan").vcek();
  const bytes = (title: string, der: Uint8Array): Case =>
    one({
      name: `VCEK ${title}`,
      evidence: extended(vek.report(), { guid: "VCEK", bytes: der }),
      expected: "rejected",
    });
  const altered = (offset: number): Uint8Array => {
    const der = Uint8Array.from(vek.der);
    der[offset < 0 ? der.length + offset : offset]! ^= 1;
    return der;
  };
  return [
    bytes("with a byte behind it", Uint8Array.from([...vek.der, 0])),
    bytes("without its last byte", vek.der.slice(0, -1)),
    bytes("with its signature altered", altered(-1)),
    bytes("with its signed part altered", altered(400)),
    bytes("empty", new Uint8Array()),
    bytes("that is text", Buffer.from("no certificate")),
    bytes("that is the ASK", hierarchyOf("Milan").ask.der),
  ];
}

/** Which chip it is. */
function chips(): readonly Case[] {
  const group = { line: "Milan" } as const;
  const vek: Vek = hierarchyOf("Milan").vcek();
  const masked = vek.report(3, { chipId: new Uint8Array(64) });
  const turin = hierarchyOf("Turin").vcek();
  const tail = Uint8Array.from(turin.chipId);
  tail[8] = 1;
  const other = { chipId: chipId("Milan", "2") };
  const vlek = hierarchyOf("Milan").vlek();
  return [
    one({
      ...group,
      name: "VCEK of another chip",
      report: vek.report(3, other),
      expected: "rejected",
    }),
    one({ ...group, name: "chip masked, not tolerated", report: masked, expected: "rejected" }),
    one({
      ...group,
      name: "chip masked, tolerated",
      report: masked,
      demands: { maskedChipId: true },
      expected: "accepted",
    }),
    one({
      name: "Turin: bytes behind the chip's eight",
      line: "Turin",
      vek: turin,
      report: turin.report(5, { chipId: tail }),
      expected: "rejected",
    }),
    one({
      name: "Turin: VCEK of another chip",
      line: "Turin",
      vek: turin,
      report: turin.report(5, { chipId: chipId("Turin", "2") }),
      expected: "rejected",
    }),
    one({
      name: "VLEK and a chip that is named",
      vek: vlek,
      report: vlek.report(3, { chipId: vek.chipId }),
      expected: "accepted",
    }),
    one({
      name: "no root of this line",
      roots: [hierarchyOf("Genoa")],
      evidence: extended(vek.report(), vekEntry(vek)),
      expected: "rejected",
    }),
  ];
}

/** Names of the authorities. */
function authorityNames(): readonly Case[] {
  const named = (role: "ARK" | "ASK", name: string): Case => {
    const edit: CertificateEdit = (fields) => ({
      ...fields,
      subject: distinguishedName(name, "forged-amd"),
    });
    const hierarchy = milan({ edits: { [role]: edit } });
    return one({
      name: `${role} with the subject ${name}`,
      roots: [hierarchy],
      vek: hierarchy.vcek(),
      expected: "rejected",
    });
  };
  const versionOne = edits((fields) => ({ ...fields, version: 1, extensions: [] }));
  return [
    named("ARK", "ARK-Genoa"),
    named("ASK", "SEV-Genoa"),
    ...everywhere("version 1 without extensions", versionOne, "rejected"),
  ];
}

/** All of them. */
export function chainCases(): readonly Case[] {
  return [
    ...signatures(),
    ...validity(),
    ...authority(),
    ...signers(),
    ...leaves(),
    ...encodings(),
    ...chips(),
    ...authorityNames(),
  ];
}
