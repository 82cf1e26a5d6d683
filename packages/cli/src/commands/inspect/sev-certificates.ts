// SPDX-License-Identifier: Apache-2.0
// The view of SEV certificates: a platform's and AMD's. Shown, not judged: only equality with a pinned
// certificate is stated as a fact.

import { annotate, hexEncode, hexNumber } from "@greenlight/core/bytes";
import { sha256 } from "@greenlight/core/crypto";
import {
  AMD_CERTIFICATE_2048,
  AMD_CERTIFICATE_4096,
  AMD_SEV_ROOTS,
  SEV_ALGORITHM,
  SEV_CERTIFICATE,
  SEV_USAGE,
  ownerFingerprint,
} from "@greenlight/core/sev-endorsement";
import type {
  AmdCertificate,
  FoundSevCertificate,
  SevCertificate,
  SevPublicKey,
  SevSignature,
} from "@greenlight/core/sev-endorsement";
import type { DumpPart } from "../../output/hexdump.ts";
import { pairs } from "../../output/table.ts";
import type { Pair } from "../../output/table.ts";
import { fieldsToJson } from "./view.ts";
import type { ArtefactOf, View } from "./view.ts";

const ROLE_NAMES: Readonly<Record<string, string>> = {
  ARK: "AMD Root Key",
  ASK: "AMD SEV Signing Key, signs CEKs",
  CEK: "Chip Endorsement Key, signs PEKs",
  OCA: "Owner Certificate Authority, signs PEKs",
  PEK: "Platform Endorsement Key, signs PDHs",
  PDH: "Platform Diffie-Hellman key, or a guest owner's own (GODH)",
};

/** The view of all certificates of a file. */
export function sevCertificatesView({ certificates }: ArtefactOf<"sev-certificates">): View {
  const [first, ...more] = certificates;
  const names = certificates.map(nameOf);
  const blocks = certificates.map((found, i) => {
    const rows = pairs(rowsOf(found));
    return more.length === 0 ? rows : `${i + 1}. ${names[i]}\n${rows}`;
  });
  const dump = certificates.map(dumpOf);
  return {
    summary: first === undefined ? "" : more.length === 0 ? names[0]! : names.join(", "),
    blocks,
    findings: [],
    json: {
      certificates: certificates.map((found, i) => ({
        ...jsonOf(found),
        fields: fieldsToJson(dump[i]!.fields),
      })),
    },
    dump,
  };
}

/** Everything that is said of the certificates of a file, for comparing it with another. */
export function sevCertificateRows({
  certificates,
}: ArtefactOf<"sev-certificates">): readonly Pair[] {
  return certificates.flatMap((found) =>
    certificates.length === 1
      ? rowsOf(found)
      : rowsOf(found).map(([label, ...values]): Pair => [
          `${nameOf(found)} ${label}`,
          values.join(" "),
        ]),
  );
}

/** `PDH`; the number of a usage without a name. */
function nameOf({ certificate }: FoundSevCertificate): string {
  return nameIn(SEV_USAGE, certificate.usage);
}

function rowsOf(found: FoundSevCertificate): readonly Pair[] {
  const name = nameOf(found);
  const kind: Pair = ["kind", ROLE_NAMES[name] ?? "a key that is none of a platform"];
  return [kind, ...(found.kind === "SEV" ? platformRows(found.certificate) : amdRows(found))];
}

function platformRows(certificate: SevCertificate): readonly Pair[] {
  const { apiMajor, apiMinor, algorithm, publicKey, signatures, usage, bytes } = certificate;
  const [first, second] = signatures.map(
    (signature) =>
      `${nameIn(SEV_USAGE, signature.usage)}, ${nameIn(SEV_ALGORITHM, signature.algorithm)}`,
  );
  const api = apiMajor === 0 && apiMinor === 0 ? "no firmware (0.0)" : `${apiMajor}.${apiMinor}`;
  return [
    ["made by firmware", api],
    ["algorithm", nameIn(SEV_ALGORITHM, algorithm)],
    ["key", keyText(publicKey)],
    ["signature 1", signatureText(signatures[0], first!)],
    ["signature 2", signatureText(signatures[1], second!)],
    [
      usage === SEV_USAGE.OCA
        ? "SHA-256 of its public key (the owner)"
        : "SHA-256 of its public key",
      ownerFingerprint(certificate),
    ],
    ["SHA-256 of the certificate", hexEncode(sha256(bytes))],
  ];
}

