// SPDX-License-Identifier: Apache-2.0
// Certificates and revocation lists put together from parts, each of which a test can replace by
// something wrong. They are not signed.

import { hexDecode } from "../../src/bytes/index.ts";

/** One value: tag, shortest length, content. */
export function tlv(tag: number, ...parts: readonly ArrayLike<number>[]): Uint8Array {
  const content = Uint8Array.from(parts.flatMap((part) => Array.from(part)));
  const { length } = content;
  const header =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : length < 0x1_0000
          ? [tag, 0x82, length >> 8, length & 0xff]
          : [tag, 0x83, length >> 16, (length >> 8) & 0xff, length & 0xff];
  const bytes = new Uint8Array(header.length + length);
  bytes.set(header);
  bytes.set(content, header.length);
  return bytes;
}

export const sequence = (...parts: readonly ArrayLike<number>[]): Uint8Array => tlv(0x30, ...parts);
export const integer = (...content: readonly number[]): Uint8Array => tlv(0x02, content);
export const octets = (...parts: readonly ArrayLike<number>[]): Uint8Array => tlv(0x04, ...parts);
export const bits = (content: ArrayLike<number>): Uint8Array => tlv(0x03, [0], content);
export const utcTime = (text: string): Uint8Array => tlv(0x17, ascii(text));
export const generalizedTime = (text: string): Uint8Array => tlv(0x18, ascii(text));
export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
export const NULL = Uint8Array.of(0x05, 0x00);
const TRUE = Uint8Array.of(0x01, 0x01, 0xff);

/** An OBJECT IDENTIFIER of its dotted form. */
export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const content = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      groups.unshift((left & 0x7f) | 0x80);
    }
    return groups;
  });
  return tlv(0x06, content);
}

/** A name of one common name. */
export const name = (common: string, tag = 0x0c): Uint8Array =>
  sequence(tlv(0x31, sequence(oid("2.5.4.3"), tlv(tag, ascii(common)))));

/** An extension. */
export const extension = (id: string, value: ArrayLike<number>, critical = false): Uint8Array =>
  sequence(oid(id), critical ? TRUE : [], octets(value));

const SHA_384 = sequence(oid("2.16.840.1.101.3.4.2.2"), NULL);

/** RSASSA-PSS with the parameters given; AMD's when there are none. */
export function pss(...parameters: readonly Uint8Array[]): Uint8Array {
  const amd = [
    tlv(0xa0, SHA_384),
    tlv(0xa1, sequence(oid("1.2.840.113549.1.1.8"), SHA_384)),
    tlv(0xa2, integer(48)),
  ];
  const all = parameters.length > 0 ? parameters : amd;
  return sequence(oid("1.2.840.113549.1.1.10"), sequence(...all));
}

/** SubjectPublicKeyInfo of an uncompressed P-384 point (not one on the curve). */
export const ecSpki = (point: ArrayLike<number> = new Uint8Array(96).fill(1)): Uint8Array =>
  sequence(
    sequence(oid("1.2.840.10045.2.1"), oid("1.3.132.0.34")),
    bits(Uint8Array.from([4, ...Array.from(point)])),
  );

/** Parts of a certificate; `undefined` leaves one out. */
export interface CertificateParts {
  readonly version?: Uint8Array | undefined;
  readonly serial?: Uint8Array;
  readonly algorithm?: Uint8Array;
  readonly outerAlgorithm?: Uint8Array;
  readonly issuer?: Uint8Array;
  readonly validity?: Uint8Array;
  readonly subject?: Uint8Array;
  readonly spki?: Uint8Array;
  /** Each built with {@link extension}. */
  readonly extensions?: readonly Uint8Array[] | undefined;
  /** After the extensions, inside the signed part. */
  readonly more?: Uint8Array;
  readonly signature?: Uint8Array;
}

/** The validity of a certificate. */
export const validity = (from: Uint8Array, until: Uint8Array): Uint8Array => sequence(from, until);

/** A certificate. */
export function buildCertificate(parts: CertificateParts = {}): Uint8Array {
  const version = "version" in parts ? parts.version : tlv(0xa0, integer(2));
  const algorithm = parts.algorithm ?? pss();
  const { extensions } = parts;
  const tbs = sequence(
    version ?? [],
    parts.serial ?? integer(1),
    algorithm,
    parts.issuer ?? name("issuer"),
    parts.validity ?? validity(utcTime("240101000000Z"), utcTime("310101000000Z")),
    parts.subject ?? name("subject"),
    parts.spki ?? ecSpki(),
    extensions === undefined ? [] : tlv(0xa3, sequence(...extensions)),
    parts.more ?? [],
  );
  const outer = parts.outerAlgorithm ?? algorithm;
  return sequence(tbs, outer, parts.signature ?? bits(new Uint8Array(512)));
}

/** AMD's extensions of a Milan VCEK, by the end of their object identifier. */
export const VCEK_VALUES: Readonly<Record<string, Uint8Array>> = {
  "1": integer(0),
  "2": tlv(0x16, ascii("Milan-B0")),
  "3.1": integer(3),
  "3.2": integer(0),
  "3.4": integer(0),
  "3.5": integer(0),
  "3.6": integer(0),
  "3.7": integer(0),
  "3.3": integer(8),
  "3.8": hexDecode("02020083"),
  "4": new Uint8Array(64).fill(0x5c),
};

/** A certificate with AMD's extensions of these values; `undefined` leaves one out. */
export function buildVek(
  values: Readonly<Record<string, Uint8Array | undefined>>,
  order = Object.keys(values),
): Uint8Array {
  const extensions = order.flatMap((end) => {
    const value = values[end];
    return value === undefined ? [] : [extension(`1.3.6.1.4.1.3704.1.${end}`, value)];
  });
  return buildCertificate({ extensions });
}

/** Parts of a revocation list. */
export interface ListParts {
  readonly version?: Uint8Array | undefined;
  readonly thisUpdate?: Uint8Array;
  readonly nextUpdate?: Uint8Array | undefined;
  /** Each built with {@link revoked}. */
  readonly revoked?: readonly Uint8Array[] | undefined;
  readonly extensions?: readonly Uint8Array[] | undefined;
  readonly outerAlgorithm?: Uint8Array;
}

/** An entry of a revocation list. */
export const revoked = (serial: Uint8Array, ...extensions: readonly Uint8Array[]): Uint8Array =>
  sequence(
    serial,
    utcTime("250601120000Z"),
    extensions.length === 0 ? [] : sequence(...extensions),
  );

/** A revocation list. */
export function buildList(parts: ListParts = {}): Uint8Array {
  const version = "version" in parts ? parts.version : integer(1);
  const next = "nextUpdate" in parts ? parts.nextUpdate : utcTime("260901000000Z");
  const { extensions } = parts;
  const tbs = sequence(
    version ?? [],
    pss(),
    name("issuer"),
    parts.thisUpdate ?? utcTime("260801000000Z"),
    next ?? [],
    parts.revoked === undefined ? [] : sequence(...parts.revoked),
    extensions === undefined ? [] : tlv(0xa0, sequence(...extensions)),
  );
  return sequence(tbs, parts.outerAlgorithm ?? pss(), bits(new Uint8Array(512)));
}
