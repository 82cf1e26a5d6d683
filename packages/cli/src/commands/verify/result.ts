// SPDX-License-Identifier: Apache-2.0
// What verifying one piece of evidence came to, and what many came to together.

import type { Verdict, VerdictOutcome } from "@greenlight/core/appraisal";
import type { Evidence } from "@greenlight/core/evidence";

/** Why something could not be read: the parts of our errors that outputs show. */
export interface ReadProblem {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly source?: string;
  readonly offset?: number;
}

/** What became of one source. */
export type Result =
  | {
      readonly kind: "appraised";
      readonly name: string;
      readonly evidence: Evidence;
      readonly verdict: Verdict;
      /** Why something that was missing could not be had, a sentence each. */
      readonly problems: readonly string[];
    }
  | { readonly kind: "unreadable"; readonly name: string; readonly error: ReadProblem }
  /** A file met in a folder that is something else than evidence. */
  | { readonly kind: "passed-over"; readonly name: string; readonly error: ReadProblem };

/** How often each outcome was. */
export type Tally = Readonly<Record<VerdictOutcome | "unreadable" | "passed-over", number>>;

/** The row of the {@link Tally} that a result counts in. */
function outcomeOfResult(result: Result): keyof Tally {
  return result.kind === "appraised" ? result.verdict.outcome : result.kind;
}

/** Nothing yet. */
export const NO_RESULTS: Tally = {
  accepted: 0,
  rejected: 0,
  undecided: 0,
  unreadable: 0,
  "passed-over": 0,
};

/** The tally with one result more. */
export function counted(tally: Tally, result: Result): Tally {
  const outcome = outcomeOfResult(result);
  return { ...tally, [outcome]: tally[outcome] + 1 };
}

/**
 * 0 when everything was accepted, else for the worst there was: 1 something was rejected, 2 could not be
 * read, 3 could not be decided. A folder without any evidence is unreadable.
 */
export function exitCodeOf(tally: Tally): number {
  if (tally.rejected > 0) return 1;
  if (tally.unreadable > 0) return 2;
  if (tally.undecided > 0) return 3;
  return tally.accepted > 0 ? 0 : 2;
}