/** Unused slots are INVALID or all zeros, which as a usage would be the ARK's. */
function signatureText({ usage, algorithm }: SevSignature, text: string): string {
  return usage === SEV_USAGE.INVALID || algorithm === SEV_ALGORITHM.none ? "none" : text;
}

function amdRows(found: Extract<FoundSevCertificate, { kind: "AMD" }>): readonly Pair[] {
  const { certificate, unsigned } = found;
  const { keyId, certifyingKeyId, bits, exponent, bytes } = certificate;
  const isOwn = hexEncode(keyId) === hexEncode(certifyingKeyId);
  const exponentText = BigInt(`0x${hexEncode(exponent) || "0"}`).toString();
  return [
    ["key id", hexEncode(keyId)],
    ["signed by key id", isOwn ? "itself" : hexEncode(certifyingKeyId)],
    ["key", `RSA, ${bits} bits, exponent ${exponentText}`],
    ...(unsigned === true
      ? ([
          ["signature", "not in the file; it is AMD's first ARK of Naples, which is built in"],
        ] as const)
      : []),
    ["pinned", pinText(certificate)],
    ["SHA-256 of the certificate", hexEncode(sha256(bytes))],
  ];
}

function pinText({ bytes }: AmdCertificate): string {
  for (const { line, ark, ask } of AMD_SEV_ROOTS) {
    for (const [role, pinned] of [
      ["ARK", ark],
      ["ASK", ask],
    ] as const) {
      if (pinned !== undefined && Buffer.compare(pinned.bytes, bytes) === 0) {
        return `yes, it is AMD's ${role} of ${line}`;
      }
    }
  }
  return "no";
}

function keyText(key: SevPublicKey): string {
  switch (key.kind) {
    case "EC":
      return key.curve === 2 ? "EC on P-384" : `EC on curve ${hexNumber(key.curve)}`;
    case "RSA":
      return `RSA, ${key.bits} bits`;
    case "unknown":
      return "of an algorithm that is not known";
  }
}

function nameIn(names: Readonly<Record<string, number>>, value: number): string {
  return Object.entries(names).find(([, known]) => known === value)?.[0] ?? hexNumber(value);
}

function jsonOf(found: FoundSevCertificate): object {
  const { offset, certificate } = found;
  const usage = nameOf(found);
  if (found.kind === "AMD") {
    const { keyId, certifyingKeyId, bits, exponent, modulus, signature } = found.certificate;
    const numbers = { bits, exponent, modulus, signature };
    const pinned = pinText(found.certificate) !== "no";
    return { format: "AMD", offset, usage, keyId, certifyingKeyId, ...numbers, pinned };
  }
  const { apiMajor, apiMinor, algorithm, publicKey, signatures, bytes } = found.certificate;
  return {
    format: "SEV",
    offset,
    usage,
    api: `${apiMajor}.${apiMinor}`,
    algorithm: nameIn(SEV_ALGORITHM, algorithm),
    publicKey,
    signatures: signatures.map((signature) => ({
      usage: nameIn(SEV_USAGE, signature.usage),
      algorithm: nameIn(SEV_ALGORITHM, signature.algorithm),
    })),
    keySha256: ownerFingerprint(found.certificate),
    sha256: sha256(bytes),
    size: certificate.bytes.length,
  };
}

function dumpOf(found: FoundSevCertificate): DumpPart {
  const { certificate } = found;
  const { bytes } = certificate;
  const title = `${nameOf(found)} at offset 0x${found.offset.toString(16)}`;
  if (found.kind === "SEV") return { title, bytes, fields: annotate(SEV_CERTIFICATE, bytes) };
  const layout = found.certificate.bits === 2048 ? AMD_CERTIFICATE_2048 : AMD_CERTIFICATE_4096;
  return { title, bytes, fields: annotate(layout, bytes) };
}
