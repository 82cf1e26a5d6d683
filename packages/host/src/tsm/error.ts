// SPDX-License-Identifier: Apache-2.0
// The error of this layer: why there is no evidence, and what to do about it.

/** Permanent codes of {@link TsmError}. */
export type TsmErrorCode =
  | "bad-answer"
  | "bad-privlevel"
  | "bad-report-data"
  | "bad-service"
  | "firmware-refused"
  | "host-busy"
  | "host-failed"
  | "interrupted"
  | "key-wiped"
  | "no-configfs"
  | "no-provider"
  | "no-services"
  | "no-tsm"
  | "not-mounted"
  | "other-provider"
  | "other-report"
  | "out-of-memory"
  | "permission"
  | "race"
  | "read-only"
  | "refused"
  | "system"
  | "too-large"
  | "unexpected-length"
  | "unexpected-text";

/** What an error says beside its code and message. */
interface TsmErrorParts {
  readonly hint?: string | undefined;
  /** Name of the system's error: `EINVAL`. */
  readonly errno?: string | undefined;
  readonly cause?: unknown;
}

/** Evidence could not be had. */
export class TsmError extends Error {
  override readonly name = "TsmError";
  readonly code: TsmErrorCode;
  readonly hint?: string;
  /** Name of the system's error behind it, where there was one: `EINVAL`. */
  readonly errno?: string;

  constructor(code: TsmErrorCode, message: string, parts: TsmErrorParts = {}) {
    super(message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = code;
    if (parts.hint !== undefined) this.hint = parts.hint;
    if (parts.errno !== undefined) this.errno = parts.errno;
  }
}
