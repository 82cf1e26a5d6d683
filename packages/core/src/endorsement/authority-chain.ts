// SPDX-License-Identifier: Apache-2.0
// The authorities under one trusted root: each verified once and then kept. Only certificates that
// verified are kept; whether they are valid at an instant, or revoked, is asked anew each time.

import { hexEncode } from "../bytes/index.ts";
import { sha256 } from "#crypto";
import { equalBytes } from "../crypto/equal.ts";
import { KeyError } from "../crypto/key-error.ts";
import type { SignatureScheme, SignatureVerifier, VerifyKey } from "../crypto/signature.ts";
import type { SuppliedCertificate } from "../evidence/evidence.ts";
import type { ProductLine } from "../evidence/product.ts";
import type { Finding } from "../finding/index.ts";
import { BoundedCache } from "./bounded-cache.ts";
import type { Certificate } from "./certificate.ts";
import {
  checkAuthority,
  checkAuthorityKey,
  checkCriticalExtensions,
  checkIssued,
  checkValidity,
} from "./check-certificate.ts";
import type { ExpectedIssuer } from "./check-certificate.ts";
import type { VekKind } from "./endorsement.ts";
import type { Name } from "./name.ts";
import type { TrustRoot } from "./roots.ts";
import { readCertificate } from "./supplied.ts";

/** An ARK, ASK or ASVK with all that does not depend on time. */
export interface Authority extends ExpectedIssuer {
  readonly role: "ARK" | "ASK" | "ASVK";
  readonly certificate: Certificate;
  /** SHA-256 of the certificate, in hexadecimal. */
  readonly fingerprint: string;
  readonly findings: readonly Finding[];
  /** What is found about its validity at instants at which it is valid. */
  readonly valid: Finding;
  /** Whether nothing failed, here and in what it hangs on. */
  readonly trusted: boolean;
}

/** How many supplied ASKs or ASVKs are kept for each root; there is one of each in the world. */
const KEPT_INTERMEDIATES = 8;

/** A trusted root and what hangs on it. */
export class AuthorityChain {
  readonly root: TrustRoot;
  readonly #signatures: SignatureVerifier;
  readonly #supplied = new BoundedCache<Authority>(KEPT_INTERMEDIATES);
  #ark: Promise<Authority> | undefined;
  readonly #carried: Partial<Record<"ASK" | "ASVK", Authority>> = {};

  constructor(root: TrustRoot, signatures: SignatureVerifier) {
    this.root = root;
    this.#signatures = signatures;
  }

  get line(): ProductLine {
    return this.root.line;
  }

