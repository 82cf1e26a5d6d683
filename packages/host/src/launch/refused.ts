// SPDX-License-Identifier: Apache-2.0
// A launch that is refused: the way out of its steps, to where the guest is ended and the reason told.

import type { VerdictOutcome } from "@greenlight/core/appraisal";
import { blockers } from "@greenlight/core/finding";
import type { Finding } from "@greenlight/core/finding";

/** Thrown when findings stand in the way of the next step. */
export class Refused extends Error {
  readonly outcome: Exclude<VerdictOutcome, "accepted">;
  readonly hint?: string;
  /** Findings that no step of the record has told yet. */
  readonly untold: readonly Finding[];

  /**
   * @param findings Of which some fail or are unknown.
   * @param told Whether a step of the record has told them.
   */
  constructor(
    outcome: Exclude<VerdictOutcome, "accepted">,
    findings: readonly Finding[],
    told: boolean,
  ) {
    const open = blockers(findings);
    const first = open.find(({ outcome: one }) => one === "fail") ?? open[0];
    const more = open.length > 1 ? ` (and ${open.length - 1} more)` : "";
    super(first === undefined ? "The launch is refused" : `${first.title} [${first.id}]${more}`);
    this.outcome = outcome;
    this.untold = told ? [] : findings;
    if (first?.hint !== undefined) this.hint = first.hint;
  }
}
