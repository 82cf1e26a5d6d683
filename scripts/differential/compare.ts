// SPDX-License-Identifier: Apache-2.0
// Compares two judgements of every case and explains where they differ.

import { GROUPS } from "./case.ts";
import type { Case } from "./case.ts";
import { DIFFERENCES } from "./differences.ts";
import type { Difference } from "./differences.ts";
import type { Judgement } from "./ours.ts";

/** A case with both judgements. */
export interface Judged {
  readonly item: Case;
  readonly ours: Judgement;
  readonly theirs: Judgement;
}

/** What came of it. */
export interface Comparison {
  readonly cases: number;
  readonly bothAccept: number;
  readonly neitherAccepts: number;
  /** Of those that neither accepts: the peer refuses the whole product line, so that nothing is said. */
  readonly blind: number;
  readonly explained: readonly {
    readonly difference: Difference;
    readonly cases: readonly Judged[];
  }[];
  readonly unexplained: readonly Judged[];
  /** Explanations that explain nothing. */
  readonly unused: readonly Difference[];
  /** Cases that we do not judge as expected. */
  readonly unexpected: readonly Judged[];
}

/** Compares. */
export function compare(judged: readonly Judged[]): Comparison {
  const differing = judged.filter(differs);
  const explained = DIFFERENCES.map((difference) => ({
    difference,
    cases: differing.filter((each) => explanationOf(each) === difference),
  }));
  const accepts = ({ outcome }: Judgement): boolean => outcome === "accepted";
  const neither = judged.filter(
    ({ ours, theirs }) => !accepts(ours) && theirs.outcome === "rejected",
  );
  return {
    cases: judged.length,
    bothAccept: judged.filter(({ ours, theirs }) => accepts(ours) && accepts(theirs)).length,
    neitherAccepts: neither.length,
    blind: neither.filter(({ item }) => item.line === "Turin").length,
    explained,
    unexplained: differing.filter((each) => explanationOf(each) === undefined),
    unused: explained.flatMap(({ difference, cases }) => (cases.length === 0 ? [difference] : [])),
    unexpected: judged.filter(({ item, ours }) => accepts(ours) !== (item.expected === "accepted")),
  };
}

/** A crash is a difference whatever we say. */
function differs({ ours, theirs }: Judged): boolean {
  if (theirs.outcome === "panic") return true;
  return (ours.outcome === "accepted") !== (theirs.outcome === "accepted");
}

function explanationOf({ item, ours, theirs }: Judged): Difference | undefined {
  return DIFFERENCES.find(({ explains }) => explains(item, ours, theirs));
}

/** The section of the documentation. */
export function renderSection(comparison: Comparison, peerVersion: string): string {
  const { cases, bothAccept, neitherAccepts, blind, explained } = comparison;
  const differing = explained.reduce((sum, each) => sum + each.cases.length, 0);
  const rows = explained.map(({ difference, cases: found }) => {
    const { subject, ours, theirs, right, why } = difference;
    return `| ${subject} | ${found.length} | ${ours} | ${theirs} | ${right}: ${why} |`;
  });
  return [
    `\`node scripts/differential.ts\` signs ${cases} pieces of evidence with a test hierarchy and has them`,
    `judged by Greenlight and by go-sev-guest ${peerVersion} (Debian's package, verification and`,
    `validation) under the same demands. They are valid, or broken in one way, in these groups:`,
    `${GROUPS.join(", ")}.`,
    "",
    "| verdicts | cases |",
    "|---|---|",
    `| both accept | ${bothAccept} |`,
    `| neither accepts | ${neitherAccepts} |`,
    `| they differ | ${differing} |`,
    "",
    `Of those that neither accepts, ${blind} are of Turin, about which go-sev-guest ${peerVersion} says`,
    "nothing. Every difference has a reason, and the script fails when one has none:",
    "",
    "| subject | cases | Greenlight | go-sev-guest | who is right |",
    "|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}
