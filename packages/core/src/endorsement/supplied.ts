// SPDX-License-Identifier: Apache-2.0
// Sorting supplied certificates and revocation lists out: what each is, and which one is the VCEK or
// VLEK to verify with. What a carrier says a certificate is, is believed for finding it and no further.

import { LayoutError, hexEncode } from "../bytes/index.ts";
import { sha256 } from "#crypto";
import { equalBytes } from "../crypto/equal.ts";
import type { SuppliedCertificate } from "../evidence/evidence.ts";
import { BoundedCache } from "./bounded-cache.ts";
import { parseCertificate } from "./certificate.ts";
import type { Certificate } from "./certificate.ts";
import { isValidAt } from "./check-certificate.ts";
import { parseRevocationList } from "./crl.ts";
import type { VekKind } from "./endorsement.ts";

/** Supplied things by what they are. */
export interface Supplied {
  /** Those that may be the VCEK or VLEK that was asked for. */
  readonly veks: readonly SuppliedCertificate[];
  /** Whether a key of the other kind was supplied. */
  readonly otherKind: boolean;
  readonly authorities: readonly SuppliedCertificate[];
  readonly lists: readonly SuppliedCertificate[];
  /** What could not be read, with the reason: `file x.der: Certificate: ...`. */
  readonly unreadable: readonly string[];
}

/** What something without a role turned out to be. */
type Sort = "VCEK" | "VLEK" | "leaf" | "authority" | "list" | { readonly problem: string };

/** Sorts supplied certificates. What was recognized is remembered by its hash. */
export class Sorter {
  readonly #sorts: BoundedCache<Sort>;

  /** @throws {RangeError} unless `entries` is a whole number from 1 on. */
  constructor(entries: number) {
    this.#sorts = new BoundedCache(entries);
  }

  /** @param kind The key that is looked for. */
  sort(certificates: readonly SuppliedCertificate[], kind: VekKind | undefined): Supplied {
    const veks: SuppliedCertificate[] = [];
    const authorities: SuppliedCertificate[] = [];
    const lists: SuppliedCertificate[] = [];
    const unreadable: string[] = [];
    let otherKind = false;
    for (const certificate of certificates) {
      const sort = this.#sortOf(certificate);
      if (typeof sort === "object") unreadable.push(`${certificate.from}: ${sort.problem}`);
      else if (sort === "authority") authorities.push(certificate);
      else if (sort === "list") lists.push(certificate);
      else if (sort === kind || (sort === "leaf" && kind !== undefined)) veks.push(certificate);
      else otherKind = true;
    }
    return { veks, otherKind, authorities, lists, unreadable };
  }

  #sortOf({ role, der }: SuppliedCertificate): Sort {
    if (role === undefined) {
      const key = hexEncode(sha256(der));
      const sort = this.#sorts.get(key) ?? recognize(der);
      this.#sorts.set(key, sort);
      return sort;
    }
    if (role === "VCEK" || role === "VLEK") return role;
    return role === "CRL" ? "list" : "authority";
  }
}

function recognize(der: Uint8Array): Sort {
  const { certificate, problem } = readCertificate(der);
  if (certificate !== undefined) {
    const common = certificate.subject.commonName;
    if (common === "SEV-VCEK") return "VCEK";
    if (common === "SEV-VLEK") return "VLEK";
    return certificate.basicConstraints?.ca === true ? "authority" : "leaf";
  }
  try {
    parseRevocationList(der);
    return "list";
  } catch (error) {
    if (error instanceof LayoutError) return { problem };
    throw error;
  }
}

/** A certificate, or why the bytes are none. */
export type ReadCertificate =
  | { readonly certificate: Certificate; readonly problem?: undefined }
  | { readonly certificate?: undefined; readonly problem: string };

/** Reads a certificate. */
export function readCertificate(der: Uint8Array): ReadCertificate {
  try {
    return { certificate: parseCertificate(der) };
  } catch (error) {
    if (error instanceof LayoutError) return { problem: error.message };
    throw error;
  }
}

/** The one to verify with: its bytes, or that there is none, or more than one key. */
export type VekChoice =
  | { readonly der: Uint8Array; readonly count: number }
  | { readonly der?: undefined; readonly count: number };

/**
 * Chooses the VCEK or VLEK. Copies count as one; so do certificates of the same key, because the KDS
 * issues a VCEK anew each time it is asked: of these, one that is valid at the instant, and of several the
 * one that ends last. Different keys are not tried in turn: then `der` is absent, and `count` says how
 * many certificates there are. The order they come in does not matter.
 */
export function chooseVek(veks: readonly SuppliedCertificate[], at: number): VekChoice {
  const [first, ...rest] = veks;
  if (first === undefined) return { count: 0 };
  if (rest.every(({ der }) => equalBytes(der, first.der))) return { der: first.der, count: 1 };
  const distinct = new Map(veks.map(({ der }) => [hexEncode(der), der]));
  let best: Certificate | undefined;
  for (const der of distinct.values()) {
    const { certificate } = readCertificate(der);
    if (certificate === undefined) return { count: distinct.size };
    if (best !== undefined && !equalBytes(best.spki, certificate.spki)) {
      return { count: distinct.size };
    }
    if (best === undefined || isBetter(certificate, best, at)) best = certificate;
  }
  return best === undefined ? { count: 0 } : { der: best.der, count: 1 };
}

function isBetter(a: Certificate, b: Certificate, at: number): boolean {
  const valid = isValidAt(a, at);
  if (valid !== isValidAt(b, at)) return valid;
  if (a.notAfter !== b.notAfter) return a.notAfter > b.notAfter;
  return hexEncode(a.der) < hexEncode(b.der);
}
