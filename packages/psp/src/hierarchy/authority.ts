// SPDX-License-Identifier: Apache-2.0
// The certificates that sign others: root (ARK), and under it the signing keys for chips (ASK) and for
// loaded keys (ASVK).

import type { ProductLine } from "@greenlight/core/evidence";
import { digest } from "./bits.ts";
import { issueCertificate, pssAlgorithm } from "./certificate.ts";
import type { CertificateEdit, Extension, TrailerField } from "./certificate.ts";
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  octetString,
  sequence,
} from "./der-writer.ts";
import { commonName, distinguishedName } from "./name.ts";
import type { NameStyle } from "./name.ts";
import { AMD_PSS } from "./rsa-key.ts";
import type { RsaKey } from "./rsa-key.ts";

/** A certificate that signs others, and its key. */
export interface Authority {
  readonly role: "ARK" | "ASK" | "ASVK";
  readonly line: ProductLine;
  readonly commonName: string;
  /** Its name in DER. */
  readonly name: Uint8Array;
  readonly key: RsaKey;
  /** SHA-1 of the public key (RFC 5280 section 4.2.1.2, method 1). */
  readonly keyId: Uint8Array;
  readonly serial: bigint;
  /** The certificate in DER. */
  readonly der: Uint8Array;
}

/** What an authority is made of. */
export interface AuthorityOptions {
  readonly role: "ARK" | "ASK" | "ASVK";
  readonly line: ProductLine;
  readonly style: NameStyle;
  readonly key: RsaKey;
  readonly trailer: TrailerField;
  readonly notBefore: number;
  readonly notAfter: number;
  /** Absent for the root, which signs itself. */
  readonly issuer?: Authority;
  readonly edit?: CertificateEdit;
}

/** Number of the line in serial numbers: Milan's root has 0x010000, Genoa's 0x020000, ... */
const LINE_NUMBERS: Readonly<Record<ProductLine, bigint>> = {
  Milan: 1n,
  Genoa: 2n,
  Turin: 3n,
  Venice: 4n,
};

const ROLE_NUMBERS = { ARK: 0x0000n, ASK: 0x0001n, ASVK: 0x0101n } as const;

/** Object identifiers of the extensions (RFC 5280 section 4.2.1). */
const OID = {
  subjectKeyId: "2.5.29.14",
  keyUsage: "2.5.29.15",
  basicConstraints: "2.5.29.19",
  crlDistributionPoints: "2.5.29.31",
  authorityKeyId: "2.5.29.35",
} as const;

/** Makes an authority and has its issuer sign it. */
export function makeAuthority(options: AuthorityOptions): Authority {
  const { role, line, style, key, trailer, notBefore, notAfter, edit } = options;
  const common = commonName(role, line, style);
  const name = distinguishedName(common, style);
  const keyId = digest("sha1", key.publicKey);
  const issuer = options.issuer ?? { name, key, keyId };
  const algorithm = pssAlgorithm(AMD_PSS, trailer);
  const fields = {
    version: 3,
    serial: (LINE_NUMBERS[line] << 16n) | ROLE_NUMBERS[role],
    pss: AMD_PSS,
    algorithm,
    outerAlgorithm: algorithm,
    issuer: issuer.name,
    subject: name,
    notBefore,
    notAfter,
    spki: key.spki,
    extensions: role === "ARK" ? rootExtensions(options, keyId) : intermediate(options, keyId),
  };
  const final = edit === undefined ? fields : edit(fields);
  const der = issueCertificate(final, issuer.key);
  return { role, line, commonName: common, name, key, keyId, serial: final.serial, der };
}

function rootExtensions(options: AuthorityOptions, keyId: Uint8Array): readonly Extension[] {
  return [
    keyUsage(0x06),
    { oid: OID.subjectKeyId, value: octetString(keyId) },
    { oid: OID.basicConstraints, critical: true, value: sequence(boolean(true)) },
    distributionPoint(options),
  ];
}

function intermediate(options: AuthorityOptions, keyId: Uint8Array): readonly Extension[] {
  const constraints = sequence(boolean(true), integer(0));
  return [
    { oid: OID.subjectKeyId, value: octetString(keyId) },
    authorityKeyId(options.issuer?.keyId ?? keyId),
    { oid: OID.basicConstraints, critical: true, value: constraints },
    keyUsage(0x04),
    distributionPoint(options),
  ];
}

/**
 * KeyUsage of these bits of the first byte: 0x04 keyCertSign, 0x02 cRLSign. Always with one unused bit,
 * as AMD writes it; DER wants two for keyCertSign alone (X.690 section 11.2.2).
 */
export function keyUsage(bits: number): Extension {
  return { oid: OID.keyUsage, critical: true, value: bitString(Uint8Array.of(bits), 1) };
}

/** AuthorityKeyIdentifier with the key identifier alone. */
export function authorityKeyId(keyId: Uint8Array): Extension {
  return { oid: OID.authorityKeyId, value: sequence(implicit(0, keyId)) };
}

/** Where the list is: AMD's address in forgeries, one that cannot exist (RFC 2606) otherwise. */
function distributionPoint({ role, line, style }: AuthorityOptions): Extension {
  const host = style === "forged-amd" ? "kdsintf.amd.com" : "kds.simulator.invalid";
  const kind = role === "ASVK" ? "vlek" : "vcek";
  const address = Buffer.from(`https://${host}/${kind}/v1/${line}/crl`);
  const point = sequence(explicit(0, explicit(0, implicit(6, address))));
  return { oid: OID.crlDistributionPoints, value: sequence(point) };
}
