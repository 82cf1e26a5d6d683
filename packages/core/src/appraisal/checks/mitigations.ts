// SPDX-License-Identifier: Apache-2.0
// Checks of the mitigation vectors: what the firmware had verified at launch, and has now.

import type { Finding } from "../../finding/index.ts";
import { found, reportRow } from "./check.ts";
import type { Check, Row } from "./check.ts";

const LAUNCH = reportRow("snp.mitigations.launch-missing", "launchMitVector");
const CURRENT = reportRow("snp.mitigations.current-missing", "currentMitVector");
const LOST = reportRow("snp.mitigations.lost", "currentMitVector");

const hexOf = (value: bigint): string => `0x${value.toString(16)}`;

function mitigations(
  row: Row,
  when: "launch" | "current",
  vector: bigint | undefined,
  wanted: bigint,
  version: number,
): Finding {
  const actual = vector === undefined ? "none" : hexOf(vector);
  const name = when === "launch" ? "LAUNCH_MIT_VECTOR" : "CURRENT_MIT_VECTOR";
  if (wanted === 0n) return found(row, "skipped", `The policy demands nothing of ${name}`, actual);
  const missing = wanted & ~(vector ?? 0n);
  const ok = missing === 0n;
  return found(
    row,
    ok ? "pass" : "fail",
    ok
      ? `${name} has every mitigation that is demanded`
      : vector === undefined
        ? `Reports of version ${version} have no ${name}, of which mitigations are demanded`
        : `${name} lacks mitigations that are demanded: ${hexOf(missing)}`,
    actual,
    `all of ${hexOf(wanted)}`,
    `the host's firmware must be updated; platform.mitigations.${when} in the policy demands it`,
  );
}

const launchMitigations: Check = ({ report, compiled }) =>
  mitigations(LAUNCH, "launch", report.launchMitVector, compiled.launchMitigations, report.version);

const currentMitigations: Check = ({ report, compiled }) =>
  mitigations(
    CURRENT,
    "current",
    report.currentMitVector,
    compiled.currentMitigations,
    report.version,
  );

const lostMitigations: Check = ({ report }) => {
  const { launchMitVector: launch, currentMitVector: current } = report;
  if (launch === undefined || current === undefined) {
    return found(
      LOST,
      "skipped",
      `Reports of version ${report.version} have no mitigation vectors`,
    );
  }
  const lost = launch & ~current;
  return found(
    LOST,
    lost === 0n ? "pass" : "warn",
    lost === 0n
      ? "No mitigation was lost since the launch"
      : "The firmware has lost mitigations that it had when the guest was launched",
    hexOf(current),
    `at least ${hexOf(launch)}`,
    "the host may have gone back to older firmware; platform.mitigations.current can insist",
  );
};

/** The checks of mitigation vectors, in the order they are reported. */
export const MITIGATION_CHECKS: readonly Check[] = [
  launchMitigations,
  currentMitigations,
  lostMitigations,
];
