// SPDX-License-Identifier: Apache-2.0
// Checks of the version and build of the SEV-SNP firmware, running and committed.

import type { Report } from "../../evidence/index.ts";
import { ANSWER_OUTCOMES, found, reportRow } from "./check.ts";
import type { Check } from "./check.ts";

const VERSION = reportRow("snp.firmware.version-below-minimum", "currentMinor");
const BUILD = reportRow("snp.firmware.build-below-minimum", "currentBuild");
const COMMITTED = reportRow("snp.firmware.committed-above-current", "committedBuild");
const PROVISIONAL = reportRow("snp.firmware.not-committed", "committedBuild");

const currentVersion = ({ currentMajor, currentMinor }: Report): number =>
  (currentMajor << 8) | currentMinor;
const committedVersion = ({ committedMajor, committedMinor }: Report): number =>
  (committedMajor << 8) | committedMinor;

const current = ({ currentMajor, currentMinor, currentBuild }: Report): string =>
  `${currentMajor}.${currentMinor} build ${currentBuild}`;
const committed = ({ committedMajor, committedMinor, committedBuild }: Report): string =>
  `${committedMajor}.${committedMinor} build ${committedBuild}`;

const UPDATE = "the host's firmware must be updated, or platform.firmware in the policy lowered";

const version: Check = ({ report, policy, compiled }) => {
  const { minimumVersion: least } = compiled;
  const actual = current(report);
  if (least === undefined) {
    return found(VERSION, "skipped", "The policy demands no version of the firmware", actual);
  }
  const ok = currentVersion(report) >= least;
  return found(
    VERSION,
    ok ? "pass" : "fail",
    ok ? "The firmware is new enough" : "The firmware is older than the policy demands",
    actual,
    `${policy.platform.firmware.minimumVersion} or newer`,
    UPDATE,
  );
};

const build: Check = ({ report, policy, compiled }) => {
  const { minimumBuild: least, minimumVersion, compareBuild } = policy.platform.firmware;
  const actual = current(report);
  if (least === 0) {
    return found(BUILD, "skipped", "The policy demands no build of the firmware", actual);
  }
  const demandedVersion = compiled.minimumVersion;
  const isNewer = demandedVersion !== undefined && currentVersion(report) > demandedVersion;
  const byVersion = isNewer && compareBuild === "within-version";
  const ok = byVersion || report.currentBuild >= least;
  return found(
    BUILD,
    ok ? "pass" : "fail",
    byVersion
      ? "The firmware is newer than the version whose build the policy demands"
      : ok
        ? "The build of the firmware is high enough"
        : "The build of the firmware is lower than the policy demands",
    actual,
    `${minimumVersion === "any" ? "" : `${minimumVersion} `}build ${least} or higher`,
    UPDATE,
  );
};

/** Below zero when the committed firmware is older than the running one. */
function compare(report: Report): number {
  const difference = committedVersion(report) - currentVersion(report);
  return difference === 0 ? report.committedBuild - report.currentBuild : difference;
}

const committedAbove: Check = ({ report }) => {
  const ok = compare(report) <= 0;
  return found(
    COMMITTED,
    ok ? "pass" : "fail",
    ok
      ? "The committed firmware is not newer than the running one"
      : "The committed firmware is newer than the running one, which cannot be",
    committed(report),
    `at most ${current(report)}`,
  );
};

const notCommitted: Check = ({ report, policy }) => {
  if (compare(report) === 0) {
    return found(PROVISIONAL, "pass", "The running firmware is committed", committed(report));
  }
  return found(
    PROVISIONAL,
    ANSWER_OUTCOMES[policy.platform.firmware.provisional],
    "The running firmware is not committed: the host can go back to an older one",
    committed(report),
    current(report),
    "the host must commit it; platform.firmware.provisional in the policy says whether to insist",
  );
};

/** The checks, in the order they are reported. */
export const FIRMWARE_CHECKS: readonly Check[] = [version, build, committedAbove, notCommitted];
