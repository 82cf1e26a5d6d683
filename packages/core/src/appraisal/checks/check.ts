// SPDX-License-Identifier: Apache-2.0
// What a check is: a look at one thing, and a finding of it. A row of data says what the finding is
// called and where the thing stands; the look is a function.

import { ATTESTATION_REPORT, REPORT_SOURCE } from "../../evidence/index.ts";
import type { Report } from "../../evidence/index.ts";
import type { Finding, FindingId, FindingPlace, Outcome } from "../../finding/index.ts";
import type { CompiledPolicy } from "../policy/compile.ts";
import type { Answer } from "../policy/types.ts";
import type { AppraiseInput } from "../verdict.ts";
import type { ReportTcbs } from "./tcb-versions.ts";

/** What checks look at. */
export interface Subject extends AppraiseInput {
  readonly compiled: CompiledPolicy;
  /** TCB versions of the report; undefined while its product line is not known. */
  readonly tcbs: ReportTcbs | undefined;
}

/** A check: always one finding. */
export type Check = (subject: Subject) => Finding;

/** What is the same in every finding of a check. */
export interface Row {
  readonly id: FindingId;
  readonly where: FindingPlace;
  readonly source: string;
}

/** A row about a field of the report. */
export function reportRow(id: FindingId, field: keyof Report, source: string = REPORT_SOURCE): Row {
  const offset = ATTESTATION_REPORT.offsetOf(field);
  const part = ATTESTATION_REPORT.parts.find(({ name }) => name === field);
  return { id, where: { artefact: "report", offset, size: part?.codec.size ?? 0 }, source };
}

/** A finding of a row. Parts that are undefined stay absent. */
export function found(
  { id, where, source }: Row,
  outcome: Outcome,
  title: string,
  actual?: string,
  expected?: string,
  hint?: string,
): Finding {
  const finding: { -readonly [K in keyof Finding]: Finding[K] } = {
    id,
    outcome,
    title,
    where,
    source,
  };
  if (expected !== undefined) finding.expected = expected;
  if (actual !== undefined) finding.actual = actual;
  if (hint !== undefined && outcome !== "pass" && outcome !== "skipped") finding.hint = hint;
  return finding;
}

/** The outcome of something that the policy refuses, warns of, or allows. */
export const ANSWER_OUTCOMES: Readonly<Record<Answer, Outcome>> = {
  refuse: "fail",
  warn: "warn",
  allow: "pass",
};
