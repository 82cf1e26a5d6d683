// SPDX-License-Identifier: Apache-2.0
// The command line's own errors: arguments and files that cannot be used. Exit code 2.

/** Permanent codes of {@link UsageError}. */
export type UsageErrorCode =
  | "ambiguous-option"
  | "bad-plan"
  | "bad-policy"
  | "bad-value"
  | "conflicting-options"
  | "different-kinds"
  | "empty-file"
  | "file-exists"
  | "file-too-large"
  | "missing-argument"
  | "missing-option"
  | "not-a-file"
  | "too-many-arguments"
  | "unknown-command"
  | "unknown-option"
  | "unreadable-file"
  | "unrecognised-file"
  | "unwritable-file";

/** Wrong usage or unreadable input: what it was and what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly code: UsageErrorCode;
  readonly hint?: string;

  constructor(code: UsageErrorCode, message: string, hint?: string) {
    super(message);
    this.code = code;
    if (hint !== undefined) this.hint = hint;
  }
}
