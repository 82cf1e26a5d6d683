// SPDX-License-Identifier: Apache-2.0
// The error of this layer: QEMU did not answer, refused, or talked nonsense.

/**
 * Permanent codes of {@link QmpError}. `refused` is an error that QEMU answered with; `protocol` is an
 * answer that breaks QMP or has another shape than the command's; after `closed` and `protocol` the
 * connection is over.
 */
export type QmpErrorCode = "aborted" | "closed" | "protocol" | "refused" | "timeout";

/** What an error says beside its code and message. */
interface QmpErrorParts {
  /** The command it is about. */
  readonly command?: string | undefined;
  /** QEMU's error class: `GenericError`, `CommandNotFound`. */
  readonly class?: string | undefined;
  /** QEMU's words, bounded and without control characters. */
  readonly desc?: string | undefined;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** A QMP command that did not do what it was for. */
export class QmpError extends Error {
  override readonly name = "QmpError";
  readonly code: QmpErrorCode;
  readonly command?: string;
  readonly class?: string;
  readonly desc?: string;
  readonly hint?: string;

  constructor(code: QmpErrorCode, message: string, parts: QmpErrorParts = {}) {
    super(message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = code;
    if (parts.command !== undefined) this.command = parts.command;
    if (parts.class !== undefined) this.class = parts.class;
    if (parts.desc !== undefined) this.desc = parts.desc;
    if (parts.hint !== undefined) this.hint = parts.hint;
  }
}
