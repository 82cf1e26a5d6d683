// SPDX-License-Identifier: Apache-2.0
// A whole platform in software: chip, keys, and the processors for SEV, SEV-ES and SEV-SNP.

export { PlatformError } from "./error.ts";
export type { PlatformErrorCode } from "./error.ts";
export type { Faults } from "./faults.ts";
export { readPlatformFile, writePlatformFile } from "./file.ts";
export { createPlatform, loadPlatform } from "./platform.ts";
export type { Platform, PlatformOptions } from "./platform.ts";
export { seededRandom, systemRandom } from "./random.ts";
export type { RandomSource } from "./random.ts";
export { PLATFORM_LINES } from "./shared.ts";
export type { ApiVersion } from "./api-version.ts";
export type { JsonValue, PlatformLine } from "./shared.ts";
export type { PlatformState } from "./state.ts";
export { STATUS, statusText } from "./status.ts";
export type { Failure, FailureName, Result, StatusName } from "./status.ts";
export { executeBuffer } from "../sev/mailbox/execute.ts";
export { COMMANDS } from "../sev/mailbox/layouts.ts";
export type { CommandName } from "../sev/mailbox/layouts.ts";
export type { MailboxMemory } from "../sev/mailbox/memory.ts";
export { GUEST_STATES, PLATFORM_STATES } from "../sev/processor.ts";
export type {
  GuestHandle,
  GuestStateName,
  GuestStatus,
  LaunchStartInput,
  PacketInput,
  PlatformStateName,
  PlatformStatus,
  SendStartInput,
  SentPacket,
  SevProcessor,
  StartInput,
  UpdateInput,
} from "../sev/processor.ts";
export type { SevAuthorities } from "../sev/authorities.ts";
export * from "../snp/index.ts";
