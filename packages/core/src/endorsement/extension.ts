// SPDX-License-Identifier: Apache-2.0
// Extensions of certificates and revocation lists (RFC 5280 sections 4.2 and 5.2): the list, and the
// contents of those that are read.

import { LayoutError } from "../bytes/index.ts";
import { DerReader, contextTag, primitiveTag } from "../crypto/der.ts";

/** An extension as it stands. */
export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** Content of its OCTET STRING. */
  readonly value: Uint8Array;
}

/** Object identifiers of the extensions that are read (RFC 5280 section 4.2.1 and 5.2). */
export const EXTENSION_OID = {
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  basicConstraints: "2.5.29.19",
  crlNumber: "2.5.29.20",
  reasonCode: "2.5.29.21",
  crlDistributionPoints: "2.5.29.31",
  authorityKeyIdentifier: "2.5.29.35",
} as const;

/** Real certificates have at most twelve. */
const MOST_EXTENSIONS = 64;

/**
 * Reads a list of extensions; each may be there once.
 * @throws {LayoutError} for bytes that are none, duplicates, or more than 64.
 */
export function readExtensions(reader: DerReader, field: string): readonly Extension[] {
  const sequence = reader.sequence(field);
  const extensions: Extension[] = [];
  while (sequence.nextTag !== undefined) {
    const offset = sequence.offset;
    const extension = sequence.sequence("extension");
    const oid = extension.objectIdentifier("extnID");
    const critical = extension.flag("critical");
    const value = extension.octetString("extnValue");
    extension.finish();
    if (extensions.some((other) => other.oid === oid)) {
      refuse(offset, field, `has the extension ${oid} twice`);
    }
    if (extensions.length === MOST_EXTENSIONS) {
      refuse(offset, field, `has more than ${MOST_EXTENSIONS} extensions`);
    }
    extensions.push({ oid, critical, value });
  }
  return extensions;
}

/** The extension of this object identifier. */
export function findExtension(
  extensions: readonly Extension[],
  oid: string,
): Extension | undefined {
  return extensions.find((extension) => extension.oid === oid);
}

/** BasicConstraints (RFC 5280 section 4.2.1.9). */
export interface BasicConstraints {
  readonly ca: boolean;
  /** How many further CA certificates may follow; absent for any number. */
  readonly pathLength?: number;
}

/** @throws {LayoutError} for bytes that are none, or a path length without a CA. */
export function readBasicConstraints(value: Uint8Array): BasicConstraints {
  return whole(value, "BasicConstraints", (outer) => {
    const sequence = outer.sequence("constraints");
    const ca = sequence.flag("cA");
    const hasLength = ca && sequence.nextTag !== undefined;
    const pathLength = hasLength ? sequence.unsigned("pathLenConstraint", 255) : undefined;
    sequence.finish();
    return { ca, ...(pathLength === undefined ? {} : { pathLength }) };
  });
}

/** KeyUsage (RFC 5280 section 4.2.1.3), its bits in their order. */
const KEY_USAGES = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
] as const;

/** What a key may be used for. */
export type KeyUsage = Readonly<Record<(typeof KEY_USAGES)[number], boolean>>;

/** @throws {LayoutError} for bytes that are none, or bits without a name. */
export function readKeyUsage(value: Uint8Array): KeyUsage {
  const bits = whole(value, "KeyUsage", (outer) => outer.namedBits("bits"));
  if (bits >> KEY_USAGES.length !== 0) refuse(0, "KeyUsage", "has bits that have no name");
  const has = (name: (typeof KEY_USAGES)[number]): boolean =>
    (bits & (1 << KEY_USAGES.indexOf(name))) !== 0;
  return {
    digitalSignature: has("digitalSignature"),
    nonRepudiation: has("nonRepudiation"),
    keyEncipherment: has("keyEncipherment"),
    dataEncipherment: has("dataEncipherment"),
    keyAgreement: has("keyAgreement"),
    keyCertSign: has("keyCertSign"),
    cRLSign: has("cRLSign"),
    encipherOnly: has("encipherOnly"),
    decipherOnly: has("decipherOnly"),
  };
}

/** SubjectKeyIdentifier (RFC 5280 section 4.2.1.2). @throws {LayoutError} for bytes that are none. */
export function readSubjectKeyId(value: Uint8Array): Uint8Array {
  return whole(value, "SubjectKeyIdentifier", (outer) => outer.octetString("keyIdentifier"));
}

/**
 * The key identifier of an AuthorityKeyIdentifier (RFC 5280 section 4.2.1.1); undefined when it
 * names its issuer in the other way only.
 * @throws {LayoutError} for bytes that are none.
 */
export function readAuthorityKeyId(value: Uint8Array): Uint8Array | undefined {
  return whole(value, "AuthorityKeyIdentifier", (outer) => {
    const sequence = outer.sequence("identifier");
    const id = take(sequence, primitiveTag(0), "keyIdentifier");
    take(sequence, contextTag(1), "authorityCertIssuer");
    take(sequence, primitiveTag(2), "authorityCertSerialNumber");
    sequence.finish();
    return id;
  });
}

/**
 * The URIs of CRLDistributionPoints (RFC 5280 section 4.2.1.13).
 * @throws {LayoutError} for bytes that are none.
 */
export function readDistributionPoints(value: Uint8Array): readonly string[] {
  return whole(value, "CRLDistributionPoints", (outer) => {
    const points = outer.sequence("points");
    const uris: string[] = [];
    while (points.nextTag !== undefined) {
      const point = points.sequence("point");
      if (point.nextTag === contextTag(0)) {
        const name = point.sequence("distributionPoint", contextTag(0));
        if (name.nextTag === contextTag(0))
          readUris(name.sequence("fullName", contextTag(0)), uris);
        else name.content(contextTag(1), "nameRelativeToCRLIssuer");
        name.finish();
      }
      take(point, primitiveTag(1), "reasons");
      take(point, contextTag(2), "cRLIssuer");
      point.finish();
    }
    return uris;
  });
}

/** Collects the uniformResourceIdentifier names of GeneralNames. */
function readUris(names: DerReader, uris: string[]): void {
  const uriTag = primitiveTag(6);
  for (let tag = names.nextTag; tag !== undefined; tag = names.nextTag) {
    const content = names.content(tag, "generalName");
    if (tag === uriTag) uris.push(asciiText(content));
  }
}

function asciiText(content: Uint8Array): string {
  let text = "";
  for (const byte of content) {
    if (byte < 0x21 || byte > 0x7e) refuse(0, "URI", "has bytes that no URI has");
    text += String.fromCharCode(byte);
  }
  return text;
}

function take(reader: DerReader, tag: number, field: string): Uint8Array | undefined {
  return reader.nextTag === tag ? reader.content(tag, field) : undefined;
}

/** Reads the value of an extension, of which nothing may be left. */
export function whole<T>(value: Uint8Array, name: string, read: (outer: DerReader) => T): T {
  const outer = new DerReader(value, name);
  const result = read(outer);
  outer.finish();
  return result;
}

function refuse(offset: number, structure: string, reason: string): never {
  throw new LayoutError({
    code: "bad-der",
    structure,
    offset,
    reason,
    source: "RFC 5280 section 4.2",
  });
}
