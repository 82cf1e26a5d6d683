// SPDX-License-Identifier: Apache-2.0
// The error of this layer: virsh could not be run, or libvirt refused.

/**
 * Permanent codes of {@link LibvirtError}. `refused` is what libvirt answered with; `protocol` is an
 * answer of another shape than the command's.
 */
export type LibvirtErrorCode =
  | "bad-name"
  | "no-connection"
  | "no-domain"
  | "no-virsh"
  | "protocol"
  | "refused"
  | "timeout";

/** What an error says beside its code and message. */
interface LibvirtErrorParts {
  /** The command of virsh. */
  readonly command?: string | undefined;
  /** libvirt's words, bounded and without control characters. */
  readonly desc?: string | undefined;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** A virsh command that did not do what it was for. */
export class LibvirtError extends Error {
  override readonly name = "LibvirtError";
  readonly code: LibvirtErrorCode;
  readonly command?: string;
  readonly desc?: string;
  readonly hint?: string;

  constructor(code: LibvirtErrorCode, message: string, parts: LibvirtErrorParts = {}) {
    super(message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = code;
    if (parts.command !== undefined) this.command = parts.command;
    if (parts.desc !== undefined) this.desc = parts.desc;
    if (parts.hint !== undefined) this.hint = parts.hint;
  }
}
