// SPDX-License-Identifier: Apache-2.0
// The view of certificates: whose they are, for what, and AMD's extensions in words. Shown, not judged:
// only byte-for-byte equality with a pinned authority is stated as a fact.

import { LayoutError, hexEncode } from "@greenlight/core/bytes";
import { sha256 } from "@greenlight/core/crypto";
import { identifyCertificate, readVekExtensions, tcbOfLevels } from "@greenlight/core/endorsement";
import type {
  Certificate,
  CertificateIdentity,
  CertificateRole,
  VekExtensions,
} from "@greenlight/core/endorsement";
import { formatTcb } from "@greenlight/core/evidence";
import { formatInstant } from "../../input/instant.ts";
import type { DumpPart } from "../../output/hexdump.ts";
import { pairs } from "../../output/table.ts";
import type { Pair } from "../../output/table.ts";
import { dumpFields, otherExtensions, serialText, signatureRows } from "./certificate-words.ts";
import { fieldsToJson } from "./view.ts";
import type { ArtefactOf, View, ViewOptions } from "./view.ts";

const ROLE_NAMES: Readonly<Record<CertificateRole, string>> = {
  ARK: "AMD Root Key",
  ASK: "AMD SEV Signing Key, signs VCEKs",
  ASVK: "AMD SEV VLEK Signing Key",
  VCEK: "Versioned Chip Endorsement Key",
  VLEK: "Versioned Loaded Endorsement Key",
};

const AMD_ARC = "1.3.6.1.4.1.3704.1.";
const SHOWN = new Set(["2.5.29.14", "2.5.29.15", "2.5.29.19", "2.5.29.31", "2.5.29.35"]);

/** The view of all certificates of a file. */
export function certificateView(
  { container, certificates, otherBlocks }: ArtefactOf<"certificate">,
  { verbose }: ViewOptions,
): View {
  const facts = certificates.map(gather);
  const [first] = facts;
  const summary =
    facts.length === 1 && first !== undefined
      ? `${container}, ${titleOf(first)}`
      : `${container}, ${facts.length} certificates`;
  const blocks = facts.map((fact, i) => {
    const rows = pairs(rowsOf(fact, verbose));
    return facts.length === 1 ? rows : `${i + 1}. ${titleOf(fact)}\n${rows}`;
  });
  if (otherBlocks > 0) {
    blocks.push(`The file also holds revocation lists (${otherBlocks}), which are not shown.`);
  }
  const dump = facts.map((fact) => dumpOf(fact));
  return {
    summary,
    blocks,
    findings: [],
    json: {
      container,
      certificates: facts.map((fact, i) => ({
        ...jsonOf(fact),
        fields: fieldsToJson(dump[i]!.fields),
      })),
    },
    dump,
  };
}

/** Everything that is said of the certificates of a file, for comparing it with another. */
export function certificateRows({ certificates }: ArtefactOf<"certificate">): readonly Pair[] {
  return certificates.flatMap((certificate, i) => {
    const rows = rowsOf(gather(certificate), true).flatMap(splitName);
    return certificates.length === 1
      ? rows
      : rows.map(([label, ...values]): Pair => [`${i + 1}. ${label}`, values.join(" ")]);
  });
}

/** A name as one row for each of its parts: `subject OU`, `subject CN`. */
function splitName(pair: Pair): readonly Pair[] {
  const [label, value] = pair;
  if (label !== "subject" && label !== "issuer") return [pair];
  // Commas inside values have a backslash before them.
  return value.split(/(?<!\\), /).map((part): Pair => {
    const at = part.indexOf("=");
    return at < 0 ? [label, part] : [`${label} ${part.slice(0, at)}`, part.slice(at + 1)];
  });
}

/** A certificate with everything that is said about it. */
interface Facts {
  readonly certificate: Certificate;
  readonly identity: CertificateIdentity | undefined;
  readonly sha256: string;
  readonly spkiSha256: string;
  /** AMD's extensions, or why they cannot be read; undefined when there are none. */
  readonly vek: VekExtensions | string | undefined;
}

function gather(certificate: Certificate): Facts {
  return {
    certificate,
    identity: identifyCertificate(certificate),
    sha256: hexEncode(sha256(certificate.der)),
    spkiSha256: hexEncode(sha256(certificate.spki)),
    vek: readVek(certificate),
  };
}

function readVek(certificate: Certificate): Facts["vek"] {
  if (!certificate.extensions.some(({ oid }) => oid.startsWith(AMD_ARC))) return undefined;
  try {
    return readVekExtensions(certificate);
  } catch (error) {
    if (error instanceof LayoutError) return error.message;
    throw error;
  }
}

/** `ASK of Milan`, `VCEK`, or the subject when it has none of AMD's names. */
function titleOf({ identity, certificate }: Facts): string {
  if (identity === undefined) return certificate.subject.commonName ?? "no common name";
  const { role, line } = identity;
  return line === undefined ? role : `${role} of ${line}`;
}

