// SPDX-License-Identifier: Apache-2.0
// The error of plans: which field of a file is wrong, why, and what to do.

import { describeProblem } from "../../policy/error.ts";
import type { PolicyProblem } from "../../policy/error.ts";

/** One thing that is wrong with a plan; its parts are those of policies. */
export type PlanProblem = PolicyProblem;

/** A plan that cannot be used: its first problem, and all of them. */
export class PlanError extends Error {
  override readonly name = "PlanError";
  readonly code: PlanProblem["code"];
  readonly path: PlanProblem["path"];
  readonly hint?: string;
  /** Every problem that was found, in the order of the file's fields. */
  readonly problems: readonly [PlanProblem, ...PlanProblem[]];

  constructor(first: PlanProblem, ...more: readonly PlanProblem[]) {
    super(first.path.length === 0 ? `the plan ${first.reason}` : describeProblem(first));
    this.code = first.code;
    this.path = first.path;
    this.problems = [first, ...more];
    if (first.hint !== undefined) this.hint = first.hint;
  }
}
