// SPDX-License-Identifier: Apache-2.0
// What `greenlight verify sev` came to.

import type { Finding } from "@greenlight/core/finding";
import type { SevChain, SevChainVerdict } from "@greenlight/core/sev-endorsement";
import type { SevAttestationReport } from "@greenlight/core/sev-evidence";

/** What a verification came to, ready to be told. */
export interface VerifySevResult {
  readonly verdict: SevChainVerdict["verdict"];
  /** Of the chain, and of the report where there is one. */
  readonly findings: readonly Finding[];
  readonly chain: SevChain;
  readonly chainVerdict: SevChainVerdict;
  /** Of the platform; see ownerFingerprint(). */
  readonly owner?: string;
  readonly report?: SevAttestationReport;
  /** What is worth knowing about files, and why something could not be fetched. */
  readonly notes: readonly string[];
  /** Where the signed CEK can be had, when it is missing and the chip's id is known. */
  readonly cekUrl?: string;
}