  /** The root certificate, verified with its own key. */
  ark(): Promise<Authority> {
    this.#ark ??= this.#verify("ARK", this.root.ark, undefined).catch((error: unknown) => {
      // Only a verifier that is out of order throws; the next one to ask gets another try.
      this.#ark = undefined;
      throw error;
    });
    return this.#ark;
  }

  /** The ASK or ASVK that comes with the root; undefined when none does. */
  async carried(kind: VekKind): Promise<Authority | undefined> {
    const role = roleAbove(kind);
    const certificate = this.#carriedCertificate(kind);
    if (certificate === undefined) return undefined;
    this.#carried[role] ??= await this.#verify(role, certificate, await this.ark());
    return this.#carried[role];
  }

  /** Whether an issuer's name is that of a carried ASK or ASVK. */
  issues(issuer: Name): boolean {
    return (["VCEK", "VLEK"] as const).some((kind) => {
      const subject = this.#carriedCertificate(kind)?.subject;
      return subject !== undefined && equalBytes(subject.raw, issuer.raw);
    });
  }

  /**
   * The ASK or ASVK among supplied certificates; where several claim to be it, one that verifies. The order
   * they come in does not matter.
   * @param issuer The name it has to have; undefined when nothing is there that names it.
   */
  async supplied(
    kind: VekKind,
    issuer: Name | undefined,
    certificates: readonly SuppliedCertificate[],
  ): Promise<Authority | undefined> {
    const role = roleAbove(kind);
    let best: Authority | undefined;
    for (const { der } of certificates) {
      const key = `${role} ${hexEncode(sha256(der))}`;
      const known = this.#supplied.get(key);
      const wanted = (subject: Name): boolean =>
        issuer === undefined ? this.isNameOf(kind, subject) : equalBytes(subject.raw, issuer.raw);
      const found = known ?? (await this.#readSupplied(role, der, wanted));
      if (found === undefined || !wanted(found.subject)) continue;
      if (found.trusted) this.#supplied.set(key, found);
      if (best === undefined || isBetter(found, best)) best = found;
    }
    return best;
  }

  /** What some bytes are among the certificates that come with the root. */
  carries(der: Uint8Array): Authority["role"] | undefined {
    const { ark, ask, asvk } = this.root;
    if (equalBytes(ark.der, der)) return "ARK";
    if (ask !== undefined && equalBytes(ask.der, der)) return "ASK";
    return asvk !== undefined && equalBytes(asvk.der, der) ? "ASVK" : undefined;
  }

  /** Whether an authority name is the one this root's ASK (VCEK) or ASVK (VLEK) has to have. */
  isNameOf(kind: VekKind, subject: Name): boolean {
    const common = this.root.ark.subject.commonName;
    if (common === undefined || !common.startsWith("ARK-")) return false;
    return subject.commonName === `SEV-${kind === "VLEK" ? "VLEK-" : ""}${common.slice(4)}`;
  }

  #carriedCertificate(kind: VekKind): Certificate | undefined {
    return kind === "VCEK" ? this.root.ask : this.root.asvk;
  }

  async #readSupplied(
    role: "ASK" | "ASVK",
    der: Uint8Array,
    wanted: (subject: Name) => boolean,
  ): Promise<Authority | undefined> {
    // A copy: what is kept must not change with the caller's bytes, nor keep all of them in memory.
    const { certificate } = readCertificate(new Uint8Array(der));
    if (certificate === undefined) return undefined;
    if (!wanted(certificate.subject)) return undefined;
    if (!equalBytes(certificate.issuer.raw, this.root.ark.subject.raw)) return undefined;
    return this.#verify(role, certificate, await this.ark());
  }

  /** Verifies an authority; without `issuer`, it is the root itself. */
  async #verify(
    role: Authority["role"],
    certificate: Certificate,
    issuer: Authority | undefined,
  ): Promise<Authority> {
    const { subject } = certificate;
    const { key, problem } = await importKey(this.#signatures, certificate.spki, "RSA-PSS-SHA384");
    const own: ExpectedIssuer = { role, subject, ...(key === undefined ? {} : { key }) };
    const findings = [
      checkAuthorityKey(role, certificate, problem),
      checkAuthority(role, certificate),
      checkCriticalExtensions(role, certificate),
      ...(await checkIssued(role, certificate, issuer ?? own, this.#signatures)),
      ...(role === "ARK" ? [] : [this.#checkKind(role, subject)]),
    ].map((finding) => Object.freeze(finding));
    const sound = findings.every(({ outcome }) => outcome === "pass");
    return {
      ...own,
      role,
      certificate,
      fingerprint: hexEncode(sha256(certificate.der)),
      findings,
      valid: checkValidity(role, certificate, certificate.notBefore),
      trusted: sound && (issuer?.trusted ?? true),
    };
  }

  #checkKind(role: "ASK" | "ASVK", subject: Name): Finding {
    const kind = role === "ASK" ? "VCEK" : "VLEK";
    const ok = this.isNameOf(kind, subject);
    return {
      id: "snp.chain.ask-kind",
      outcome: ok ? "pass" : "fail",
      title: ok
        ? `The ${kind} hangs on the ${role} of the root`
        : `What the ${kind} hangs on is not the ${role} of the root`,
      ...(ok ? {} : { actual: subject.text }),
      source: "AMD 57230 (VCEK Certificate and KDS Interface), section 3",
    };
  }
}

/** The authority that signs a kind of key. */
export function roleAbove(kind: VekKind): "ASK" | "ASVK" {
  return kind === "VCEK" ? "ASK" : "ASVK";
}

/** Takes a key in, or says why it is none. */
export async function importKey(
  signatures: SignatureVerifier,
  spki: Uint8Array,
  scheme: SignatureScheme,
): Promise<
  | { readonly key: VerifyKey; readonly problem?: undefined }
  | { readonly key?: undefined; readonly problem: string }
> {
  try {
    return { key: await signatures.importKey(spki, scheme) };
  } catch (error) {
    if (error instanceof KeyError) return { problem: error.message };
    throw error;
  }
}

/** An order of candidates that does not depend on how they were supplied. */
function isBetter(a: Authority, b: Authority): boolean {
  if (a.trusted !== b.trusted) return a.trusted;
  return a.fingerprint < b.fingerprint;
}
