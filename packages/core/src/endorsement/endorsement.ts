// SPDX-License-Identifier: Apache-2.0
// What goes into the judging of endorsements and what comes out of it.

import type { SuppliedCertificate } from "../evidence/evidence.ts";
import type { ProductLine } from "../evidence/product.ts";
import type { Report } from "../evidence/report.ts";
import type { TcbVersion } from "../evidence/tcb.ts";
import type { Finding } from "../finding/index.ts";
import type { Certificate } from "./certificate.ts";
import type { EndorserKind, VcekFacts } from "./kds.ts";
import type { TrustRoot } from "./roots.ts";
import type { VekExtensions } from "./vek-extensions.ts";

/** The two kinds of keys that sign reports: of a chip, or of a provider. */
export type VekKind = "VCEK" | "VLEK";

/** Whether and how revocation lists are consulted. */
export interface RevocationRule {
  /**
   * `off`: not at all. `if-available`: a list that is there counts, a missing or stale one is a warning.
   * `required`: without a current list nothing is decided.
   */
  readonly mode: "off" | "if-available" | "required";
  /** How long ago a list may have been issued, in milliseconds, whatever its own nextUpdate says. */
  readonly maxAge?: number;
}

/** A report and what is to prove it. */
export interface EndorseInput {
  /** The decoded report; its byte strings must be views into `reportBytes`. */
  readonly report: Report;
  /** The report as it came: 1184 bytes. */
  readonly reportBytes: Uint8Array;
  /** Certificates and revocation lists from wherever, in any order. None of them is trusted as such. */
  readonly certificates: readonly SuppliedCertificate[];
  /** The instant at which everything has to be valid, in milliseconds since 1970. */
  readonly at: number;
  readonly revocation: RevocationRule;
  /** Whether a VCEK may be taken without knowing that it is of the chip, because CHIP_ID is zero. */
  readonly allowMaskedChipId: boolean;
}

/** Something that is missing and that AMD's Key Distribution Service has. */
export type Need =
  | ({
      readonly kind: "VCEK";
      /**
       * The same under other product lines, for a report that does not say its line (version 2): to ask
       * for when the first is not known to the service.
       */
      readonly alternatives: readonly VcekFacts[];
    } & VcekFacts)
  | { readonly kind: "CRL"; readonly line: ProductLine; readonly endorser: EndorserKind }
  | { readonly kind: "intermediate"; readonly line: ProductLine; readonly endorser: EndorserKind };

/** A verified VCEK or VLEK that signed a report. */
export interface Endorsement {
  readonly kind: VekKind;
  readonly line: ProductLine;
  readonly vek: Certificate;
  /** VCEK or VLEK, ASK or ASVK, ARK. */
  readonly chain: readonly Certificate[];
  readonly extensions: VekExtensions;
  /** The TCB the key is derived for, which is REPORTED_TCB. */
  readonly tcb: TcbVersion;
  /** Until when the verdict would stay the same: end of the chain, or nextUpdate of the list used. */
  readonly validUntil: number;
  readonly root: TrustRoot;
}

/** What was found. */
export interface EndorseResult {
  /** Every check: passed, failed, or skipped and why. */
  readonly findings: readonly Finding[];
  /**
   * Only when the report is proved genuine: nothing failed and nothing is open, except that revocation
   * may be unknown, which then is a finding of its own.
   */
  readonly endorsement?: Endorsement;
  /**
   * The product line as far as it is known: of the VCEK or VLEK once its chain is verified, else of the
   * CPU that the report names.
   */
  readonly line?: ProductLine;
  /** What could be fetched to decide more; see {@link Need}. */
  readonly needs: readonly Need[];
}
