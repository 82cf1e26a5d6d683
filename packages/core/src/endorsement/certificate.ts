// SPDX-License-Identifier: Apache-2.0
// X.509 version 3 certificates (RFC 5280 section 4) as AMD issues them: strict DER, no re-encoding,
// nothing judged. What a certificate may be used for is decided elsewhere.

import { LayoutError } from "../bytes/index.ts";
import { DER_TAG, DerReader, contextTag } from "../crypto/der.ts";
import { readPublicKeyKind } from "../crypto/spki.ts";
import type { PublicKeyKind } from "../crypto/spki.ts";
import {
  EXTENSION_OID,
  findExtension,
  readAuthorityKeyId,
  readBasicConstraints,
  readDistributionPoints,
  readKeyUsage,
  readSubjectKeyId,
} from "./extension.ts";
import type { BasicConstraints, Extension, KeyUsage } from "./extension.ts";
import { readName } from "./name.ts";
import type { Name } from "./name.ts";
import { readSignatureAlgorithm } from "./signature-algorithm.ts";
import type { SignatureAlgorithm } from "./signature-algorithm.ts";
import {
  readOptionalExtensions,
  readSerial,
  readSigned,
  requireLimit,
  requireSameAlgorithm,
} from "./signed.ts";

/** A certificate. Byte strings are views of `der`. */
export interface Certificate {
  readonly der: Uint8Array;
  /** The signed part as it stands: tbsCertificate with tag and length. */
  readonly tbs: Uint8Array;
  /** Always 3; others are refused. */
  readonly version: number;
  readonly serial: bigint;
  readonly issuer: Name;
  readonly subject: Name;
  /** Milliseconds since 1970, both inclusive. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SubjectPublicKeyInfo as it stands. */
  readonly spki: Uint8Array;
  readonly key: PublicKeyKind;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly signature: Uint8Array;
  readonly basicConstraints?: BasicConstraints;
  readonly keyUsage?: KeyUsage;
  readonly subjectKeyId?: Uint8Array;
  readonly authorityKeyId?: Uint8Array;
  /** URIs of the CRL distribution points. */
  readonly crlDistributionPoints: readonly string[];
  /** All extensions, those read above and those that are not known included. */
  readonly extensions: readonly Extension[];
}

/** Largest certificate that is read. AMD's have 1.3 to 1.7 kB. */
export const CERTIFICATE_LIMIT = 0x4000;

/**
 * Reads a certificate.
 * @throws {LayoutError} for bytes that are not exactly one certificate of version 3 in DER.
 */
export function parseCertificate(der: Uint8Array): Certificate {
  requireLimit(der, "Certificate", CERTIFICATE_LIMIT);
  const outer = new DerReader(der, "Certificate");
  const { body, tbs, algorithm, signature } = readSigned(outer, "tbsCertificate");
  const version = readVersion(body);
  const serial = readSerial(body, "serialNumber");
  const inner = body.element(DER_TAG.sequence, "signature");
  requireSameAlgorithm(inner, algorithm, "Certificate");
  const issuer = readName(body, "issuer");
  const validity = body.sequence("validity");
  const notBefore = validity.time("notBefore");
  const notAfter = validity.time("notAfter");
  validity.finish();
  const subject = readName(body, "subject");
  const spki = body.element(DER_TAG.sequence, "subjectPublicKeyInfo");
  const extensions = readOptionalExtensions(body, contextTag(3));
  body.finish();
  return {
    der,
    tbs,
    version,
    serial,
    issuer,
    subject,
    notBefore,
    notAfter,
    spki,
    key: readPublicKeyKind(spki),
    signatureAlgorithm: readSignatureAlgorithm(algorithm),
    signature,
    ...readKnown(extensions),
    extensions,
  };
}

type Known = Pick<
  Certificate,
  "basicConstraints" | "keyUsage" | "subjectKeyId" | "authorityKeyId" | "crlDistributionPoints"
>;

/** The extensions every certificate may have. */
function readKnown(extensions: readonly Extension[]): Known {
  const read = <T>(oid: string, decode: (value: Uint8Array) => T): T | undefined => {
    const extension = findExtension(extensions, oid);
    return extension === undefined ? undefined : decode(extension.value);
  };
  const basicConstraints = read(EXTENSION_OID.basicConstraints, readBasicConstraints);
  const keyUsage = read(EXTENSION_OID.keyUsage, readKeyUsage);
  const subjectKeyId = read(EXTENSION_OID.subjectKeyIdentifier, readSubjectKeyId);
  const authorityKeyId = read(EXTENSION_OID.authorityKeyIdentifier, readAuthorityKeyId);
  const points = read(EXTENSION_OID.crlDistributionPoints, readDistributionPoints);
  return {
    ...(basicConstraints === undefined ? {} : { basicConstraints }),
    ...(keyUsage === undefined ? {} : { keyUsage }),
    ...(subjectKeyId === undefined ? {} : { subjectKeyId }),
    ...(authorityKeyId === undefined ? {} : { authorityKeyId }),
    crlDistributionPoints: points ?? [],
  };
}

function readVersion(body: DerReader): number {
  const offset = body.offset;
  let version = 1;
  if (body.nextTag === contextTag(0)) {
    const wrapped = body.sequence("version", contextTag(0));
    version = wrapped.version("number") + 1;
    wrapped.finish();
  }
  if (version === 3) return version;
  throw new LayoutError({
    code: "unsupported-version",
    structure: "Certificate",
    field: "tbsCertificate.version",
    offset,
    reason: `is ${version}, must be 3`,
    source: "RFC 5280 section 4.1.2.1",
  });
}
