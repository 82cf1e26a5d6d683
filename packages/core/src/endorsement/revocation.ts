// SPDX-License-Identifier: Apache-2.0
// Revocation: which supplied lists are the root's, whether one is current, and whether ARK, ASK or ASVK
// stand on it. The serial number of a VCEK or VLEK is always zero and says nothing; a key that must no
// longer be trusted is refused by its TCB instead. AMD publishes one list for VCEKs and one for VLEKs; both
// are the root's and nothing in them tells them apart, so every list of the root is looked at for all of
// its certificates. Source: RFC 5280 sections 5 and 6.3.

import { LayoutError, hexEncode } from "../bytes/index.ts";
import { sha256 } from "#crypto";
import { equalBytes } from "../crypto/equal.ts";
import type { SignatureVerifier } from "../crypto/signature.ts";
import type { SuppliedCertificate } from "../evidence/evidence.ts";
import type { Finding, FindingId } from "../finding/index.ts";
import type { Authority } from "./authority-chain.ts";
import { BoundedCache } from "./bounded-cache.ts";
import { isAmdPss } from "./check-certificate.ts";
import { parseRevocationList } from "./crl.ts";
import type { RevocationList } from "./crl.ts";
import type { RevocationRule } from "./endorsement.ts";
import { judgeLists, listWindow } from "./judge-lists.ts";
import type { RootLists } from "./judge-lists.ts";
import { skipped } from "./skipped.ts";

/** All ids here and in judge-lists.ts. */
const REVOCATION_CHECKS: readonly FindingId[] = [
  "snp.revocation.layout",
  "snp.revocation.unknown",
  "snp.revocation.signature",
  "snp.revocation.not-yet-valid",
  "snp.revocation.stale",
  "snp.revocation.too-old",
  "snp.revocation.ark-revoked",
  "snp.revocation.ask-revoked",
];

const OFF = skipped(REVOCATION_CHECKS, "revocation is switched off");
const NO_ROOT = skipped(REVOCATION_CHECKS, "there is no root whose list it would be");

/** What was found about revocation. */
export interface RevocationState {
  readonly findings: readonly Finding[];
  /** Whether a current list was there, or none is wanted. */
  readonly current: boolean;
  /** Until when the list used is current; infinite when none was used. */
  readonly validUntil: number;
}

/** How much is kept: a few lists for each of the few roots. */
const KEPT = 64;

/** A list that was read, or why the bytes are none. */
type ReadList =
  | { readonly list: RevocationList; readonly problem?: undefined }
  | { readonly list?: undefined; readonly problem: string };

/** A state that stays the same within its window, because nothing was missing or wrong. */
interface KeptState {
  readonly from: number;
  readonly state: RevocationState;
}

/** Checks of revocation. Lists that verified and states without fault are kept. */
export class RevocationChecker {
  readonly #signatures: SignatureVerifier;
  /** Lists whose signature was found good, by root and hash. */
  readonly #authentic = new BoundedCache<RevocationList>(KEPT);
  readonly #states = new BoundedCache<KeptState>(KEPT);

  constructor(signatures: SignatureVerifier) {
    this.#signatures = signatures;
  }

  /**
   * @param ark The root; undefined when none is known for the report.
   * @param intermediate The ASK or ASVK; undefined when it is missing.
   * @returns The state itself when it is known, which saves waiting for it.
   */
  check(
    ark: Authority | undefined,
    intermediate: Authority | undefined,
    supplied: readonly SuppliedCertificate[],
    rule: RevocationRule,
    at: number,
  ): RevocationState | Promise<RevocationState> {
    const { mode, maxAge } = rule;
    if (mode === "off") return { findings: OFF, current: true, validUntil: Infinity };
    if (ark === undefined) return { findings: NO_ROOT, current: true, validUntil: Infinity };
    const hashes = supplied.map(({ der }) => hexEncode(sha256(der)));
    const authorities = `${ark.fingerprint} ${intermediate?.fingerprint}`;
    const key = `${mode} ${maxAge} ${authorities} ${hashes.join(" ")}`;
    const kept = this.#states.get(key);
    if (kept !== undefined && at >= kept.from && at <= kept.state.validUntil) return kept.state;
    return this.#judge(key, hashes, ark, intermediate, supplied, rule, at);
  }

  async #judge(
    key: string,
    hashes: readonly string[],
    ark: Authority,
    intermediate: Authority | undefined,
    supplied: readonly SuppliedCertificate[],
    rule: RevocationRule,
    at: number,
  ): Promise<RevocationState> {
    const lists = await this.#sort(ark, supplied, hashes);
    const judged = judgeLists(lists, ark, intermediate, rule, at);
    const window = judged.used === undefined ? undefined : listWindow(judged.used, rule.maxAge);
    const state: RevocationState = {
      findings: judged.findings.map((finding) => Object.freeze(finding)),
      current: judged.used !== undefined,
      validUntil: window?.until ?? Infinity,
    };
    const faultless = state.findings.every(
      ({ outcome }) => outcome === "pass" || outcome === "skipped",
    );
    if (window !== undefined && faultless) this.#states.set(key, { from: window.from, state });
    return state;
  }

  async #sort(
    ark: Authority,
    supplied: readonly SuppliedCertificate[],
    hashes: readonly string[],
  ): Promise<RootLists> {
    const authentic: RevocationList[] = [];
    const others: string[] = [];
    const unreadable: string[] = [];
    let forged = 0;
    for (const [i, { der, from }] of supplied.entries()) {
      const key = `${ark.fingerprint} ${hashes[i]!}`;
      const known = this.#authentic.get(key);
      // A copy: what is kept must not change with the caller's bytes.
      const { list, problem } =
        known === undefined ? readList(new Uint8Array(der)) : { list: known };
      if (list === undefined) unreadable.push(`${from}: ${problem}`);
      else if (!equalBytes(list.issuer.raw, ark.subject.raw)) others.push(list.issuer.text);
      else if (known === undefined && !(await this.#isAuthentic(ark, list))) forged++;
      else {
        this.#authentic.set(key, list);
        authentic.push(list);
      }
    }
    return { authentic, forged, others, unreadable };
  }

  async #isAuthentic(ark: Authority, list: RevocationList): Promise<boolean> {
    if (ark.key === undefined || !isAmdPss(list.signatureAlgorithm)) return false;
    return this.#signatures.verify(ark.key, list.tbs, list.signature);
  }
}

function readList(der: Uint8Array): ReadList {
  try {
    const list = parseRevocationList(der);
    // RFC 5280 section 5.2: such a list must not be used. AMD's have no critical extension, and one
    // that is partial or indirect is marked by a critical one.
    const critical = list.extensions.find((extension) => extension.critical);
    if (critical === undefined) return { list };
    return { problem: `has the critical extension ${critical.oid}, which is not known` };
  } catch (error) {
    if (error instanceof LayoutError) return { problem: error.message };
    throw error;
  }
}
