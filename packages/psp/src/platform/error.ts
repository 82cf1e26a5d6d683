// SPDX-License-Identifier: Apache-2.0
// The error of the platform layer: options or a stored state that no platform can be made of. What a
// platform itself refuses is a status, never an error.

/** Permanent codes of {@link PlatformError}. A code is never renamed or reused. */
export type PlatformErrorCode = "bad-option" | "bad-state" | "state-file";

/** Why there is no platform, and what to do. */
export class PlatformError extends Error {
  override readonly name = "PlatformError";
  readonly code: PlatformErrorCode;
  readonly hint?: string;

  constructor(code: PlatformErrorCode, message: string, hint?: string) {
    super(message);
    this.code = code;
    if (hint !== undefined) this.hint = hint;
  }
}
