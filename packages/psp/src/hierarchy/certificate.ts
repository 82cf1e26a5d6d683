// SPDX-License-Identifier: Apache-2.0
// X.509 certificates (RFC 5280 section 4.1) signed with RSASSA-PSS, out of fields that may be anything.

import {
  bitString,
  boolean,
  explicit,
  integer,
  nullValue,
  objectIdentifier,
  octetString,
  sequence,
  time,
} from "./der-writer.ts";
import { signPss } from "./rsa-key.ts";
import type { PssParameters, RsaKey } from "./rsa-key.ts";

/** An extension; `value` is what the OCTET STRING around it holds. */
export interface Extension {
  readonly oid: string;
  readonly critical?: boolean;
  readonly value: Uint8Array;
}

/** Everything a certificate says. Nothing is checked: defects are made by saying something else. */
export interface CertificateFields {
  /** As certificates number it: 3. */
  readonly version: number;
  readonly serial: bigint;
  /** How it is signed. */
  readonly pss: PssParameters;
  /** AlgorithmIdentifier in the signed part, in DER. */
  readonly algorithm: Uint8Array;
  /** AlgorithmIdentifier before the signature, in DER; AMD's is the same. */
  readonly outerAlgorithm: Uint8Array;
  /** Names in DER. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SubjectPublicKeyInfo in DER. */
  readonly spki: Uint8Array;
  readonly extensions: readonly Extension[];
}

/** Changes fields just before the certificate is signed. */
export type CertificateEdit = (fields: CertificateFields) => CertificateFields;

/** The certificate of these fields, in DER. */
export function issueCertificate(fields: CertificateFields, signer: RsaKey): Uint8Array {
  const { version, serial, algorithm, issuer, subject, notBefore, notAfter, spki } = fields;
  const tbs = sequence(
    explicit(0, integer(version - 1)),
    integer(serial),
    algorithm,
    issuer,
    sequence(time(notBefore), time(notAfter)),
    subject,
    spki,
    ...(fields.extensions.length === 0 ? [] : [explicit(3, encodeExtensions(fields.extensions))]),
  );
  return signed(tbs, fields.outerAlgorithm, fields.pss, signer);
}

/** A signed structure: its bytes, the algorithm, the signature. */
export function signed(
  tbs: Uint8Array,
  algorithm: Uint8Array,
  pss: PssParameters,
  signer: RsaKey,
): Uint8Array {
  return sequence(tbs, algorithm, bitString(signPss(signer, tbs, pss)));
}

/** Extensions (RFC 5280 section 4.1.2.9). */
export function encodeExtensions(extensions: readonly Extension[]): Uint8Array {
  return sequence(
    ...extensions.map(({ oid, critical, value }) =>
      sequence(
        objectIdentifier(oid),
        ...(critical === true ? [boolean(true)] : []),
        octetString(value),
      ),
    ),
  );
}

const HASHES = {
  sha256: "2.16.840.1.101.3.4.2.1",
  sha384: "2.16.840.1.101.3.4.2.2",
  sha512: "2.16.840.1.101.3.4.2.3",
} as const;

/** Whether the AlgorithmIdentifier carries the trailer field although it has its default value. */
export type TrailerField = "explicit" | "absent";

/**
 * AlgorithmIdentifier of RSASSA-PSS (RFC 4055 section 3.1). AMD wrote the trailer field out until about
 * 2025, which is not DER, and has left it away since.
 */
export function pssAlgorithm(
  { hash, mgfHash, saltLength }: PssParameters,
  trailer: TrailerField,
): Uint8Array {
  const identifier = (oid: string): Uint8Array => sequence(objectIdentifier(oid), nullValue());
  return sequence(
    objectIdentifier("1.2.840.113549.1.1.10"),
    sequence(
      explicit(0, identifier(HASHES[hash])),
      explicit(1, sequence(objectIdentifier("1.2.840.113549.1.1.8"), identifier(HASHES[mgfHash]))),
      explicit(2, integer(saltLength)),
      ...(trailer === "explicit" ? [explicit(3, integer(1))] : []),
    ),
  );
}
