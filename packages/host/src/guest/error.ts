// SPDX-License-Identifier: Apache-2.0
// The error of this layer: why the files a guest boots could not be put together.

/** Permanent codes of {@link GuestError}. */
export type GuestErrorCode = "bad-entry" | "bad-parameter" | "missing-library" | "missing-program";

/** A guest's initrd or program could not be built. */
export class GuestError extends Error {
  override readonly name = "GuestError";
  readonly code: GuestErrorCode;
  readonly hint?: string;

  constructor(code: GuestErrorCode, message: string, hint?: string) {
    super(message);
    this.code = code;
    if (hint !== undefined) this.hint = hint;
  }
}
