// SPDX-License-Identifier: Apache-2.0
// The error of serving a platform and of asking one: folders, sockets and what goes over them. What the
// platform itself refuses is a PspError `refused` with the status.

/** Permanent codes of {@link PspError}. */
export type PspErrorCode =
  | "bad-answer"
  | "closed"
  | "exists"
  | "in-use"
  | "no-folder"
  | "no-server"
  | "not-private"
  | "path-too-long"
  | "refused"
  | "system"
  | "timeout";

/** Why a platform cannot be served or asked, and what to do. */
export class PspError extends Error {
  override readonly name = "PspError";
  readonly code: PspErrorCode;
  readonly hint?: string;
  /** Of `refused`: the status of the command. */
  readonly status?: string;

  constructor(
    code: PspErrorCode,
    message: string,
    { hint, status }: { readonly hint?: string; readonly status?: string } = {},
  ) {
    super(message);
    this.code = code;
    if (hint !== undefined) this.hint = hint;
    if (status !== undefined) this.status = status;
  }
}
