// SPDX-License-Identifier: Apache-2.0
// A platform in a folder of its own, behind a socket; and asking it.

export { connectPsp } from "./client.ts";
export type { PspClient } from "./client.ts";
export { PspError } from "./error.ts";
export type { PspErrorCode } from "./error.ts";
export { PlatformFolder } from "./folder.ts";
export { servePlatform } from "./server.ts";
export type { PspServer, PspServerOptions } from "./server.ts";
