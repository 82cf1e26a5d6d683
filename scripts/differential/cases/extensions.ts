// SPDX-License-Identifier: Apache-2.0
// AMD's extensions in VCEK and VLEK certificates: each missing, there twice, of another value or type;
// order, encodings, and others beside them.

import {
  VEK_OID,
  derWriter,
  edits,
  keyUsage,
  reversedExtensions,
  withDuplicate,
  withExtensionValue,
  withExtensions,
  withExtra,
  withoutExtension,
  wrappedHwId,
} from "@greenlight/psp/hierarchy";
import type { CertificateEdit, Vek } from "@greenlight/psp/hierarchy";
import type { ProductLine } from "@greenlight/core/evidence";
import { hierarchyOf, makeCase } from "../case.ts";
import type { Case } from "../case.ts";

const { integer, octetString, text, objectIdentifier, boolean } = derWriter;

type Kind = "VCEK" | "VLEK";
type ExtensionName = keyof typeof VEK_OID;

function isOf(name: ExtensionName, kind: Kind, line: ProductLine): boolean {
  if (name === "hwId") return kind === "VCEK";
  if (name === "cspId") return kind === "VLEK";
  return line === "Turin" ? name !== "spl4" : name !== "fmc";
}

function edited(
  title: string,
  edit: CertificateEdit,
  ok = false,
  kind: Kind = "VCEK",
  line: ProductLine = "Milan",
  version?: 2 | 3 | 4 | 5,
): Case {
  const hierarchy = hierarchyOf(line);
  const vek: Vek = kind === "VCEK" ? hierarchy.vcek({ edit }) : hierarchy.vlek({ edit });
  return makeCase("VCEK and VLEK extensions", {
    name: `${line} ${kind}: ${title}`,
    line,
    vek,
    report: vek.report(version),
    expected: ok ? "accepted" : "rejected",
  });
}

/** A value like the real one, and not the same. */
function otherValue(name: ExtensionName): Uint8Array {
  switch (name) {
    case "productName":
      return text("ia5", "Rome");
    case "hwId":
      return new Uint8Array(64).fill(7);
    case "cspId":
      return text("ia5", "");
    case "structVersion":
      return integer(2);
    default:
      return integer(126);
  }
}

function everyExtension(kind: Kind, line: ProductLine): readonly Case[] {
  return Object.entries(VEK_OID).flatMap(([key, oid]) => {
    const name = key as ExtensionName;
    if (!isOf(name, kind, line)) return [];
    const one = (title: string, edit: CertificateEdit): Case =>
      edited(`${name} ${title}`, edit, false, kind, line);
    // The reserved parts say nothing in a report of theirs, so another value has nothing to contradict.
    return [
      one("missing", withoutExtension(oid)),
      one("twice", withDuplicate(oid)),
      one("of another value", withExtensionValue(oid, otherValue(name))),
      one("of another type", withExtensionValue(oid, boolean(true))),
    ];
  });
}

/** Ways to write a number that are not DER's, and numbers that are no byte. */
function numbers(): readonly Case[] {
  const tee = (title: string, bytes: readonly number[]): Case =>
    edited(`tee ${title}`, withExtensionValue(VEK_OID.tee, Uint8Array.from(bytes)));
  return [
    tee("with a padding byte", [0x02, 0x02, 0x00, 0x00]),
    tee("negative", [0x02, 0x01, 0xff]),
    tee("256", [0x02, 0x02, 0x01, 0x00]),
    tee("without content", [0x02, 0x00]),
    tee("empty", []),
    tee("with a byte behind it", [0x02, 0x01, 0x00, 0x00]),
    tee("with its length in two bytes", [0x02, 0x81, 0x01, 0x00]),
  ];
}

