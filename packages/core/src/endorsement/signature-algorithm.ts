// SPDX-License-Identifier: Apache-2.0
// The signature algorithm of certificates and revocation lists: RSASSA-PSS with its parameters (RFC
// 4055 section 3.1). They are read, not judged.

import { LayoutError } from "../bytes/index.ts";
import { DerReader, contextTag } from "../crypto/der.ts";

/** How something was signed, as its issuer states it. */
export type SignatureAlgorithm =
  | {
      readonly kind: "RSASSA-PSS";
      /** `SHA-384`; the dotted object identifier of an algorithm without a name here. */
      readonly hash: string;
      /** Hash in MGF1; the object identifier of another mask generation function. */
      readonly mgfHash: string;
      /** Bytes. */
      readonly saltLength: number;
      /**
       * Whether the default trailer field is written out. DER leaves defaults out; AMD's
       * certificates of before 2025 have it all the same.
       */
      readonly trailerExplicit: boolean;
    }
  | { readonly kind: "unknown"; readonly oid: string };

const RSASSA_PSS = "1.2.840.113549.1.1.10";
const MGF1 = "1.2.840.113549.1.1.8";

const HASHES: Readonly<Record<string, string>> = {
  "1.3.14.3.2.26": "SHA-1",
  "2.16.840.1.101.3.4.2.1": "SHA-256",
  "2.16.840.1.101.3.4.2.2": "SHA-384",
  "2.16.840.1.101.3.4.2.3": "SHA-512",
  "2.16.840.1.101.3.4.2.4": "SHA-224",
};

/**
 * Reads the AlgorithmIdentifier of a signature.
 * @param element The whole value, with tag and length.
 * @throws {LayoutError} for bytes that are none, and for broken RSASSA-PSS parameters.
 */
export function readSignatureAlgorithm(element: Uint8Array): SignatureAlgorithm {
  const outer = new DerReader(element, "AlgorithmIdentifier");
  const algorithm = outer.sequence("signature");
  outer.finish();
  const oid = algorithm.objectIdentifier("algorithm");
  // Parameters of an algorithm that is not known have no known form either.
  if (oid !== RSASSA_PSS) return { kind: "unknown", oid };
  const parameters = algorithm.sequence("parameters");
  algorithm.finish();
  const hash = optional(parameters, 0, "hashAlgorithm", readHash) ?? "SHA-1";
  const mgfHash = optional(parameters, 1, "maskGenAlgorithm", readMask) ?? "SHA-1";
  const saltLength = optional(parameters, 2, "saltLength", readSalt) ?? 20;
  // The only trailer there is, 0xbc, has the number 1.
  const trailerExplicit = optional(parameters, 3, "trailerField", readTrailer) ?? false;
  parameters.finish();
  return { kind: "RSASSA-PSS", hash, mgfHash, saltLength, trailerExplicit };
}

function optional<T>(
  parameters: DerReader,
  number: number,
  field: string,
  read: (inner: DerReader, field: string) => T,
): T | undefined {
  const tag = contextTag(number);
  if (parameters.nextTag !== tag) return undefined;
  const inner = parameters.sequence(field, tag);
  const value = read(inner, field);
  inner.finish();
  return value;
}

function readHash(reader: DerReader, field: string): string {
  const algorithm = reader.sequence(field);
  const oid = algorithm.objectIdentifier("algorithm");
  // RFC 4055 section 2.1: NULL and absent parameters are the same.
  if (algorithm.nextTag !== undefined) algorithm.null("parameters");
  algorithm.finish();
  return HASHES[oid] ?? oid;
}

function readMask(reader: DerReader, field: string): string {
  const algorithm = reader.sequence(field);
  const oid = algorithm.objectIdentifier("algorithm");
  if (oid !== MGF1) return oid;
  const hash = readHash(algorithm, "parameters");
  algorithm.finish();
  return hash;
}

function readSalt(reader: DerReader, field: string): number {
  return reader.unsigned(field, 0xffff);
}

function readTrailer(reader: DerReader, field: string): true {
  const offset = reader.offset;
  if (reader.unsigned(field, 255) === 1) return true;
  throw new LayoutError({
    code: "out-of-range",
    structure: "AlgorithmIdentifier",
    field: `signature.parameters.${field}`,
    offset,
    reason: "is not 1",
    source: "RFC 4055 section 3.1",
  });
}