function rowsOf(fact: Facts, verbose: boolean): readonly Pair[] {
  const { certificate, identity } = fact;
  const { subject, issuer, serial, notBefore, notAfter, signatureAlgorithm } = certificate;
  const kind = identity === undefined ? [] : [row("kind", ROLE_NAMES[identity.role])];
  const isSelfIssued = hexEncode(subject.raw) === hexEncode(issuer.raw);
  return [
    ...kind,
    row("subject", subject.text),
    row("issuer", isSelfIssued ? "itself" : issuer.text),
    row("serial number", serialText(serial)),
    row("valid from", formatInstant(notBefore)),
    row("valid until", formatInstant(notAfter)),
    row("key", keyText(certificate)),
    ...signatureRows(signatureAlgorithm),
    ...vekRows(fact),
    ...authorityRows(certificate, verbose),
    ...extensionRows(certificate),
    row("SHA-256 of the certificate", fact.sha256),
    row("SHA-256 of its public key", fact.spkiSha256),
    ...pinRows(identity),
  ];
}

function vekRows({ vek }: Facts): readonly Pair[] {
  if (vek === undefined) return [];
  if (typeof vek === "string") return [row("AMD's extensions", `cannot be read: ${vek}`)];
  const { structVersion, productName, spl, hwId, cspId, unknown } = vek;
  return [
    row("product name", productName),
    row("TCB", formatTcb(tcbOfLevels(spl))),
    ...(hwId === undefined ? [] : [row("chip id (hwID)", hexEncode(hwId))]),
    ...(cspId === undefined ? [] : [row("cloud provider (cspID)", cspId)]),
    row("structure version", String(structVersion)),
    ...(unknown.length === 0 ? [] : [row("unknown AMD extensions", unknown.join(" "))]),
  ];
}

function authorityRows(certificate: Certificate, verbose: boolean): readonly Pair[] {
  const { basicConstraints, keyUsage, subjectKeyId, authorityKeyId } = certificate;
  const rows: Pair[] = [];
  if (basicConstraints !== undefined) {
    const { ca, pathLength } = basicConstraints;
    const below = pathLength === undefined ? "any number" : String(pathLength);
    rows.push(row("authority", ca ? `yes, authorities below it: ${below}` : "no"));
  }
  if (keyUsage !== undefined) rows.push(row("key usage", usages(keyUsage).join(", ")));
  const [uri, ...more] = certificate.crlDistributionPoints;
  if (uri !== undefined) rows.push(["revocation list", uri, ...more]);
  if (verbose && subjectKeyId !== undefined) {
    rows.push(row("subject key id", hexEncode(subjectKeyId)));
  }
  if (verbose && authorityKeyId !== undefined) {
    rows.push(row("authority key id", hexEncode(authorityKeyId)));
  }
  return rows;
}

function extensionRows({ extensions }: Certificate): readonly Pair[] {
  const isShown = (oid: string): boolean => oid.startsWith(AMD_ARC) || SHOWN.has(oid);
  const [first, ...more] = otherExtensions(extensions, isShown);
  return first === undefined ? [] : [["other extensions", first, ...more]];
}

function pinRows(identity: CertificateIdentity | undefined): readonly Pair[] {
  if (identity === undefined || identity.role === "VCEK" || identity.role === "VLEK") return [];
  const { pin } = identity;
  return [
    row(
      "pinned",
      pin === undefined
        ? "no: it has a name of AMD's, but not the fingerprint"
        : `yes, it is AMD's ${pin.role} of ${pin.line}`,
    ),
  ];
}

function keyText({ key }: Certificate): string {
  if (key.kind === "RSA") return `RSA, ${key.bits} bits, exponent ${key.exponent}`;
  return key.kind === "P-384" ? "EC on P-384" : key.title;
}

function usages(keyUsage: NonNullable<Certificate["keyUsage"]>): readonly string[] {
  return Object.entries(keyUsage).flatMap(([name, isSet]) => (isSet ? [name] : []));
}

function row(label: string, value: string): Pair {
  return [label, value];
}

function jsonOf({ certificate, identity, vek, ...digests }: Facts): object {
  const { version, serial, subject, issuer, notBefore, notAfter, key } = certificate;
  const { keyUsage, signatureAlgorithm, signature, extensions } = certificate;
  const { basicConstraints, subjectKeyId, authorityKeyId, crlDistributionPoints } = certificate;
  return {
    role: identity?.role,
    line: identity?.line,
    pinned: identity?.pin !== undefined,
    ...digests,
    version,
    serial,
    subject: subject.text,
    issuer: issuer.text,
    notBefore: formatInstant(notBefore),
    notAfter: formatInstant(notAfter),
    key,
    signatureAlgorithm,
    signature,
    basicConstraints,
    keyUsage: keyUsage === undefined ? undefined : usages(keyUsage),
    subjectKeyId,
    authorityKeyId,
    crlDistributionPoints,
    ...(typeof vek === "object" ? { amd: { ...vek, tcb: tcbOfLevels(vek.spl) } } : {}),
    ...(typeof vek === "string" ? { amdProblem: vek } : {}),
    extensions,
  };
}

function dumpOf(fact: Facts): DumpPart {
  const { der, issuer, subject, spki, extensions, signature } = fact.certificate;
  return {
    title: `Certificate: ${titleOf(fact)}`,
    bytes: der,
    fields: dumpFields(der, [
      ["issuer", issuer.raw, issuer.text],
      ["subject", subject.raw, subject.text],
      ["subjectPublicKeyInfo", spki, keyText(fact.certificate)],
      ...extensions.map(
        ({ oid, value }) => [`extension ${oid}`, value, `${value.length} bytes`] as const,
      ),
      ["signature", signature, `${signature.length} bytes`],
    ]),
  };
}
