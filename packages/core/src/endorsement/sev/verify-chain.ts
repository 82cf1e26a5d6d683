// SPDX-License-Identifier: Apache-2.0
// Whether a platform's certificates are AMD's and whole, and what the guest owner demands: all checks
// are made and told, in the order in which trust goes down from the root to the PDH.

import { sha256 } from "#crypto";
import { signatures as platformSignatures } from "#signature";
import type { SignatureVerifier } from "../../crypto/signature.ts";
import type { Finding } from "../../finding/index.ts";
import { outcomeOf } from "../../finding/outcome.ts";
import type { VerdictOutcome } from "../../finding/outcome.ts";
import { isEndorsed } from "./bundle.ts";
import type { SevChain } from "./bundle.ts";
import type { SevCertificate } from "./certificate.ts";
import { checkCek, checkOca, checkPdh, checkPek } from "./check-platform.ts";
import { checkAuthorities, findAuthorities, rootOfCek } from "./check-root.ts";
import type { Authorities } from "./check-root.ts";
import { checkOwner, checkRules } from "./check-rules.ts";
import type { SevChainPolicy } from "./check-rules.ts";
import { AMD_SEV_ROOTS } from "./roots.ts";
import type { SevProductLine, SevTrustRoot } from "./roots.ts";

/** A chain and what it is judged by. */
export interface SevChainInput {
  readonly chain: SevChain;
  /** Roots that are trusted; AMD's when left out. Those of simulators count only when they are named. */
  readonly roots?: readonly SevTrustRoot[];
  readonly policy?: SevChainPolicy;
  /** Checks signatures; the platform's own when left out. */
  readonly signatures?: SignatureVerifier;
}

/** What was found. */
export interface SevChainVerdict {
  /** Every check: passed, failed, or not made and why. */
  readonly findings: readonly Finding[];
  readonly verdict: VerdictOutcome;
  /** The product line, once ASK and CEK are proved to be of it. */
  readonly product?: SevProductLine;
  /** The key to agree with, only of a chain that is accepted. */
  readonly pdh?: SevCertificate;
  /**
   * SHA-256 over what the signatures of PDH, PEK, OCA, CEK, ASK and ARK cover, one after the other, as
   * far as they are there. AMD's service signs a CEK anew for everyone who asks, so that signatures
   * would make two digests of one platform.
   */
  readonly chainDigest: Uint8Array;
}

/**
 * Verifies a platform's chain. Nothing that comes with it is trusted: the root has to be one of `roots`.
 * Never throws for what a chain holds.
 */
export async function verifySevChain(input: SevChainInput): Promise<SevChainVerdict> {
  const { roots = AMD_SEV_ROOTS, policy = {}, signatures = platformSignatures } = input;
  const chain = withSignedCek(input.chain, policy);
  const authorities = await findAuthorities(chain, roots, signatures);
  const upper = await checkAuthorities(authorities, signatures);
  const cek = await cekFindings(chain, authorities, roots, signatures);
  const proved = provedRoot(authorities, [...upper, ...cek]);
  const findings = [
    checkContradictions(chain),
    ...upper,
    ...cek,
    ...(await checkOca(chain, signatures)),
    checkOwner(chain, policy),
    ...(await checkPek(chain, signatures)),
    ...(await checkPdh(chain, signatures)),
    // The CEK as it came: the signed one is put in its place only where the two are the same key.
    ...checkRules(input.chain, proved, policy),
  ];
  const verdict = outcomeOf(findings);
  return {
    findings,
    verdict,
    ...(proved?.line === undefined ? {} : { product: proved.line }),
    ...(verdict === "accepted" && chain.pdh !== undefined ? { pdh: chain.pdh } : {}),
    chainDigest: digestOf(chain, authorities),
  };
}

/** The chain with the CEK that AMD's service signed, where its own is missing or not signed. */
function withSignedCek(chain: SevChain, { cekOfKds }: SevChainPolicy): SevChain {
  if (cekOfKds === undefined) return chain;
  const isNeeded = chain.cek === undefined || !isEndorsed(chain.cek);
  return isNeeded ? { ...chain, cek: cekOfKds } : chain;
}

async function cekFindings(
  chain: SevChain,
  authorities: Authorities,
  roots: readonly SevTrustRoot[],
  signatures: SignatureVerifier,
): Promise<readonly Finding[]> {
  const findings = await checkCek(chain, authorities, undefined, signatures);
  const isRefused = findings.some(
    ({ id, outcome }) => id === "sev.cek.signature" && outcome === "fail",
  );
  if (!isRefused) return findings;
  const other = await rootOfCek(chain, roots, signatures);
  return checkCek(chain, authorities, other, signatures);
}

function checkContradictions({ contradictions = [] }: SevChain): Finding {
  const id = "sev.chain.contradictory";
  if (contradictions.length === 0) {
    return { id, outcome: "pass", title: "There is one certificate for every key" };
  }
  return {
    id,
    outcome: "fail",
    title: "The files hold different certificates for one key",
    actual: contradictions.join("; "),
    hint: "give the files of one platform only, all exported at one time",
  };
}

/** The root, when ASK and CEK hang on it. */
function provedRoot({ root }: Authorities, findings: readonly Finding[]): SevTrustRoot | undefined {
  const needed: readonly string[] = [
    "sev.ark.not-pinned",
    "sev.ask.issuer",
    "sev.ask.signature",
    "sev.cek.signature",
  ];
  const proved = findings.filter(({ id, outcome }) => needed.includes(id) && outcome === "pass");
  return proved.length === needed.length ? root : undefined;
}

function digestOf({ pdh, pek, oca, cek }: SevChain, { ask, ark }: Authorities): Uint8Array {
  const parts = [pdh, pek, oca, cek, ask, ark].flatMap((part) =>
    part === undefined ? [] : [part.signed],
  );
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return sha256(joined);
}
