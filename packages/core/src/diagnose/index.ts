// SPDX-License-Identifier: Apache-2.0
// From an observed digest back to the launch that has it.

export { DIMENSIONS } from "./axis.ts";
export type { Axis, Choice, Dimension, LaunchMode } from "./axis.ts";
export type { SetAside } from "./candidates.ts";
export { COMMAND_LINE_VARIANTS } from "./command-line-variants.ts";
export type { CommandLineVariant } from "./command-line-variants.ts";
export type { CommandLine } from "./command-line.ts";
export { notCovered, exclusionSentence, modesTried, nextSteps, triedValues } from "./exclusions.ts";
export type { Tried } from "./exclusions.ts";
export { explainLaunch } from "./explain.ts";
export type { Explanation } from "./explain.ts";
export { describeFirmware, firmwareCandidate } from "./firmware-candidate.ts";
export type { FirmwareCandidate, FirmwareRecipe } from "./firmware-candidate.ts";
export { FLASH_LAYOUTS, codePart, isVariableStore, joinFlash, varsSizeFor } from "./flash.ts";
export { launchDigest } from "./launch.ts";
export type { CandidateLaunch } from "./launch.ts";
export { readDigestText, readObservedFile } from "./observed.ts";
export type { Observed } from "./observed.ts";
export { MODE_NAMES } from "./parameters.ts";
export type { ParameterRow } from "./parameters.ts";
export { Search, diagnose } from "./search.ts";
export type { SearchOutcome, SearchProgress, SearchRequest } from "./search.ts";
export type { MeasurementSession } from "./sev-chain.ts";
export { searchSpace } from "./space.ts";
export type {
  CommandLineCandidate,
  Expectation,
  MeasuredBlob,
  SearchSpace,
  SpaceOptions,
} from "./space.ts";
export type { ProfileVariant } from "./vmsa-variants.ts";
