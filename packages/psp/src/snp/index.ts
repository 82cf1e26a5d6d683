// SPDX-License-Identifier: Apache-2.0
// The SEV-SNP half of the secure processor, and the guest's end of its message channel.

export { GuestMessageChannel } from "./channel.ts";
export type { Carrier, DerivedKeyRequest, ReportRequest } from "./channel.ts";
export { ChannelError } from "./channel-error.ts";
export type { ChannelErrorCode } from "./channel-error.ts";
export type { SnpFaults } from "./faults.ts";
export { MESSAGE_HEADER, MESSAGE_TYPES, openMessage, readMessage, sealMessage } from "./message.ts";
export type { MessageType, PlainMessage } from "./message.ts";
export type { SnpFacts, SnpOptions } from "./options.ts";
export { createSnpProcessor } from "./processor.ts";
export { readSecretsPage } from "./secrets-page.ts";
export type { SecretsPage } from "./secrets-page.ts";
export type {
  KeySelection,
  SnpConfig,
  SnpGuestState,
  SnpGuestStatus,
  SnpLaunchFinish,
  SnpLaunchStart,
  SnpLaunchUpdate,
  SnpLaunchUpdated,
  SnpPlatformStatus,
  SnpProcessor,
  SnpRefusal,
  SnpResult,
  VlekRequest,
} from "./types.ts";
