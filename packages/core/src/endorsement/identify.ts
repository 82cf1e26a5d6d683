// SPDX-License-Identifier: Apache-2.0
// What a certificate says it is, by its names and AMD's extensions. For showing it, and for finding it
// among others; nothing is trusted because of it.

import { productLineNamed } from "../evidence/product.ts";
import type { ProductLine } from "../evidence/product.ts";
import type { Certificate } from "./certificate.ts";
import { pinOf } from "./roots.ts";
import type { AuthorityRole, Pin } from "./roots.ts";

/** A certificate's place in AMD's chains. */
export type CertificateRole = AuthorityRole | "VCEK" | "VLEK";

/** What a certificate says it is. */
export interface CertificateIdentity {
  readonly role: CertificateRole;
  /** Absent when the names belong to no known line. */
  readonly line?: ProductLine;
  /** One of AMD's own authorities, byte for byte. */
  readonly pin?: Pin;
}

/** Common names as AMD writes them. `SEV-VCEK` and `SEV-VLEK` must not be taken for an ASK. */
const COMMON_NAMES: readonly (readonly [role: CertificateRole, pattern: RegExp])[] = [
  ["VCEK", /^SEV-VCEK$/],
  ["VLEK", /^SEV-VLEK$/],
  ["ASVK", /^SEV-VLEK-(\w+)$/],
  ["ASK", /^SEV-(\w+)$/],
  ["ARK", /^ARK-(\w+)$/],
];

/** What a certificate says it is; undefined when it has none of AMD's names. */
export function identifyCertificate(certificate: Certificate): CertificateIdentity | undefined {
  const own = readCommonName(certificate.subject.commonName);
  if (own === undefined) return undefined;
  const { role } = own;
  const isVek = role === "VCEK" || role === "VLEK";
  const lineName = isVek ? readCommonName(certificate.issuer.commonName)?.line : own.line;
  const line = lineName === undefined ? undefined : productLineNamed(lineName);
  const pin = isVek ? undefined : pinOf(certificate.der);
  return {
    role,
    ...(line === undefined ? {} : { line }),
    ...(pin === undefined ? {} : { pin }),
  };
}

function readCommonName(
  name: string | undefined,
): { readonly role: CertificateRole; readonly line: string | undefined } | undefined {
  if (name === undefined) return undefined;
  for (const [role, pattern] of COMMON_NAMES) {
    const found = pattern.exec(name);
    if (found !== null) return { role, line: found[1] };
  }
  return undefined;
}
