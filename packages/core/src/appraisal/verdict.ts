// SPDX-License-Identifier: Apache-2.0
// What appraisal is given and what it comes to.

import type { Endorsement, Need } from "../endorsement/index.ts";
import type { Evidence, ProductLine, Report } from "../evidence/index.ts";
import type { Finding } from "../finding/index.ts";
import type { VerdictOutcome } from "../finding/outcome.ts";
import type { ReportDataBinding } from "./binding.ts";
import type { Policy } from "./policy/types.ts";

export { outcomeOf } from "../finding/outcome.ts";
export type { VerdictOutcome } from "../finding/outcome.ts";

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
