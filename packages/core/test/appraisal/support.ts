// SPDX-License-Identifier: Apache-2.0
// Reports and policies that differ from ordinary ones in what a test is about.

import assert from "node:assert/strict";
import { USUAL_TCB, reportFields } from "@greenlight/psp/hierarchy";
import type { ReportFields } from "@greenlight/psp/hierarchy";
import { appraise } from "../../src/appraisal/index.ts";
import type { AppraiseInput } from "../../src/appraisal/index.ts";
import { DEFAULT_POLICY, parsePolicy } from "../../src/appraisal/policy/index.ts";
import type { Policy } from "../../src/appraisal/policy/index.ts";
import type { Endorsement } from "../../src/endorsement/index.ts";
import { encodeTcb } from "../../src/evidence/index.ts";
import type { Evidence, ProductLine, Report, TcbVersion } from "../../src/evidence/index.ts";
import type { Finding, FindingId, Outcome } from "../../src/finding/index.ts";

/** Some instant. */
export const AT = Date.UTC(2026, 10, 21);

/** Any depth of a policy file's fields. */
export type Patch = Readonly<Record<string, unknown>>;

/** A policy file with these fields. */
export function policy(patch: Patch = {}): Policy {
  return parsePolicy({ schema: DEFAULT_POLICY.schema, ...patch });
}

/** The digits of `length` equal bytes. */
export const digitsOf = (byte: number, length: number): string =>
  byte.toString(16).padStart(2, "0").repeat(length);

/** A byte string of equal bytes. */
export const bytesOf = (byte: number, length: number): Uint8Array =>
  new Uint8Array(length).fill(byte);

/** An ordinary report of a line, with some fields changed. */
export function report(fields: ReportFields = {}, line: ProductLine = "Genoa"): Report {
  const chipId = new Uint8Array(64);
  chipId.fill(0xc1, 0, line === "Turin" ? 8 : 64);
  const subject = { line, tcb: USUAL_TCB[line], chipId, signingKey: "VCEK" } as const;
  return { ...reportFields(subject), ...fields };
}

/** The eight bytes of a TCB version with some parts changed. */
export function tcb(parts: Partial<TcbVersion> = {}, line: ProductLine = "Genoa"): Uint8Array {
  return encodeTcb({ ...USUAL_TCB[line], ...parts }, line);
}

/** Evidence that is a bare report, and more. */
export function evidence(more: Partial<Evidence> = {}): Evidence {
  const none = { encodings: [], certificates: [], extras: [], notes: [] };
  return { form: "report", report: new Uint8Array(1184), ...none, ...more };
}

/** As much of an endorsement as appraisal looks at. */
export function endorsement(
  line: ProductLine,
  cspId?: string,
  unknown: string[] = [],
): Endorsement {
  const extensions = { unknown, ...(cspId === undefined ? {} : { cspId }) };
  return { line, extensions } as unknown as Endorsement;
}

/** What differs from an ordinary appraisal. */
export interface Case {
  readonly policy?: Patch;
  readonly report?: ReportFields;
  readonly line?: ProductLine;
  readonly evidence?: Partial<Evidence>;
  readonly endorsement?: Endorsement;
  readonly binding?: AppraiseInput["binding"];
}

/** All findings of a case. */
export function findingsOf(given: Case): readonly Finding[] {
  const { line = "Genoa" } = given;
  return appraise({
    report: report(given.report, line),
    policy: policy(given.policy),
    evidence: evidence(given.evidence),
    at: AT,
    ...(given.endorsement === undefined ? {} : { endorsement: given.endorsement }),
    ...(given.binding === undefined ? {} : { binding: given.binding }),
  });
}

/** The one finding with this id. */
function findingOf(id: FindingId, given: Case): Finding {
  const found = findingsOf(given).filter((finding) => finding.id === id);
  assert.equal(found.length, 1, `${id} is reported ${found.length} times`);
  return found[0]!;
}

/** Asserts the outcome of a check, and that what is wrong is told as it should be. */
export function expectOutcome(id: FindingId, outcome: Outcome, given: Case): Finding {
  const finding = findingOf(id, given);
  assert.equal(finding.outcome, outcome, `${id}: ${finding.title}`);
  assert.match(finding.title, /^[A-Z].*[^.]$/);
  if (outcome === "fail") assert.ok(finding.source !== undefined && finding.where !== undefined);
  return finding;
}
