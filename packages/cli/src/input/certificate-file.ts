// SPDX-License-Identifier: Apache-2.0
// Certificates and revocation lists in files: DER, or PEM with one or several.

import { LayoutError } from "@greenlight/core/bytes";
import { parseCertificate, parseRevocationList } from "@greenlight/core/endorsement";
import type { Certificate, RevocationList } from "@greenlight/core/endorsement";
import { suppliedCertificates } from "@greenlight/core/evidence";
import { isText } from "./lookalike.ts";

/** Certificates in a file. */
export interface CertificateArtefact {
  readonly kind: "certificate";
  readonly container: "PEM" | "DER";
  /** All in the file, in its order. */
  readonly certificates: readonly Certificate[];
  /** Revocation lists that are in the file too. */
  readonly otherBlocks: number;
}

/** A revocation list in a file. */
export interface CrlArtefact {
  readonly kind: "crl";
  readonly container: "PEM" | "DER";
  readonly list: RevocationList;
  /** Certificates and further lists that are in the file too. */
  readonly otherBlocks: number;
}

/** What the file is called in errors. */
const ORIGIN = { structure: "certificate file", field: "content", from: "file" } as const;

/**
 * All certificates in a file.
 * @throws {LayoutError} when one of them is broken, or there is none.
 */
export function readCertificates(bytes: Uint8Array): CertificateArtefact {
  const { container, found } = read(bytes);
  const certificates = found.filter(({ isList }) => !isList);
  if (certificates.length === 0) throw none("certificate");
  return {
    kind: "certificate",
    container,
    certificates: certificates.map(({ der }) => parseCertificate(der)),
    otherBlocks: found.length - certificates.length,
  };
}

/**
 * The revocation list in a file.
 * @throws {LayoutError} when it is broken, or there is none.
 */
export function readCrl(bytes: Uint8Array): CrlArtefact {
  const { container, found } = read(bytes);
  // In DER nothing says beforehand what it is.
  const [first] = container === "DER" ? found : found.filter(({ isList }) => isList);
  if (first === undefined) throw none("revocation list");
  const list = parseRevocationList(first.der);
  return { kind: "crl", container, list, otherBlocks: found.length - 1 };
}

function read(bytes: Uint8Array) {
  const found = suppliedCertificates(bytes, undefined, ORIGIN).map(({ role, der }) => ({
    isList: role === "CRL",
    der,
  }));
  return { container: isText(bytes) ? ("PEM" as const) : ("DER" as const), found };
}

function none(what: string): LayoutError {
  return new LayoutError({
    code: "not-found",
    structure: ORIGIN.structure,
    reason: `holds no ${what}`,
  });
}
