// SPDX-License-Identifier: Apache-2.0
// A finding: one check and its outcome, always reported, whether it passed or not.

import type { FindingId } from "./catalogue.ts";

export { EVIDENCE_FINDINGS, FINDINGS } from "./catalogue.ts";
export type { FindingId } from "./catalogue.ts";

/**
 * What a check came to. `unknown` means it could not be decided (something needed is missing);
 * `skipped` means it does not apply here.
 */
export type Outcome = "pass" | "fail" | "warn" | "unknown" | "skipped";

/** Where in which artefact the checked value stands. */
export interface FindingPlace {
  /** What was looked at: `firmware`, `ID block`, a file name given by the caller. */
  readonly artefact: string;
  /** Byte offset in the artefact. */
  readonly offset?: number;
  readonly size?: number;
}

/** One check, reported. */
export interface Finding {
  /** Permanent dotted id, see catalogue.ts. */
  readonly id: FindingId;
  readonly outcome: Outcome;
  /** One plain sentence. */
  readonly title: string;
  readonly expected?: string;
  readonly actual?: string;
  readonly where?: FindingPlace;
  /** Document and section the check comes from. */
  readonly source?: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** Findings that stand in the way: those that failed and those that could not be decided. */
export function blockers(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ outcome }) => outcome === "fail" || outcome === "unknown");
}
