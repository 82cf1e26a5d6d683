// SPDX-License-Identifier: Apache-2.0
// The launch session of SEV and SEV-ES: transport keys for one platform, and what is sent under them.

export { apiForm, compareApi } from "../api-forms.ts";
export type { ApiForm, ApiVersion } from "../api-forms.ts";
export { SessionError } from "./error.ts";
export type { SessionErrorCode } from "./error.ts";
export {
  EXPORTED_GUEST_HEADER,
  EXPORTED_PACKET_HEADER,
  encodeExportedGuest,
  exportGuest,
  parseExportedGuest,
} from "./exported-guest.ts";
export type { ExportedGuest, ExportedPacket, GuestPart } from "./exported-guest.ts";
export { joinKeys, readPayload, readSessionKeys, readSized, sessionFiles } from "./file-forms.ts";
export type { FileBytes, FileForm, KeyFiles, SessionFile, SessionFileForm } from "./file-forms.ts";
export {
  FIRMWARE_STATEMENT,
  checkFirmwareStatement,
  parseFirmwareStatement,
  signFirmwareStatement,
} from "./firmware-statement.ts";
export type { FirmwareDemand, FirmwareStatement } from "./firmware-statement.ts";
export { deriveSessionKeys, kdf } from "./kdf.ts";
export type { WrappingKeys } from "./kdf.ts";
export { PACKET_HEADER, SESSION, parseSession } from "./layout.ts";
export type { PacketHeader, Session, SessionKeys } from "./layout.ts";
export { PACKET_MAXIMUM, PACKET_UNIT } from "./packet.ts";
export type { OpenedPacket, Packet, PacketRefusal } from "./packet.ts";
export {
  SEV_POLICY_BITS,
  describeSevPolicy,
  formatSevPolicy,
  parseSevPolicy,
  requireSevPolicy,
} from "./policy.ts";
export type { SevPolicyBit, SevPolicyBitName, SevPolicyDescription } from "./policy.ts";
export { openReceivePacket, sealReceivePacket } from "./receive-packet.ts";
export type { ReceiveKind } from "./receive-packet.ts";
export {
  DISK_PASSPHRASE_GUID,
  KNOWN_SECRETS,
  SECRET_TABLE_GUID,
  knownSecret,
} from "./secret-guids.ts";
export type { KnownSecret } from "./secret-guids.ts";
export { openSecret, sealSecret } from "./secret-packet.ts";
export type { SecretBinding } from "./secret-packet.ts";
export {
  SECRET_ENTRY_HEADER,
  SECRET_TABLE_HEADER,
  buildSecretTable,
  parseSecretTable,
} from "./secret-table.ts";
export type { SecretEntry, SecretTable, SecretTableOptions } from "./secret-table.ts";
export { makeSession, ownerCertificate, unwrapSession, wrapSession } from "./session.ts";
export type {
  LaunchSession,
  SessionParts,
  SessionRandomness,
  SessionRequest,
  UnwrappedSession,
} from "./session.ts";
