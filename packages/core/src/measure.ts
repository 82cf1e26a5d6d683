// SPDX-License-Identifier: Apache-2.0
// The measuring entry: what a page or a service needs to compute an expected launch digest, and
// nothing else. Its size is a budget (test/budget.test.ts).

export { LayoutError, hexDecode, hexEncode } from "./bytes/index.ts";
export { firmwareDescriptorFromJson, readFirmware } from "./firmware/index.ts";
export type { FirmwareDescriptor, FirmwareImage } from "./firmware/index.ts";
export {
  LaunchError,
  cmdlineHash,
  cpuModel,
  cpuSignature,
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
  VmsaProfile,
} from "./launch/index.ts";
