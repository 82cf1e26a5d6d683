// SPDX-License-Identifier: Apache-2.0
// Launches that a guest owner controls: their plan, whether what was launched is what was planned, and
// the record of what was decided. Loading this loads zod.

export { isAcceptable, withAcceptance } from "./acceptance.ts";
export { launchCandidates } from "./candidates.ts";
export type {
  AcceptedFirmware,
  DirectBoot,
  Generation,
  LaunchCandidate,
  LaunchExpectation,
  MeasuredFile,
} from "./candidates.ts";
export { explainSevMismatch, explainSnpMismatch, withExplanation } from "./explain.ts";
export { PlanError } from "./plan/error.ts";
export type { PlanProblem } from "./plan/error.ts";
export { launchPlanFields, launchPlanJsonSchema } from "./plan/json-schema.ts";
export type { PlanField } from "./plan/json-schema.ts";
export { parseLaunchPlan } from "./plan/parse.ts";
export { withPlanPaths } from "./plan/paths.ts";
export { LAUNCH_PLAN_SCHEMA } from "./plan/types.ts";
export type {
  LabHost,
  LaunchPlan,
  LibvirtHost,
  PlannedDisk,
  PlannedSecret,
  QemuHost,
  QmpHost,
} from "./plan/types.ts";
export { checkSevPolicy, formatApi } from "./policy-word.ts";
export type { FirmwareApi } from "./policy-word.ts";
export { checkLaunchRecord } from "./record/check.ts";
export {
  FIRST_PREVIOUS,
  LAUNCH_RECORD_SCHEMA,
  LAUNCH_STATES,
  LAUNCH_STEPS,
  LAUNCH_TRANSITIONS,
  encodeRecordLine,
  recordLineDigest,
} from "./record/format.ts";
export type { JsonValue, LaunchRecordEntry, LaunchState, LaunchStep } from "./record/format.ts";
export { parseLaunchRecord } from "./record/parse.ts";
export type { LaunchRecordLine } from "./record/parse.ts";
export { checkSecretArea } from "./secret-area.ts";
export { appraiseSevLaunch } from "./sev.ts";
export type { ReportedLaunch, SevLaunchAppraisal, SevLaunchInput } from "./sev.ts";
export { appraiseSnpLaunch } from "./snp.ts";
export type { SnpLaunchAppraisal, SnpLaunchInput } from "./snp.ts";
export type { PlannedIdBlock } from "./id-block.ts";
