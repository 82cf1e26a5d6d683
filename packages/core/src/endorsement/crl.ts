// SPDX-License-Identifier: Apache-2.0
// Certificate revocation lists of version 2 (RFC 5280 section 5): strict DER, no re-encoding, nothing
// judged.

import { LayoutError } from "../bytes/index.ts";
import { DER_TAG, DerReader, contextTag } from "../crypto/der.ts";
import {
  EXTENSION_OID,
  findExtension,
  readAuthorityKeyId,
  readExtensions,
  whole,
} from "./extension.ts";
import type { Extension } from "./extension.ts";
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
  unsignedBigint,
} from "./signed.ts";

/** A revoked certificate. */
export interface RevokedCertificate {
  readonly serial: bigint;
  /** When it was revoked, milliseconds since 1970. */
  readonly date: number;
  /** `keyCompromise` and the like (RFC 5280 section 5.3.1). */
  readonly reason?: string;
}

/** A revocation list. Byte strings are views of `der`. */
export interface RevocationList {
  readonly der: Uint8Array;
  /** The signed part as it stands: tbsCertList with tag and length. */
  readonly tbs: Uint8Array;
  readonly issuer: Name;
  /** Milliseconds since 1970. */
  readonly thisUpdate: number;
  /** Absent when the issuer does not say when the next list comes. */
  readonly nextUpdate?: number;
  readonly crlNumber?: bigint;
  readonly authorityKeyId?: Uint8Array;
  readonly revoked: readonly RevokedCertificate[];
  /** Extensions of the list itself, those that are not known included. */
  readonly extensions: readonly Extension[];
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly signature: Uint8Array;
}

/** Largest list that is read; AMD's have 900 bytes. One entry takes at least 20. */
export const REVOCATION_LIST_LIMIT = 0x40_0000;

/** CRLReason (RFC 5280 section 5.3.1); 7 is not used. */
const REASONS: readonly (string | undefined)[] = [
  "unspecified",
  "keyCompromise",
  "cACompromise",
  "affiliationChanged",
  "superseded",
  "cessationOfOperation",
  "certificateHold",
  undefined,
  "removeFromCRL",
  "privilegeWithdrawn",
  "aACompromise",
];

/**
 * Reads a revocation list.
 * @throws {LayoutError} for bytes that are not exactly one list of version 2 in DER, and for entries
 * with a critical extension that is not known: what they revoke cannot be told.
 */
export function parseRevocationList(der: Uint8Array): RevocationList {
  requireLimit(der, "CertificateList", REVOCATION_LIST_LIMIT);
  const outer = new DerReader(der, "CertificateList");
  const { body, tbs, algorithm, signature } = readSigned(outer, "tbsCertList");
  readVersion(body);
  const inner = body.element(DER_TAG.sequence, "signature");
  requireSameAlgorithm(inner, algorithm, "CertificateList");
  const issuer = readName(body, "issuer");
  const thisUpdate = body.time("thisUpdate");
  const hasNext = body.nextTag === DER_TAG.utcTime || body.nextTag === DER_TAG.generalizedTime;
  const nextUpdate = hasNext ? body.time("nextUpdate") : undefined;
  const revoked =
    body.nextTag === DER_TAG.sequence ? readRevoked(body.sequence("revokedCertificates")) : [];
  const extensions = readOptionalExtensions(body, contextTag(0));
  body.finish();
  const number = findExtension(extensions, EXTENSION_OID.crlNumber);
  const authority = findExtension(extensions, EXTENSION_OID.authorityKeyIdentifier);
  const authorityKeyId = authority && readAuthorityKeyId(authority.value);
  return {
    der,
    tbs,
    issuer,
    thisUpdate,
    ...(nextUpdate === undefined ? {} : { nextUpdate }),
    ...(number === undefined ? {} : { crlNumber: readCrlNumber(number.value) }),
    ...(authorityKeyId === undefined ? {} : { authorityKeyId }),
    revoked,
    extensions,
    signatureAlgorithm: readSignatureAlgorithm(algorithm),
    signature,
  };
}

function readVersion(body: DerReader): void {
  const offset = body.offset;
  // RFC 5280 section 5.1.2.1: absent in version 1, and 2 is written as 1.
  const version = body.nextTag === DER_TAG.integer ? body.version("version") + 1 : 1;
  if (version === 2) return;
  throw new LayoutError({
    code: "unsupported-version",
    structure: "CertificateList",
    field: "tbsCertList.version",
    offset,
    reason: `is ${version}, must be 2`,
    source: "RFC 5280 section 5.1.2.1",
  });
}

function readRevoked(list: DerReader): readonly RevokedCertificate[] {
  const revoked: RevokedCertificate[] = [];
  while (list.nextTag !== undefined) {
    const entry = list.sequence("entry");
    const serial = readSerial(entry, "userCertificate");
    const date = entry.time("revocationDate");
    const hasMore = entry.nextTag !== undefined;
    const reason = hasMore ? readReason(readExtensions(entry, "crlEntryExtensions")) : undefined;
    entry.finish();
    revoked.push(reason === undefined ? { serial, date } : { serial, date, reason });
  }
  return revoked;
}

function readReason(extensions: readonly Extension[]): string | undefined {
  let reason: string | undefined;
  for (const { oid, critical, value } of extensions) {
    if (oid === EXTENSION_OID.reasonCode) {
      const code = whole(value, "CRLReason", (outer) =>
        outer.unsigned("code", REASONS.length - 1, DER_TAG.enumerated),
      );
      reason = REASONS[code] ?? `reason ${code}`;
    } else if (critical) {
      throw new LayoutError({
        code: "unknown-value",
        structure: "CertificateList",
        field: "tbsCertList.revokedCertificates.crlEntryExtensions",
        reason: `has the critical extension ${oid}, which is not known`,
        source: "RFC 5280 section 5.3",
      });
    }
  }
  return reason;
}

function readCrlNumber(value: Uint8Array): bigint {
  return whole(value, "CRLNumber", (outer) => {
    const content = outer.integer("number");
    if (content[0]! < 0x80 && content.length <= 20) return unsignedBigint(content);
    throw new LayoutError({
      code: "out-of-range",
      structure: "CRLNumber",
      reason: "is negative or longer than 20 bytes",
      source: "RFC 5280 section 5.2.3",
    });
  });
}
