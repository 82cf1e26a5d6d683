// SPDX-License-Identifier: Apache-2.0
// Checks of the TCB versions, part by part: against the policy's floors, and against one another.

import { TCB_SOURCE, formatTcb, tcbPartsBelow, tcbPartsDiffering } from "../../evidence/index.ts";
import type { DecodedTcb } from "../../evidence/index.ts";
import type { Finding } from "../../finding/index.ts";
import type { Policy, TcbFloors } from "../policy/types.ts";
import { ANSWER_OUTCOMES, found, reportRow } from "./check.ts";
import type { Check, Row, Subject } from "./check.ts";
import type { ReportTcb, ReportTcbs } from "./tcb-versions.ts";

const RESERVED = reportRow("snp.tcb.reserved-bytes", "reportedTcb", TCB_SOURCE);
const REPORTED = reportRow("snp.tcb.reported-below-minimum", "reportedTcb", TCB_SOURCE);
const LAUNCH = reportRow("snp.tcb.launch-below-minimum", "launchTcb", TCB_SOURCE);
const REPORTED_ABOVE = reportRow("snp.tcb.reported-above-current", "reportedTcb", TCB_SOURCE);
const COMMITTED_ABOVE = reportRow("snp.tcb.committed-above-current", "committedTcb", TCB_SOURCE);
const PROVISIONAL = reportRow("snp.tcb.not-committed", "committedTcb", TCB_SOURCE);

/**
 * A check that needs the product line, without which the eight bytes have no meaning. That the line is
 * not known is a finding of its own and stands in the way; here only a demand is left undecided.
 */
function byLine(
  row: Row,
  check: (tcbs: ReportTcbs, subject: Subject) => Finding,
  demands?: (policy: Policy) => TcbFloors,
): Check {
  return (subject) => {
    if (subject.tcbs !== undefined) return check(subject.tcbs, subject);
    const isDemanded = demands !== undefined && Object.keys(demands(subject.policy)).length > 0;
    const title = "The TCB version cannot be read without knowing the product line";
    const hint = "reports of version 2 do not say it: supply their VCEK or VLEK";
    return found(row, isDemanded ? "unknown" : "skipped", title, undefined, undefined, hint);
  };
}

const reserved = byLine(RESERVED, ({ line, reported, current, committed, launch }) => {
  const used = Object.entries({ reported, current, committed, launch }).filter(
    ([, tcb]: readonly [string, DecodedTcb]) => tcb.reserved.length > 0,
  );
  if (used.length === 0) {
    return found(RESERVED, "pass", "The TCB versions have no parts besides those that are known");
  }
  const title = `The TCB versions have parts that are not known on ${line}, so no floor covers them`;
  const actual = used.map(([name, tcb]) => `${name}: byte ${tcb.reserved.join(", ")}`).join("; ");
  return found(RESERVED, "fail", title, actual, "zero");
});

/** Compares with the floor of the line. With floors for other lines only, nothing is known to be fine. */
function floor(
  row: Row,
  which: string,
  field: string,
  floors: TcbFloors,
  tcbs: ReportTcbs,
  { tcb, text: actual }: ReportTcb,
): Finding {
  const least = floors[tcbs.line];
  if (least === undefined) {
    const lines = Object.keys(floors);
    if (lines.length === 0) {
      return found(row, "skipped", `The policy has no floor for the ${which} TCB`, actual);
    }
    const title = `The policy has floors for the ${which} TCB, but none for ${tcbs.line}`;
    const hint = `add platform.${field}.${tcbs.line} to the policy; {} there demands nothing`;
    return found(row, "fail", title, actual, `a floor for ${tcbs.line}`, hint);
  }
  const below = tcbPartsBelow(tcb, least);
  return found(
    row,
    below.length === 0 ? "pass" : "fail",
    below.length === 0
      ? `No part of the ${which} TCB is below the policy's floor`
      : `The ${which} TCB is below the policy's floor: ${below.join(", ")}`,
    actual,
    formatTcb(least) || "anything",
    `the host's firmware must be updated, or platform.${field} in the policy lowered`,
  );
}

const reportedBelow = byLine(
  REPORTED,
  (tcbs, { policy }) =>
    floor(REPORTED, "reported", "tcb", policy.platform.tcb, tcbs, tcbs.reported),
  ({ platform }) => platform.tcb,
);

const launchBelow = byLine(
  LAUNCH,
  (tcbs, { policy }) =>
    floor(LAUNCH, "launch", "launchTcb", policy.platform.launchTcb, tcbs, tcbs.launch),
  ({ platform }) => platform.launchTcb,
);

/** Firmware never lets these be above CURRENT_TCB (AMD 56860, SNP_CONFIG and SNP_COMMIT). */
function above(row: Row, which: string, { tcb, text }: ReportTcb, current: ReportTcb): Finding {
  const parts = tcbPartsBelow(current.tcb, tcb);
  const ok = parts.length === 0;
  return found(
    row,
    ok ? "pass" : "fail",
    ok
      ? `No part of the ${which} TCB is above the running one`
      : `The ${which} TCB is above the running one, which cannot be: ${parts.join(", ")}`,
    text,
    `at most ${current.text}`,
  );
}

const reportedAbove = byLine(REPORTED_ABOVE, ({ reported, current }) =>
  above(REPORTED_ABOVE, "reported", reported, current),
);

const committedAbove = byLine(COMMITTED_ABOVE, ({ committed, current }) =>
  above(COMMITTED_ABOVE, "committed", committed, current),
);

const notCommitted = byLine(PROVISIONAL, ({ committed, current }, { policy }) => {
  const parts = tcbPartsDiffering(committed.tcb, current.tcb);
  if (parts.length === 0) {
    return found(PROVISIONAL, "pass", "The running TCB is committed", committed.text);
  }
  return found(
    PROVISIONAL,
    ANSWER_OUTCOMES[policy.platform.firmware.provisional],
    `The running TCB is not committed, so the host can go back: ${parts.join(", ")}`,
    committed.text,
    current.text,
    "the host must commit it; platform.firmware.provisional in the policy says whether to insist",
  );
});

/** The checks, in the order they are reported. */
export const TCB_CHECKS: readonly Check[] = [
  reserved,
  reportedBelow,
  launchBelow,
  reportedAbove,
  committedAbove,
  notCommitted,
];
