// SPDX-License-Identifier: Apache-2.0
// Real certificates and lists, minted again from what they say: the signed parts must be the same bytes.

import assert from "node:assert/strict";
import { X509Certificate, createHash } from "node:crypto";
import { test } from "node:test";
import type { ProductLine } from "@greenlight/core/evidence";
import {
  VEK_OID,
  createHierarchy,
  derWriter,
  distinguishedName,
  edits,
  withExtensionValue,
} from "@greenlight/psp/hierarchy";
import type { CertificateEdit, Hierarchy } from "@greenlight/psp/hierarchy";
import { missingVectors, readVector } from "../../../core/test/support/vectors.ts";
import { extensionValue, signedPartOf } from "../support/der.ts";

const { objectIdentifier } = derWriter;

function valueOf(der: Uint8Array, oid: string): Uint8Array {
  return extensionValue(der, objectIdentifier(oid)) ?? assert.fail(`no ${oid}`);
}

function number(der: Uint8Array, oid: string): number {
  return valueOf(der, oid)
    .subarray(2)
    .reduce((sum, byte) => sum * 256 + byte, 0);
}

/** What a real certificate has and a seed cannot give: its key, and what was said about the trailer. */
function likeReal(der: Uint8Array): {
  readonly real: X509Certificate;
  readonly trailer: "explicit" | "absent";
  readonly dates: { readonly notBefore: number; readonly notAfter: number };
  readonly key: CertificateEdit;
} {
  const real = new X509Certificate(der);
  const spki = Uint8Array.from(real.publicKey.export({ type: "spki", format: "der" }));
  const explicit = Buffer.from(signedPartOf(der)).includes(Buffer.from("a303020101", "hex"));
  return {
    real,
    trailer: explicit ? "explicit" : "absent",
    dates: { notBefore: real.validFromDate.getTime(), notAfter: real.validToDate.getTime() },
    key: (fields) => ({ ...fields, spki }),
  };
}

const VEKS: readonly (readonly [name: string, line: ProductLine])[] = [
  ["azure-genoa-trustee", "Genoa"],
  ["azure-milan-v3-attestationrs", "Milan"],
  ["genoa-v3-aci", "Genoa"],
  ["genoa-v3-tinfoil", "Genoa"],
  ["milan-v2-debug-google", "Milan"],
  ["milan-v2-virtee", "Milan"],
  ["milan-v3-aci", "Milan"],
  ["milan-v3-vlek-aws", "Milan"],
  ["siena-v5-attestationrs", "Genoa"],
  ["turin-v5-aci", "Turin"],
  ["turin-vcek-virtee", "Turin"],
];

for (const [name, line] of VEKS) {
  const path = `snp/veks/${name}.der`;
  test(`the signed part of ${name} is minted byte by byte`, { skip: missingVectors(path) }, () => {
    const der = readVector(path);
    const { trailer, dates, key } = likeReal(der);
    const fmc = line === "Turin" ? { fmc: number(der, VEK_OID.fmc) } : {};
    const common = {
      ...dates,
      tcb: {
        ...fmc,
        bootloader: number(der, VEK_OID.bootloader),
        tee: number(der, VEK_OID.tee),
        snp: number(der, VEK_OID.snp),
        microcode: number(der, VEK_OID.microcode),
      },
      edit: key,
    };
    const hierarchy = createHierarchy({ line, names: "forged-amd", trailer });
    const cspId = extensionValue(der, objectIdentifier(VEK_OID.cspId));
    const minted =
      cspId === undefined
        ? hierarchy.vcek({ ...common, chipId: valueOf(der, VEK_OID.hwId) })
        : hierarchy.vlek({ ...common, cspId: Buffer.from(cspId.subarray(2)).toString() });
    assert.deepEqual(signedPartOf(minted.der), signedPartOf(der));
  });
}

const SKI = "2.5.29.14";
const AKI = "2.5.29.35";

for (const line of ["Milan", "Genoa", "Turin"] as const) {
  for (const role of ["ARK", "ASK", "ASVK"] as const) {
    const path = `snp/roots/${line.toLowerCase()}-${role.toLowerCase()}.der`;
    const title = `the signed part of ${line}'s ${role} is minted byte by byte`;
    test(title, { skip: missingVectors(path) }, () => {
      const der = readVector(path);
      const { real, trailer, dates, key } = likeReal(der);
      const edit = edits(
        key,
        // The second ASK of Genoa has the number 020002.
        (fields) => ({ ...fields, serial: BigInt(`0x${real.serialNumber}`) }),
        withExtensionValue(SKI, valueOf(der, SKI)),
        ...(role === "ARK" ? [] : [withExtensionValue(AKI, valueOf(der, AKI))]),
      );
      const options = { line, names: "forged-amd", trailer, ...dates, edits: { [role]: edit } };
      const hierarchy: Hierarchy = createHierarchy({ ...options, names: "forged-amd" });
      const authority = { ARK: "ark", ASK: "ask", ASVK: "asvk" } as const;
      assert.deepEqual(signedPartOf(hierarchy[authority[role]].der), signedPartOf(der));
    });

    test(
      `${line}'s ${role} has the key identifier we would give it`,
      {
        skip: missingVectors(path),
      },
      () => {
        const der = readVector(path);
        const spki = new X509Certificate(der).publicKey.export({ type: "pkcs1", format: "der" });
        const digest = createHash("sha1").update(spki).digest();
        assert.deepEqual(Buffer.from(valueOf(der, SKI).subarray(2)), digest);
      },
    );
  }
}

const LISTS = [
  {
    name: "kds-vcek-genoa-2026-08-19",
    line: "Genoa",
    number: 10n,
    thisUpdate: Date.UTC(2026, 7, 19, 14, 9, 1),
    revoked: [{ serial: 0x020001n, date: Date.UTC(2022, 9, 31, 12) }],
  },
  {
    name: "kds-vcek-milan-2026-08-19",
    line: "Milan",
    number: 11n,
    thisUpdate: Date.UTC(2026, 7, 19, 14, 19, 23),
    revoked: [],
  },
] as const;

for (const { name, line, number: crlNumber, thisUpdate, revoked } of LISTS) {
  const path = `snp/crl/${name}.crl`;
  test(`the signed part of ${name} is minted byte by byte`, { skip: missingVectors(path) }, () => {
    const der = readVector(path);
    const issuer = distinguishedName(`ARK-${line}`, "forged-amd");
    const list = createHierarchy({ line, names: "forged-amd" }).crl({
      number: crlNumber,
      thisUpdate,
      nextUpdate: Date.UTC(2026, 9, 4),
      revoked,
      edit: (fields) => ({
        ...fields,
        issuer,
        extensions: fields.extensions.map((each) =>
          each.oid === AKI ? { ...each, value: valueOf(der, AKI) } : each,
        ),
      }),
    });
    assert.deepEqual(signedPartOf(list), signedPartOf(der));
  });
}