function hardwareIds(): readonly Case[] {
  const { chipId } = hierarchyOf("Milan").vcek();
  const id = (title: string, value: Uint8Array, ok = false): Case =>
    edited(`hwID ${title}`, withExtensionValue(VEK_OID.hwId, value), ok);
  const starting = (first: number): Case => {
    const own = Uint8Array.from(chipId);
    // Begins like a tag and a length.
    own.set([first, 62]);
    const vek = hierarchyOf("Milan").vcek({ chipId: own });
    return makeCase("VCEK and VLEK extensions", {
      name: `Milan VCEK: hwID and CHIP_ID beginning with 0x${first.toString(16)}`,
      vek,
      expected: "accepted",
    });
  };
  return [
    edited("hwID in an OCTET STRING", wrappedHwId, true),
    id("in an OCTET STRING twice", octetString(octetString(chipId))),
    id("of 63 bytes", chipId.slice(0, 63)),
    id("of 65 bytes", Uint8Array.from([...chipId, 0])),
    id("of 8 bytes", chipId.slice(0, 8)),
    id("empty", new Uint8Array()),
    id("zero", new Uint8Array(64)),
    starting(0x02),
    starting(0x04),
    edited(
      "hwID of 64 bytes",
      withExtensionValue(VEK_OID.hwId, hierarchyOf("Turin").vcek().chipId),
      false,
      "VCEK",
      "Turin",
    ),
    edited("cspID beside hwID", withExtra({ oid: VEK_OID.cspId, value: text("ia5", "CN=x") })),
    edited("hwID beside cspID", withExtra({ oid: VEK_OID.hwId, value: chipId }), false, "VLEK"),
    edited(
      "hwID in place of cspID",
      edits(withoutExtension(VEK_OID.cspId), withExtra({ oid: VEK_OID.hwId, value: chipId })),
      false,
      "VLEK",
    ),
  ];
}

function productNames(): readonly Case[] {
  const named = (
    name: string,
    ok: boolean,
    line: ProductLine,
    version: 2 | 3,
    kind: Kind = "VCEK",
  ): Case =>
    edited(
      `productName ${JSON.stringify(name)}, report version ${version}`,
      withExtensionValue(VEK_OID.productName, text("ia5", name)),
      ok,
      kind,
      line,
      version,
    );
  const utf8 = withExtensionValue(VEK_OID.productName, text("utf8", "Milan-B0"));
  return [
    ...([2, 3] as const).flatMap((version) => [
      named("Milan-B1", true, "Milan", version),
      named("Milan", true, "Milan", version),
      named("Milan-Z9", true, "Milan", version),
      named("Genoa-B0", true, "Genoa", version),
      named("Genoa-B1", false, "Milan", version),
      named("milan-B0", false, "Milan", version),
      named("", false, "Milan", version),
      named("Genoa", false, "Milan", version, "VLEK"),
    ]),
    edited("productName as UTF8String", utf8),
  ];
}

/** Order, flags and extensions of others. */
function arrangements(): readonly Case[] {
  const critical = (oid: string): CertificateEdit =>
    withExtensions((all) =>
      all.map((each) => (each.oid === oid ? { ...each, critical: true } : each)),
    );
  const future = { oid: "1.3.6.1.4.1.3704.1.3.10", value: integer(0) };
  const foreign = { oid: "1.3.6.1.4.1.99999.1", value: integer(0) };
  const identifier = { oid: "2.5.29.35", value: Uint8Array.of(0x30, 0x00) };
  return [
    edited("extensions in the opposite order", reversedExtensions, true),
    edited("extensions in the opposite order", reversedExtensions, true, "VLEK"),
    edited(
      "no extensions",
      withExtensions(() => []),
    ),
    edited("structVersion critical", critical(VEK_OID.structVersion), true),
    edited("unknown extension of AMD's arc", withExtra(future)),
    edited("unknown extension of somebody else", withExtra(foreign), true),
    edited("unknown critical extension", withExtra({ ...foreign, critical: true })),
    edited("authority key identifier", withExtra(identifier), true),
    edited("key usage digitalSignature", withExtra({ ...keyUsage(0x80), critical: false }), true),
    edited("fmc on Milan", withExtra({ oid: VEK_OID.fmc, value: integer(0) })),
    edited(
      "spl4 on Turin",
      withExtra({ oid: VEK_OID.spl4, value: integer(0) }),
      false,
      "VCEK",
      "Turin",
    ),
    edited("structVersion 1 on Milan", withExtensionValue(VEK_OID.structVersion, integer(1))),
    edited(
      "structVersion 0 on Turin",
      withExtensionValue(VEK_OID.structVersion, integer(0)),
      false,
      "VCEK",
      "Turin",
    ),
    edited(
      "an object identifier as value",
      withExtensionValue(VEK_OID.snp, objectIdentifier("1.2.3")),
    ),
  ];
}

/** All of them. */
export function extensionCases(): readonly Case[] {
  return [
    ...everyExtension("VCEK", "Milan"),
    ...everyExtension("VLEK", "Milan"),
    ...everyExtension("VCEK", "Turin"),
    ...numbers(),
    ...hardwareIds(),
    ...productNames(),
    ...arrangements(),
  ];
}
