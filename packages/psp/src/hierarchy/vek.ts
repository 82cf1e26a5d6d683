// SPDX-License-Identifier: Apache-2.0
// VCEK and VLEK certificates with AMD's extensions (AMD 57230, section on VCEK and VLEK certificates),
// in the order and with the encodings of real ones.

import { PRODUCT_LINES } from "@greenlight/core/evidence";
import type { ProductLine, TcbVersion } from "@greenlight/core/evidence";
import type { Authority } from "./authority.ts";
import { issueCertificate, pssAlgorithm } from "./certificate.ts";
import type { CertificateEdit, CertificateFields, Extension, TrailerField } from "./certificate.ts";
import { integer, text } from "./der-writer.ts";
import { commonName, distinguishedName } from "./name.ts";
import type { NameStyle } from "./name.ts";
import type { P384Key } from "./p384-key.ts";
import { AMD_PSS } from "./rsa-key.ts";

/** What follows AMD's arc in the object identifiers. */
export const VEK_OID = {
  structVersion: "1.3.6.1.4.1.3704.1.1",
  productName: "1.3.6.1.4.1.3704.1.2",
  bootloader: "1.3.6.1.4.1.3704.1.3.1",
  tee: "1.3.6.1.4.1.3704.1.3.2",
  snp: "1.3.6.1.4.1.3704.1.3.3",
  spl4: "1.3.6.1.4.1.3704.1.3.4",
  spl5: "1.3.6.1.4.1.3704.1.3.5",
  spl6: "1.3.6.1.4.1.3704.1.3.6",
  spl7: "1.3.6.1.4.1.3704.1.3.7",
  microcode: "1.3.6.1.4.1.3704.1.3.8",
  fmc: "1.3.6.1.4.1.3704.1.3.9",
  hwId: "1.3.6.1.4.1.3704.1.4",
  cspId: "1.3.6.1.4.1.3704.1.5",
} as const;

/** Security version numbers in the order of real certificates, by structVersion. */
const SPL_ORDER = [
  ["bootloader", "tee", "spl4", "spl5", "spl6", "spl7", "snp", "microcode"],
  ["fmc", "bootloader", "tee", "snp", "spl5", "spl6", "spl7", "microcode"],
] as const;

/** What VCEK certificates call the product; Milan's say B0 whatever the silicon is. */
const VCEK_PRODUCT_NAMES: Readonly<Record<ProductLine, string>> = {
  Milan: "Milan-B0",
  Genoa: "Genoa",
  Turin: "Turin",
  Venice: "Venice",
};

/** What a certificate for a signing key is made of. */
export interface VekOptions {
  readonly kind: "VCEK" | "VLEK";
  readonly line: ProductLine;
  readonly style: NameStyle;
  readonly issuer: Authority;
  readonly key: P384Key;
  readonly tcb: TcbVersion;
  readonly trailer: TrailerField;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly productName?: string;
  /** The chip (VCEK), as its report has it: 64 bytes; or the provider (VLEK). */
  readonly chipId?: Uint8Array;
  readonly cspId?: string;
  readonly edit?: CertificateEdit;
}

/** The certificate, in DER. */
export function issueVek(options: VekOptions): Uint8Array {
  const { kind, line, style, issuer, key, trailer, notBefore, notAfter, edit } = options;
  const algorithm = pssAlgorithm(AMD_PSS, trailer);
  const fields: CertificateFields = {
    version: 3,
    serial: 0n,
    pss: AMD_PSS,
    algorithm,
    outerAlgorithm: algorithm,
    issuer: issuer.name,
    subject: distinguishedName(commonName(kind, line, style), style),
    notBefore,
    notAfter,
    spki: key.spki,
    extensions: vekExtensions(options),
  };
  return issueCertificate(edit === undefined ? fields : edit(fields), issuer.key);
}

function vekExtensions(options: VekOptions): readonly Extension[] {
  const { kind, line, tcb, chipId, cspId } = options;
  const { structVersion, hwIdLength } = PRODUCT_LINES[line];
  const name = options.productName ?? (kind === "VCEK" ? VCEK_PRODUCT_NAMES[line] : line);
  const spls: Readonly<Record<string, number | undefined>> = { ...tcb };
  return [
    { oid: VEK_OID.structVersion, value: integer(structVersion) },
    { oid: VEK_OID.productName, value: text("ia5", name) },
    ...SPL_ORDER[structVersion].map((part) => ({
      oid: VEK_OID[part],
      value: integer(spls[part] ?? 0),
    })),
    // Bare bytes, without a tag of their own, unlike all others.
    ...(chipId === undefined ? [] : [{ oid: VEK_OID.hwId, value: chipId.slice(0, hwIdLength) }]),
    ...(cspId === undefined ? [] : [{ oid: VEK_OID.cspId, value: text("ia5", cspId) }]),
  ];
}
