// SPDX-License-Identifier: Apache-2.0
// Launch digests of SEV, SEV-ES and SEV-SNP, and what they are made of.

export { ACCEPTABLE_FINDINGS } from "./acceptance-docs.ts";
export type { Accepted } from "./acceptance.ts";
export { allEpycTypes, cpuFamilyModelStepping, cpuSignature, epycModel } from "./cpu-models.ts";
export { CPU_MODELS, cpuModel } from "./cpu-models-other.ts";
export type { CpuRow, VcpuType } from "./cpu-models.ts";
export { firstDivergence } from "./divergence.ts";
export type { Divergence, MeasuredPage } from "./divergence.ts";
export { LaunchError } from "./error.ts";
export type { LaunchErrorCode } from "./error.ts";
export { SEV_FEATURES_BITS, sevFeatureNames } from "./guest-features.ts";
export { DEFAULT_GUEST_POLICY, describeGuestPolicy, formatGuestPolicy } from "./guest-policy.ts";
export type { GuestPolicyBit, GuestPolicyDescription } from "./guest-policy.ts";
export {
  KERNEL_HASHES_GUIDS,
  cmdlineHash,
  kernelHashesPage,
  kernelHashesTable,
  noInitrdHash,
} from "./kernel-hashes.ts";
export type { KernelHashes } from "./kernel-hashes.ts";
export { LAUNCH_MEASURE_INPUT, launchMeasurement } from "./measurement.ts";
export type { LaunchMeasureParameters } from "./measurement.ts";
export { KERNEL_HASHES_TABLE, PAGE_INFO, SEGMENT, VMSA } from "./layout-docs.ts";
export { LaunchDigest, PAGE_TYPES } from "./page-info.ts";
export type { PageType, PageUpdate } from "./page-info.ts";
export { KVM_VMSA_GPA, MAX_VCPUS, checkLaunch } from "./parameters.ts";
export type { LaunchParameters, VcpuParameters } from "./parameters.ts";
export { digestSet, digestSetSize } from "./set.ts";
export type { DigestSetEntry, DigestSetRequest } from "./set.ts";
export {
  hashPieces,
  sevEsLaunchDigest,
  sevEsPieces,
  sevEsVmsaPieces,
  sevLaunchDigest,
  sevPieces,
} from "./sev.ts";
export type { LaunchPiece, SevEsParameters } from "./sev.ts";
export { snpLaunchDigest, snpOvmfHash, snpPlan, snpPrefix, snpVmsaSteps } from "./snp.ts";
export type { SnpParameters, SnpPlan } from "./snp.ts";
export { digestOf, explain, extendBy } from "./steps.ts";
export type { ExplainedStep, LaunchStep } from "./steps.ts";
export { svsmSteps } from "./svsm.ts";
export type { SvsmParameters } from "./svsm.ts";
export { applicationVmsaPage, bootVmsaPage, vmsaProfile, withFpu } from "./vmsa/build.ts";
export { checkVmsa } from "./vmsa/check.ts";
export type { Vmsa } from "./vmsa/layout.ts";
export { profileHosts } from "./vmsa/hosts.ts";
export { VMSA_PROFILES } from "./vmsa/profiles.ts";
export type { VmsaProfile } from "./vmsa/profiles.ts";
export { recogniseVmsa } from "./vmsa/recognise.ts";
export type { ProfileMatch, RecognisedVmsa, VmsaDifference } from "./vmsa/recognise.ts";
