// SPDX-License-Identifier: Apache-2.0
// The measuring entry: what a page or a service needs to compute an expected launch digest, and
// nothing else. Its size is a budget (test/budget.test.ts).

export { hexEncode } from "./bytes/index.ts";
export { readFirmware } from "./firmware/index.ts";
export type { FirmwareImage } from "./firmware/index.ts";
export {
  cmdlineHash,
  cpuModel,
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
