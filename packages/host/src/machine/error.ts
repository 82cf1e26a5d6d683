// SPDX-License-Identifier: Apache-2.0
// The error of this layer: a machine that cannot be described, or cannot be started.

/** Permanent codes of {@link MachineError}. */
export type MachineErrorCode = "bad-plan" | "bad-xml" | "no-qemu" | "unsupported";

/** A plan, a description or a start that is refused. */
export class MachineError extends Error {
  override readonly name = "MachineError";
  readonly code: MachineErrorCode;
  readonly hint?: string;

  constructor(code: MachineErrorCode, message: string, hint?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    if (hint !== undefined) this.hint = hint;
  }
}
