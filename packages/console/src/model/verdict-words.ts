// SPDX-License-Identifier: Apache-2.0
// The answer in one sentence, and the findings that decided it.

import type { Verdict } from "@greenlight/core/appraisal";
import { blockers } from "@greenlight/core/finding";
import type { Finding, Outcome } from "@greenlight/core/finding";

/** The outcome whose mark stands beside a verdict. */
export const VERDICT_MARKS: Readonly<Record<Verdict["outcome"], Outcome>> = {
  accepted: "pass",
  rejected: "fail",
  undecided: "unknown",
};

/** The verdict in a word, and why in a sentence. */
export function verdictWords({ outcome, findings }: Verdict): {
  readonly word: string;
  readonly sentence: string;
} {
  const failed = findings.filter((finding) => finding.outcome === "fail").length;
  const open = findings.filter((finding) => finding.outcome === "unknown").length;
  const warned = findings.filter((finding) => finding.outcome === "warn").length;
  switch (outcome) {
    case "accepted":
      return {
        word: "Accepted",
        sentence: `The report is genuine and meets the policy${
          warned === 0 ? "." : `, with ${counted(warned, "warning")}.`
        }`,
      };
    case "rejected":
      return {
        word: "Rejected",
        sentence: `${capital(counted(failed, "check"))} failed${
          open === 0 ? "." : `, and ${counted(open, "check")} could not be decided.`
        }`,
      };
    case "undecided":
      return {
        word: "Not decided",
        sentence: `Nothing failed, but ${counted(open, "check")} could not be decided: something is missing.`,
      };
  }
}

/** What decided: all blockers; of an accepted report, the warnings. */
export function deciding({ findings }: Verdict): readonly Finding[] {
  const blocking = blockers(findings);
  return blocking.length > 0
    ? [
        ...blocking.filter(({ outcome }) => outcome === "fail"),
        ...blocking.filter(({ outcome }) => outcome === "unknown"),
      ]
    : findings.filter(({ outcome }) => outcome === "warn");
}

function counted(count: number, noun: string): string {
  return `${count === 1 ? "one" : count} ${noun}${count === 1 ? "" : "s"}`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
