// SPDX-License-Identifier: Apache-2.0
// The error of policies: which field of a file is wrong, why, and what to do.

import { quote } from "../../bytes/index.ts";

/** Permanent codes of {@link PolicyError}. A code is never renamed or reused. */
export type PolicyErrorCode =
  | "bad-length"
  | "bad-value"
  | "contradiction"
  | "duplicate-value"
  | "empty-list"
  | "not-a-policy"
  | "too-large"
  | "unknown-field"
  | "unsupported-schema"
  | "wrong-type";

/** Where in a policy: keys and indexes from its root. */
export type PolicyPath = readonly (string | number)[];

/** One thing that is wrong with a policy. */
export interface PolicyProblem {
  readonly code: PolicyErrorCode;
  readonly path: PolicyPath;
  /** A clause without the path: `has 47 bytes, must have 48`. */
  readonly reason: string;
  readonly hint?: string;
}

/** A policy that cannot be used: its first problem, and all of them. */
export class PolicyError extends Error {
  override readonly name = "PolicyError";
  readonly code: PolicyErrorCode;
  readonly path: PolicyPath;
  readonly hint?: string;
  /** Every problem that was found, in the order of the file's fields. */
  readonly problems: readonly [PolicyProblem, ...PolicyProblem[]];

  constructor(first: PolicyProblem, ...more: readonly PolicyProblem[]) {
    super(describeProblem(first));
    this.code = first.code;
    this.path = first.path;
    this.problems = [first, ...more];
    if (first.hint !== undefined) this.hint = first.hint;
  }
}

/** A problem on one line: `guest.measurements[1]: has 47 bytes, must have 48`. */
export function describeProblem({ path, reason }: PolicyProblem): string {
  return `${path.length === 0 ? "the policy" : formatPath(path)}: ${reason}`;
}

/** A path as people write it: `guest.measurements[1].label`. */
export function formatPath(path: PolicyPath): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") {
      text += `[${step}]`;
    } else {
      const name = /^[\w$-]{1,60}$/.test(step) ? step : quote(step.slice(0, 60));
      text += text === "" ? name : `.${name}`;
    }
  }
  return text;
}
