// SPDX-License-Identifier: Apache-2.0
// Why something could not be had from the KDS.

/** Permanent codes of {@link KdsError}. */
export type KdsErrorCode =
  /** It answered that it has no such thing. */
  | "not-found"
  /** It asked to come back later, later than there was time. */
  | "throttled"
  /** No connection, or nothing but server errors. */
  | "unreachable"
  /** The time allowed was over. */
  | "deadline"
  /** It was not asked, because the network may not be used. */
  | "offline"
  /** It answered something that is not what was asked for. */
  | "bad-response";

/** Facts about a failed request. */
export interface KdsProblem {
  readonly code: KdsErrorCode;
  readonly message: string;
  /** What was asked for: path and query. */
  readonly path: string;
  readonly hint?: string;
}

/** What was asked for, why it is not there and what to do. */
export class KdsError extends Error implements KdsProblem {
  override readonly name = "KdsError";
  readonly code: KdsErrorCode;
  readonly path: string;
  readonly hint?: string;

  constructor({ code, message, path, hint }: KdsProblem) {
    super(message);
    this.code = code;
    this.path = path;
    if (hint !== undefined) this.hint = hint;
  }
}
