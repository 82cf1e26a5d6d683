// SPDX-License-Identifier: Apache-2.0
// QMP: a client for QEMU's control socket, and QEMU through it as the hypervisor of a launch.

export { QmpClient } from "./client.ts";
export type { QmpArguments, QmpDeadline } from "./client.ts";
export { connectQmp } from "./connect.ts";
export type { QmpConnectOptions } from "./connect.ts";
export { QmpError } from "./error.ts";
export type { QmpErrorCode } from "./error.ts";
export { qemuHypervisor } from "./hypervisor.ts";
export type { QemuHypervisorOptions } from "./hypervisor.ts";
export type { QmpEvent, QmpGreeting } from "./messages.ts";
export { probeSev } from "./schema.ts";
export type { SevAbilities } from "./schema.ts";
