// SPDX-License-Identifier: Apache-2.0
// The measuring entry: what a page or a service needs to compute an expected launch digest, and
// nothing else. Its size is a budget (test/budget.test.ts).

export { LayoutError, hexDecode, hexEncode } from "./bytes/index.ts";
export { readLaunchFirmware as readFirmware } from "./firmware/image.ts";
export type { LaunchFirmware } from "./firmware/image.ts";
export {
  LaunchError,
  cmdlineHash,
  cpuSignature,
  epycModel,
  noInitrdHash,
  sevEsLaunchDigest,
  sevLaunchDigest,
  snpLaunchDigest,
  vmsaProfile,
} from "./launch/index.ts";
export type {
  KernelHashes,
  LaunchParameters,
  SevEsParameters,
  SnpParameters,
  VcpuType,
  VmsaProfile,
} from "./launch/index.ts";
