// SPDX-License-Identifier: Apache-2.0
// The error of this layer: a lab that cannot be set up. What the imitated host refuses is no error of
// the lab: it is told as QEMU tells it, on standard error and with exit code 1.

/** Permanent codes of {@link LabError}. */
export type LabErrorCode =
  | "bad-command-line"
  | "bad-fault"
  | "channel"
  | "emulator"
  | "no-qemu"
  | "unsupported";

/** A lab that cannot do what it is asked for. */
export class LabError extends Error {
  override readonly name = "LabError";
  readonly code: LabErrorCode;
  readonly hint?: string;

  constructor(code: LabErrorCode, message: string, hint?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    if (hint !== undefined) this.hint = hint;
  }
}
