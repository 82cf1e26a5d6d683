// SPDX-License-Identifier: Apache-2.0
// Launches that a guest owner controls, carried out on a host that is not trusted.

export { GuestLaunchError } from "./error.ts";
export type { GuestLaunchErrorCode } from "./error.ts";
export type { LaunchHost, OfferedFiles } from "./host.ts";
export type {
  GuestEnd,
  Hypervisor,
  LaunchInfo,
  PlatformExport,
  RunState,
  SecretPacket,
} from "./hypervisor.ts";
export { anticipateHost, launchHost } from "./hosts/index.ts";
export type { HostOptions } from "./hosts/index.ts";
export { LAB_FAULT_WORDS } from "./hosts/lab-faults.ts";
export type { PlannedGuest } from "./hosts/guest.ts";
export type { LaunchContext, Released } from "./launch-run.ts";
export type {
  LaunchMaterials,
  LegacyMaterials,
  PlatformVerdict,
  SnpMaterials,
} from "./materials.ts";
export { platformVerifier } from "./platform.ts";
export type { CertificateFile, PlatformRules } from "./platform.ts";
export { runLaunch } from "./run.ts";
export type { LaunchResult } from "./run.ts";
