// SPDX-License-Identifier: Apache-2.0
// Policies: their files, their schema, and what they demand in words. Loading this loads zod; what is
// needed to appraise with a policy one has already is in appraisal/.

export { DEFAULT_POLICY } from "./default.ts";
export { PolicyError, describeProblem, formatPath } from "./error.ts";
export type { PolicyErrorCode, PolicyPath, PolicyProblem } from "./error.ts";
export { explainPolicy } from "./explain.ts";
export type { PolicySentence } from "./explain.ts";
export { fieldValue, policyFields } from "./fields.ts";
export type { PolicyField } from "./fields.ts";
export { policyJsonSchema } from "./json-schema.ts";
export { applyOverride } from "./override.ts";
export { parsePolicy } from "./parse.ts";
export { POLICY_SCHEMA } from "./types.ts";
export type {
  Answer,
  BindingKind,
  BitDemand,
  CpuDemand,
  EvidencePolicy,
  GuestPolicy,
  Labelled,
  OneOf,
  PlatformPolicy,
  Policy,
  TableEntryDemand,
  TcbFloors,
} from "./types.ts";
