// SPDX-License-Identifier: Apache-2.0
// The error of this layer: why an image could not be made or looked at.

/** Permanent codes of {@link ImageError}. */
export type ImageErrorCode =
  | "bad-parameter"
  | "file-exists"
  | "interrupted"
  | "missing-tool"
  | "not-a-file"
  | "system"
  | "too-small"
  | "tool-failed"
  | "tool-hangs";

/** An image could not be made or looked at. */
export class ImageError extends Error {
  override readonly name = "ImageError";
  readonly code: ImageErrorCode;
  readonly hint?: string;

  constructor(code: ImageErrorCode, message: string, hint?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    if (hint !== undefined) this.hint = hint;
  }
}
