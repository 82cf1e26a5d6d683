// SPDX-License-Identifier: Apache-2.0
// The error for a launch session, a secret or a packet that cannot be made as asked. Bytes that break
// a layout throw LayoutError instead.

/** Permanent codes of {@link SessionError}. A code is never renamed or reused. */
export type SessionErrorCode =
  | "bad-policy"
  | "duplicate-secret"
  | "empty-secret"
  | "keys-unrecognised"
  | "no-passphrase"
  | "no-secret"
  | "not-a-pdh"
  | "passphrase-has-nul"
  | "secret-too-large"
  | "statement-unusable"
  | "wiped-secret";

/** A session cannot be made or used as asked. Messages and hints never hold keys or secrets. */
export class SessionError extends Error {
  override readonly name = "SessionError";
  readonly code: SessionErrorCode;
  readonly hint?: string;

  constructor(code: SessionErrorCode, message: string, hint?: string) {
    super(message);
    this.code = code;
    if (hint !== undefined) this.hint = hint;
  }
}
