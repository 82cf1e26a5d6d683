// SPDX-License-Identifier: Apache-2.0
// Certificate revocation lists (RFC 5280 section 5.1), as AMD's root signs them: version 2, with the
// root's key identifier and a number.

import { authorityKeyId } from "./authority.ts";
import type { Authority } from "./authority.ts";
import { encodeExtensions, pssAlgorithm, signed } from "./certificate.ts";
import type { Extension, TrailerField } from "./certificate.ts";
import { enumerated, explicit, integer, sequence, time } from "./der-writer.ts";
import { AMD_PSS } from "./rsa-key.ts";
import type { PssParameters, RsaKey } from "./rsa-key.ts";

/** A certificate that is no longer valid. */
export interface RevokedCertificate {
  readonly serial: bigint;
  /** Milliseconds since 1970. */
  readonly date: number;
  /** CRLReason (RFC 5280 section 5.3.1). */
  readonly reason?: number;
}

/** Everything a list says; nothing is checked. */
export interface RevocationListFields {
  readonly pss: PssParameters;
  readonly algorithm: Uint8Array;
  readonly outerAlgorithm: Uint8Array;
  readonly issuer: Uint8Array;
  /** Milliseconds since 1970. */
  readonly thisUpdate: number;
  readonly nextUpdate?: number;
  readonly revoked: readonly RevokedCertificate[];
  readonly extensions: readonly Extension[];
}

/** Changes fields just before the list is signed. */
export type RevocationListEdit = (fields: RevocationListFields) => RevocationListFields;

/** What a list is made of. */
export interface RevocationListOptions {
  readonly issuer: Authority;
  readonly number: bigint;
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly revoked: readonly RevokedCertificate[];
  readonly trailer: TrailerField;
  readonly edit?: RevocationListEdit;
  /** Signs in place of the issuer. */
  readonly signer?: RsaKey;
}

/** The list, in DER. */
export function issueRevocationList(options: RevocationListOptions): Uint8Array {
  const { issuer, number, thisUpdate, nextUpdate, revoked, trailer, edit } = options;
  const algorithm = pssAlgorithm(AMD_PSS, trailer);
  const plain: RevocationListFields = {
    pss: AMD_PSS,
    algorithm,
    outerAlgorithm: algorithm,
    issuer: issuer.name,
    thisUpdate,
    nextUpdate,
    revoked,
    extensions: [authorityKeyId(issuer.keyId), { oid: "2.5.29.20", value: integer(number) }],
  };
  const fields = edit === undefined ? plain : edit(plain);
  const tbs = sequence(
    integer(1),
    fields.algorithm,
    fields.issuer,
    time(fields.thisUpdate),
    ...(fields.nextUpdate === undefined ? [] : [time(fields.nextUpdate)]),
    ...(fields.revoked.length === 0 ? [] : [sequence(...fields.revoked.map(encodeEntry))]),
    ...(fields.extensions.length === 0 ? [] : [explicit(0, encodeExtensions(fields.extensions))]),
  );
  return signed(tbs, fields.outerAlgorithm, fields.pss, options.signer ?? issuer.key);
}

function encodeEntry({ serial, date, reason }: RevokedCertificate): Uint8Array {
  const extensions: readonly Extension[] =
    reason === undefined ? [] : [{ oid: "2.5.29.21", value: enumerated(reason) }];
  return sequence(
    integer(serial),
    time(date),
    ...(extensions.length === 0 ? [] : [encodeExtensions(extensions)]),
  );
}
