// SPDX-License-Identifier: Apache-2.0
// Whether evidence is what a guest owner wants, by a policy. Loading this loads neither zod nor jose.

export { appraise } from "./appraise.ts";
export { BINDING_NAMES, boundReportData } from "./binding.ts";
export type { BindingSubjects, BoundReportData, KeyHash, ReportDataBinding } from "./binding.ts";
export { DEFAULT_POLICY } from "./policy/default.ts";
export { durationMs } from "./policy/compile.ts";
export type { Policy } from "./policy/types.ts";
export { outcomeOf } from "./verdict.ts";
export type { AppraiseInput, Verdict, VerdictOutcome } from "./verdict.ts";
export { verifyEvidence } from "./verify.ts";
export type { VerifyContext } from "./verify.ts";
