// SPDX-License-Identifier: Apache-2.0
// What appraisal is given and what it comes to.

import type { Endorsement, Need } from "../endorsement/index.ts";
import type { Evidence, ProductLine, Report } from "../evidence/index.ts";
import type { Finding } from "../finding/index.ts";
import type { ReportDataBinding } from "./binding.ts";
import type { Policy } from "./policy/types.ts";

/** What `appraise()` looks at. */
export interface AppraiseInput {
  readonly report: Report;
  /** Absent when the report could not be proved genuine. */
  readonly endorsement?: Endorsement;
  /** Product line, where it is known otherwise than by endorsement or report. */
  readonly line?: ProductLine;
  readonly policy: Policy;
  readonly binding?: ReportDataBinding;
  readonly evidence: Evidence;
  /** The instant of the appraisal, milliseconds since 1970. */
  readonly at: number;
}

/** What the findings come to. */
export type VerdictOutcome = "accepted" | "rejected" | "undecided";

/** The answer of a verification, with all its reasons. */
export interface Verdict {
  readonly outcome: VerdictOutcome;
  readonly findings: readonly Finding[];
  /** Absent when the bytes are no report. */
  readonly report?: Report;
  /** Only of a report that was proved genuine. */
  readonly endorsement?: Endorsement;
  readonly line?: ProductLine;
  /** What was missing; with it, the verification can be tried again. */
  readonly needs: readonly Need[];
}

/** `rejected` when a finding fails, else `undecided` when one is unknown, else `accepted`. */
export function outcomeOf(findings: readonly Finding[]): VerdictOutcome {
  let outcome: VerdictOutcome = "accepted";
  for (const finding of findings) {
    if (finding.outcome === "fail") return "rejected";
    if (finding.outcome === "unknown") outcome = "undecided";
  }
  return outcome;
}
