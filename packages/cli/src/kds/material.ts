// SPDX-License-Identifier: Apache-2.0
// What files from the KDS hold: certificates and revocation lists, DER or PEM, each with what it says
// about itself. Nothing here is verified; that is for the endorser to do, over the same bytes.

import { LayoutError, base64Encode } from "@greenlight/core/bytes";
import {
  kdsPath,
  parseCertificate,
  parseRevocationList,
  pemDecode,
  readVekExtensions,
  tcbOfLevels,
} from "@greenlight/core/endorsement";
import type {
  Certificate,
  EndorserKind,
  KdsAddress,
  Name,
  VcekFacts,
} from "@greenlight/core/endorsement";
import { productLineNamed } from "@greenlight/core/evidence";
import type { ProductLine } from "@greenlight/core/evidence";

/** Most bytes of one answer or file: the largest, a chain as PEM, has 5 KiB. */
export const MAX_MATERIAL = 64 * 1024;

/** Certificates in one PEM file that are looked at. */
const MAX_BLOCKS = 32;

/** One certificate or list. The line of those that do not name a known one is undefined. */
export type Material =
  | { readonly kind: "VCEK"; readonly der: Uint8Array; readonly facts: VcekFacts }
  | { readonly kind: "VLEK"; readonly der: Uint8Array; readonly provider: string }
  | {
      readonly kind: "intermediate";
      readonly der: Uint8Array;
      readonly line: ProductLine | undefined;
      readonly endorser: EndorserKind;
    }
  | { readonly kind: "ARK"; readonly der: Uint8Array; readonly line: ProductLine | undefined }
  | {
      readonly kind: "CRL";
      readonly der: Uint8Array;
      readonly line: ProductLine | undefined;
      readonly thisUpdate: number;
      /** Milliseconds since 1970. */
      readonly nextUpdate: number | undefined;
    };

/**
 * Everything in a file, in its order.
 * @throws {LayoutError} when it is neither certificates nor lists, DER or PEM.
 */
export function readMaterial(bytes: Uint8Array): readonly Material[] {
  if (bytes[0] === 0x30) return [isList(bytes) ? readList(bytes) : readCertificate(bytes)];
  const blocks = pemDecode(Buffer.from(bytes).toString("latin1"));
  const known = blocks.filter(({ label }) => label === "CERTIFICATE" || label === "X509 CRL");
  if (known.length === 0 || known.length > MAX_BLOCKS) {
    throw new LayoutError({
      code: "bad-pem",
      structure: "certificates",
      reason: known.length === 0 ? "there are none, neither DER nor PEM" : "there are too many",
    });
  }
  return known.map((block) =>
    block.label === "CERTIFICATE" ? readCertificate(block.bytes) : readList(block.bytes),
  );
}

/** An answer of the KDS that is what was asked for, as it is kept. */
export interface Content {
  /** DER of a VCEK or list; PEM of a chain. */
  readonly bytes: Uint8Array;
  /** The certificates or the list, DER. */
  readonly parts: readonly Material[];
  /** Of a list: when its issuer means to issue the next one, in milliseconds since 1970. */
  readonly nextUpdate?: number;
}

/**
 * Checks that bytes are what an address stands for, as far as they say it themselves.
 * @throws {LayoutError} `unknown-value` for something else, and as readMaterial().
 */
export function readContent(address: KdsAddress, bytes: Uint8Array): Content {
  return contentOf(address, readMaterial(bytes));
}

/** As {@link readContent}, of certificates and lists that have been read. */
export function contentOf(address: KdsAddress, parts: readonly Material[]): Content {
  if (address.kind === "cert_chain") return chainOf(address, parts);
  const [part, ...more] = parts;
  if (part === undefined || more.length > 0) refuse(address, `are ${parts.length} pieces, not one`);
  if (address.kind === "VCEK") {
    if (part.kind !== "VCEK") refuse(address, `are a ${part.kind}`);
    // One text for each chip and TCB.
    if (kdsPath({ kind: "VCEK", ...part.facts }) !== kdsPath(address)) {
      refuse(address, "are the VCEK of another chip or TCB");
    }
    return { bytes: part.der, parts };
  }
  if (part.kind !== "CRL") refuse(address, `are a ${part.kind}`);
  if (part.line !== undefined && part.line !== address.line) {
    refuse(address, `are the list of ${part.line}`);
  }
  const { nextUpdate } = part;
  return { bytes: part.der, parts, ...(nextUpdate === undefined ? {} : { nextUpdate }) };
}

