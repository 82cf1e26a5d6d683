// SPDX-License-Identifier: Apache-2.0
// appraise(): every demand of a policy against a report, all of them reported. It does not look at
// whether the report is genuine: endorsement/ does.

import { reportProductLine } from "../evidence/index.ts";
import type { Finding } from "../finding/index.ts";
import { checkGuestPolicy, checkPlatformInfo } from "./checks/bits.ts";
import type { Check, Subject } from "./checks/check.ts";
import { ENDORSER_CHECKS, checkTable } from "./checks/endorser.ts";
import { FIRMWARE_CHECKS } from "./checks/firmware.ts";
import { IDENTITY_CHECKS } from "./checks/identity.ts";
import { MITIGATION_CHECKS } from "./checks/mitigations.ts";
import { ORIGIN_CHECKS } from "./checks/origin.ts";
import { REPORT_DATA_CHECKS } from "./checks/report-data.ts";
import { readTcbs } from "./checks/tcb-versions.ts";
import { TCB_CHECKS } from "./checks/tcb.ts";
import { compilePolicy } from "./policy/compile.ts";
import type { AppraiseInput } from "./verdict.ts";

const BEFORE_BITS: readonly Check[] = [
  ...ORIGIN_CHECKS,
  ...ENDORSER_CHECKS,
  ...FIRMWARE_CHECKS,
  ...TCB_CHECKS,
  ...MITIGATION_CHECKS,
];
const AFTER_BITS: readonly Check[] = [...IDENTITY_CHECKS, ...REPORT_DATA_CHECKS];

/**
 * Compares a report with a policy. Without endorsement, what only a certificate says is unknown or
 * skipped; without product line, so is everything about TCB versions.
 * @returns one finding for each check, in a fixed order: origin, platform, guest, report data.
 */
export function appraise(input: AppraiseInput): readonly Finding[] {
  const { report, policy, endorsement } = input;
  const line = endorsement?.line ?? input.line ?? reportProductLine(report);
  const subject: Subject = {
    ...input,
    compiled: compilePolicy(policy),
    tcbs: line === undefined ? undefined : readTcbs(report, line),
  };
  const findings: Finding[] = [];
  for (const check of BEFORE_BITS) findings.push(check(subject));
  findings.push(...checkTable(subject));
  findings.push(...checkPlatformInfo(report, policy));
  findings.push(...checkGuestPolicy(report, policy, subject.compiled.minimumAbi));
  for (const check of AFTER_BITS) findings.push(check(subject));
  return findings;
}
