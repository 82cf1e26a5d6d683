// SPDX-License-Identifier: Apache-2.0
// Status codes of the secure processor's firmware, with AMD's names and the texts that QEMU prints.
// Source: AMD SEV API 55766 rev. 3.24, section 5.2; AMD 56860 rev. 1.58, section on status codes.

/** Codes by name. QEMU's text is absent where it prints `unknown error`. */
export const STATUS = {
  SUCCESS: { code: 0x00, text: "" },
  INVALID_PLATFORM_STATE: { code: 0x01, text: "Platform state is invalid" },
  INVALID_GUEST_STATE: { code: 0x02, text: "Guest state is invalid" },
  INVALID_CONFIG: { code: 0x03, text: "Platform configuration is invalid" },
  INVALID_LENGTH: { code: 0x04, text: "Buffer too small" },
  ALREADY_OWNED: { code: 0x05, text: "Platform is already owned" },
  INVALID_CERTIFICATE: { code: 0x06, text: "Certificate is invalid" },
  POLICY_FAILURE: { code: 0x07, text: "Policy is not allowed" },
  INACTIVE: { code: 0x08, text: "Guest is not active" },
  INVALID_ADDRESS: { code: 0x09, text: "Invalid address" },
  BAD_SIGNATURE: { code: 0x0a, text: "Bad signature" },
  BAD_MEASUREMENT: { code: 0x0b, text: "Bad measurement" },
  ASID_OWNED: { code: 0x0c, text: "ASID is already owned" },
  INVALID_ASID: { code: 0x0d, text: "Invalid ASID" },
  WBINVD_REQUIRED: { code: 0x0e, text: "WBINVD is required" },
  DFFLUSH_REQUIRED: { code: 0x0f, text: "DF_FLUSH is required" },
  INVALID_GUEST: { code: 0x10, text: "Guest handle is invalid" },
  INVALID_COMMAND: { code: 0x11, text: "Invalid command" },
  ACTIVE: { code: 0x12, text: "Guest is active" },
  HWERROR_PLATFORM: { code: 0x13, text: "Hardware error" },
  HWERROR_UNSAFE: { code: 0x14, text: "Hardware unsafe" },
  UNSUPPORTED: { code: 0x15, text: "Feature not supported" },
  INVALID_PARAM: { code: 0x16, text: "Invalid parameter" },
  RESOURCE_LIMIT: { code: 0x17, text: "Required firmware resource depleted" },
  SECURE_DATA_INVALID: { code: 0x18, text: "Part-specific integrity check failure" },
  INVALID_PAGE_SIZE: { code: 0x19 },
  INVALID_PAGE_STATE: { code: 0x1a },
  INVALID_MDATA_ENTRY: { code: 0x1b },
  INVALID_PAGE_OWNER: { code: 0x1c },
  AEAD_OFLOW: { code: 0x1d },
  RB_MODE_EXITED: { code: 0x1f },
  RMP_INIT_REQUIRED: { code: 0x20 },
  BAD_SVN: { code: 0x21 },
  BAD_VERSION: { code: 0x22 },
  SHUTDOWN_REQUIRED: { code: 0x23 },
  UPDATE_FAILED: { code: 0x24 },
  RESTORE_REQUIRED: { code: 0x25 },
  RMP_INIT_FAILED: { code: 0x26 },
  INVALID_KEY: { code: 0x27 },
} as const satisfies Readonly<Record<string, StatusFacts>>;

/** A code and what QEMU says to it. */
export interface StatusFacts {
  readonly code: number;
  readonly text?: string;
}

/** Name of a status. */
export type StatusName = keyof typeof STATUS;

/** Name of a status that is not success. */
export type FailureName = Exclude<StatusName, "SUCCESS">;

/** A refused command. Nothing has changed, unless the command's own text says otherwise. */
export interface Failure {
  readonly status: FailureName;
  /** Why, as one clause, for people. Firmware tells the status alone. */
  readonly reason: string;
  /** With INVALID_LENGTH: the lengths that are needed, in bytes, by the name of the buffer. */
  readonly needs?: Readonly<Record<string, number>>;
}

/** What a command gives back: its outputs beside SUCCESS, or the status it was refused with. */
export type Result<T extends object = object> = ({ readonly status: "SUCCESS" } & T) | Failure;

/** The refusal with this status. */
export function fail(status: FailureName, reason: string, needs?: Failure["needs"]): Failure {
  return { status, reason, ...(needs === undefined ? {} : { needs }) };
}

/** What QEMU prints for a status; `unknown error` where its table has none. */
export function statusText(name: StatusName): string {
  const facts: StatusFacts = STATUS[name];
  return facts.text ?? "unknown error";
}