function chainOf(
  address: Extract<KdsAddress, { readonly kind: "cert_chain" }>,
  parts: readonly Material[],
): Content {
  const { line, endorser } = address;
  for (const part of parts) {
    if (part.kind !== "ARK" && part.kind !== "intermediate") refuse(address, `hold a ${part.kind}`);
    if (part.line !== undefined && part.line !== line) refuse(address, `are of ${part.line}`);
  }
  const isWanted = (part: Material): boolean =>
    part.kind === "intermediate" && part.endorser === endorser;
  if (!parts.some(isWanted)) {
    refuse(address, `hold no ${endorser === "vlek" ? "ASVK" : "ASK"}`);
  }
  const text = parts.map(({ der }) => pemOf(der)).join("");
  return { bytes: Buffer.from(text, "latin1"), parts };
}

/** The product line that a name holds as a word: AMD's are `SEV-Milan`, `ARK-Milan`. */
function lineInName({ commonName }: Name): ProductLine | undefined {
  for (const word of (commonName ?? "").split(/[^A-Za-z]+/)) {
    const line = productLineNamed(word);
    if (line !== undefined) return line;
  }
  return undefined;
}

/** Whether a SEQUENCE is a CertificateList: the version of its signed part, if any, is not in [0]. */
function isList(der: Uint8Array): boolean {
  // Both begin with two SEQUENCE headers; a certificate of version 3 goes on with [0].
  const inner = headerEnd(der, headerEnd(der, 0));
  return der[inner] !== 0xa0;
}

/** Offset of what a DER element at `offset` holds. */
function headerEnd(der: Uint8Array, offset: number): number {
  const length = der[offset + 1] ?? 0;
  return offset + 2 + (length > 0x80 ? length - 0x80 : 0);
}

function readList(der: Uint8Array): Material {
  const { issuer, thisUpdate, nextUpdate } = parseRevocationList(der);
  return { kind: "CRL", der, line: lineInName(issuer), thisUpdate, nextUpdate };
}

function readCertificate(der: Uint8Array): Material {
  const certificate = parseCertificate(der);
  const line = lineInName(certificate.subject);
  if (certificate.basicConstraints?.ca === true) {
    const { subject, issuer } = certificate;
    if (Buffer.compare(subject.raw, issuer.raw) === 0) return { kind: "ARK", der, line };
    const isVlek = /vlek|asvk/i.test(subject.commonName ?? "");
    return { kind: "intermediate", der, line, endorser: isVlek ? "vlek" : "vcek" };
  }
  return readVek(certificate);
}

function readVek(certificate: Certificate): Material {
  const { der } = certificate;
  const { productName, spl, hwId, cspId } = readVekExtensions(certificate);
  if (hwId === undefined) return { kind: "VLEK", der, provider: cspId ?? "an unnamed provider" };
  const line = productLineNamed(productName.split("-")[0] ?? "");
  if (line === undefined) {
    throw new LayoutError({
      code: "unknown-value",
      structure: "VCEK",
      field: "productName",
      reason: `${JSON.stringify(productName.slice(0, 40))} is of no known product line`,
    });
  }
  return { kind: "VCEK", der, facts: { line, hwId, tcb: tcbOfLevels(spl) } };
}

function pemOf(der: Uint8Array): string {
  const lines = base64Encode(der).match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function refuse(address: KdsAddress, reason: string): never {
  throw new LayoutError({
    code: "unknown-value",
    structure: kdsPath(address).replace(/\?.*/, ""),
    reason: `the bytes ${reason}`,
  });
}
