// SPDX-License-Identifier: Apache-2.0
// The error for a key that can be read but not used. Bytes that are not a key at all throw
// LayoutError instead.

/** Permanent codes of {@link KeyError}. A code is never renamed or reused. */
export type KeyErrorCode =
  | "bad-point"
  | "bad-private-value"
  | "encrypted-key"
  | "key-mismatch"
  | "no-key"
  | "no-webcrypto"
  | "several-keys"
  | "wrong-curve"
  | "wrong-key-size"
  | "wrong-key-type";

/** A key cannot be used here. Messages and hints never contain key material. */
export class KeyError extends Error {
  override readonly name = "KeyError";
  readonly code: KeyErrorCode;
  readonly hint?: string;

  constructor(code: KeyErrorCode, message: string, hint?: string) {
    super(message);
    this.code = code;
    if (hint !== undefined) this.hint = hint;
  }
}
