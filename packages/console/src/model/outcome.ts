// SPDX-License-Identifier: Apache-2.0
// Outcomes in words and in order, and the findings that decide a verdict.

import type { Finding, Outcome } from "@greenlight/core/finding";

/** The word beside each outcome's mark; a colour never stands alone. */
export const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  fail: "fail",
  unknown: "unknown",
  warn: "warning",
  pass: "pass",
  skipped: "skipped",
};

/** What stands in the way first. */
const ORDER: readonly Outcome[] = ["fail", "unknown", "warn", "pass", "skipped"];

/** Findings by outcome, otherwise in the order they were made in. */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  return ORDER.flatMap((outcome) => findings.filter((finding) => finding.outcome === outcome));
}

/** How many findings have which outcome, in words: `2 fail, 1 warning, 40 pass`. */
export function countOutcomes(findings: readonly Finding[]): string {
  return ORDER.map(
    (outcome) =>
      [findings.filter((finding) => finding.outcome === outcome).length, outcome] as const,
  )
    .filter(([count]) => count > 0)
    .map(([count, outcome]) => `${count} ${OUTCOME_WORDS[outcome]}`)
    .join(", ");
}
