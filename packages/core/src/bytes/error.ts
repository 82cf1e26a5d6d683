// SPDX-License-Identifier: Apache-2.0
// The one error every decoder and encoder of bytes throws: what was wrong, in which structure and
// field, at which offset, and what to do about it.

/** Permanent codes of {@link LayoutError}. A code is never renamed or reused. */
export type LayoutErrorCode =
  | "bad-base64"
  | "bad-der"
  | "bad-guid"
  | "bad-hex"
  | "bad-length"
  | "bad-pem"
  | "bad-text"
  | "constant-mismatch"
  | "must-be-zero"
  | "not-found"
  | "out-of-range"
  | "reserved-bits"
  | "trailing-bytes"
  | "truncated"
  | "unknown-value"
  | "unsupported-version";

/** Where and why some bytes could not be read or written. */
export interface LayoutProblem {
  readonly code: LayoutErrorCode;
  /** The structure's name as its specification spells it. */
  readonly structure: string;
  /** Dotted path of the field inside the structure; absent when the whole structure is meant. */
  readonly field?: string;
  /** Byte offset, counted from the start of the bytes handed to the decoder. */
  readonly offset?: number;
  /** What is wrong, as a clause without the location ("is 3, must be 1"). */
  readonly reason: string;
  readonly hint?: string;
  /** Document and section that say so. */
  readonly source?: string;
}

/** A type whose optional properties may also be there and undefined. */
type Stated<T> = { readonly [K in keyof T]: {} extends Pick<T, K> ? T[K] | undefined : T[K] };

/**
 * Bytes do not follow their layout, or a value does not fit one. `message` names structure, field
 * and offset; the parts are there as properties for programs.
 */
export class LayoutError extends Error implements LayoutProblem {
  override readonly name = "LayoutError";
  readonly code: LayoutErrorCode;
  readonly structure: string;
  readonly field?: string;
  readonly offset?: number;
  readonly reason: string;
  readonly hint?: string;
  readonly source?: string;

  /** Parts of the problem that are undefined stay absent. */
  constructor(problem: Stated<LayoutProblem>) {
    super(describe(problem));
    this.code = problem.code;
    this.structure = problem.structure;
    this.reason = problem.reason;
    if (problem.field !== undefined) this.field = problem.field;
    if (problem.offset !== undefined) this.offset = problem.offset;
    if (problem.hint !== undefined) this.hint = problem.hint;
    if (problem.source !== undefined) this.source = problem.source;
  }
}

function describe(problem: Stated<LayoutProblem>): string {
  const field = problem.field === undefined ? "" : `.${problem.field}`;
  const offset = problem.offset === undefined ? "" : ` at offset 0x${problem.offset.toString(16)}`;
  return `${problem.structure}${field}${offset}: ${problem.reason}`;
}
