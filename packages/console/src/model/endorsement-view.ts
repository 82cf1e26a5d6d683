// SPDX-License-Identifier: Apache-2.0
// Certificates and revocation lists as fields beside bytes. The decoders hand out views into the
// original bytes, so each field says itself where it stands.

import { hexEncode } from "@greenlight/core/bytes";
import { tcbOfLevels, readVekExtensions } from "@greenlight/core/endorsement";
import type { Certificate, Extension, RevocationList } from "@greenlight/core/endorsement";
import { LayoutError } from "@greenlight/core/bytes";
import { formatTcb } from "@greenlight/core/evidence";
import { certificateFacts } from "./chain.ts";
import type { ByteView, FieldRow, Tint } from "./byte-view.ts";
import { formatInstant } from "./instant.ts";

/** Names of extensions that occur in AMD's certificates and lists. */
const EXTENSION_NAMES: Readonly<Record<string, string>> = {
  "2.5.29.14": "subjectKeyIdentifier",
  "2.5.29.15": "keyUsage",
  "2.5.29.19": "basicConstraints",
  "2.5.29.20": "cRLNumber",
  "2.5.29.31": "cRLDistributionPoints",
  "2.5.29.35": "authorityKeyIdentifier",
  "1.3.6.1.4.1.3704.1.1": "structVersion",
  "1.3.6.1.4.1.3704.1.2": "productName",
  "1.3.6.1.4.1.3704.1.3.1": "blSPL",
  "1.3.6.1.4.1.3704.1.3.2": "teeSPL",
  "1.3.6.1.4.1.3704.1.3.3": "snpSPL",
  "1.3.6.1.4.1.3704.1.3.4": "spl_4",
  "1.3.6.1.4.1.3704.1.3.5": "spl_5",
  "1.3.6.1.4.1.3704.1.3.6": "spl_6",
  "1.3.6.1.4.1.3704.1.3.7": "spl_7",
  "1.3.6.1.4.1.3704.1.3.8": "ucodeSPL",
  "1.3.6.1.4.1.3704.1.3.9": "fmcSPL",
  "1.3.6.1.4.1.3704.1.4": "hwID",
  "1.3.6.1.4.1.3704.1.5": "cspID",
};

/** The view of a certificate. */
export function certificateView(id: string, certificate: Certificate): ByteView {
  const { der, issuer, subject, spki, signature, extensions, notBefore, notAfter } = certificate;
  const details = new Map(certificateFacts(certificate));
  const afterIssuer = endOf(issuer.raw, der);
  const rows = [
    field(der, issuer.raw, "issuer", issuer.text, "form", "who signed it"),
    {
      offset: afterIssuer,
      size: offsetIn(subject.raw, der) - afterIssuer,
      name: "validity",
      text: `${formatInstant(notBefore)} to ${formatInstant(notAfter)}`,
      doc: "both inclusive",
      tint: "form" as const,
    },
    field(der, subject.raw, "subject", subject.text, "form", "whose key it is"),
    field(der, spki, "subjectPublicKeyInfo", details.get("key") ?? "", "platform", "the key"),
    ...extensionRows(der, extensions),
    field(der, signature, "signature", hexEncode(signature), "signature", "of the issuer"),
  ];
  return {
    id,
    title: `Certificate ${subject.commonName ?? subject.text}`,
    about: ["X.509, RFC 5280.", ...vekLines(certificate)].join(" "),
    bytes: der,
    rows: rows.toSorted((a, b) => a.offset - b.offset),
    covered: coveredBy(certificate, "the issuer's signature"),
  };
}

/** The view of a revocation list. */
export function revocationListView(id: string, list: RevocationList): ByteView {
  const { der, issuer, signature, extensions, thisUpdate, nextUpdate, revoked } = list;
  const serials = revoked.map(({ serial }) => `0x${serial.toString(16)}`);
  const next = nextUpdate === undefined ? "not announced" : formatInstant(nextUpdate);
  return {
    id,
    title: `Revocation list of ${issuer.commonName ?? issuer.text}`,
    about: `X.509, RFC 5280 section 5. Issued ${formatInstant(thisUpdate)}, the next ${next}. Revoked: ${
      serials.length === 0 ? "nothing" : serials.slice(0, 20).join(", ")
    }${serials.length > 20 ? ` and ${serials.length - 20} more` : ""}.`,
    bytes: der,
    rows: [
      field(der, issuer.raw, "issuer", issuer.text, "form", "who signed it"),
      ...extensionRows(der, extensions),
      field(der, signature, "signature", hexEncode(signature), "signature", "of the issuer"),
    ].toSorted((a, b) => a.offset - b.offset),
    covered: coveredBy(list, "the issuer's signature"),
  };
}

function extensionRows(der: Uint8Array, extensions: readonly Extension[]): readonly FieldRow[] {
  return extensions
    .filter(({ value }) => value.length > 0)
    .map(({ oid, critical, value }) =>
      field(
        der,
        value,
        EXTENSION_NAMES[oid] ?? oid,
        hexEncode(value),
        oid.startsWith("1.3.6.1.4.1.3704.1.") ? "platform" : "form",
        `extension ${oid}${critical ? ", critical" : ""}`,
      ),
    );
}

/** What AMD's extensions say, for a VCEK or VLEK. */
function vekLines(certificate: Certificate): readonly string[] {
  if (!/^SEV-V[CL]EK$/.test(certificate.subject.commonName ?? "")) return [];
  try {
    const { productName, spl, cspId } = readVekExtensions(certificate);
    const provider = cspId === undefined ? [] : [`Issued to ${cspId}.`];
    return [`For ${productName}, TCB ${formatTcb(tcbOfLevels(spl))}.`, ...provider];
  } catch (error) {
    if (error instanceof LayoutError) return [error.message];
    throw error;
  }
}

function coveredBy(
  { der, tbs }: Pick<Certificate, "der" | "tbs">,
  by: string,
): NonNullable<ByteView["covered"]> {
  return { from: offsetIn(tbs, der), to: endOf(tbs, der), by };
}

function field(
  der: Uint8Array,
  part: Uint8Array,
  name: string,
  text: string,
  tint: Tint,
  doc: string,
): FieldRow {
  return { offset: offsetIn(part, der), size: part.length, name, text, doc, tint };
}

function offsetIn(part: Uint8Array, whole: Uint8Array): number {
  return part.byteOffset - whole.byteOffset;
}

function endOf(part: Uint8Array, whole: Uint8Array): number {
  return offsetIn(part, whole) + part.length;
}
