// SPDX-License-Identifier: Apache-2.0
// What findings come to together.

import type { Finding } from "./index.ts";

/** What the findings come to. */
export type VerdictOutcome = "accepted" | "rejected" | "undecided";

/** `rejected` when a finding fails, else `undecided` when one is unknown, else `accepted`. */
export function outcomeOf(findings: readonly Finding[]): VerdictOutcome {
  let outcome: VerdictOutcome = "accepted";
  for (const finding of findings) {
    if (finding.outcome === "fail") return "rejected";
    if (finding.outcome === "unknown") outcome = "undecided";
  }
  return outcome;
}
