// SPDX-License-Identifier: Apache-2.0
// Findings about disks, in the few ways they are made here.

import { LayoutError } from "../bytes/index.ts";
import type { Finding, Outcome } from "../finding/index.ts";
import { titleOf } from "./titles.ts";
import type { DiskFindingId } from "./titles.ts";

/** Parts of a finding beside its id and outcome. */
export type Details = Partial<
  Pick<Finding, "title" | "expected" | "actual" | "where" | "source" | "hint">
>;

/** A finding with the title of its outcome, unless another is given. */
export function found(id: DiskFindingId, outcome: Outcome, details: Details = {}): Finding {
  return { id, outcome, title: titleOf(id, outcome === "pass"), ...details };
}

/** Pass or fail. */
export function judged(id: DiskFindingId, holds: boolean, details: Details = {}): Finding {
  return found(id, holds ? "pass" : "fail", details);
}

/** A failure that says what a reader said. */
export function broken(id: DiskFindingId, error: LayoutError, details: Details = {}): Finding {
  const { source } = error;
  return found(id, "fail", {
    ...details,
    actual: error.message,
    ...(source === undefined ? {} : { source }),
  });
}

/** What the promise gives, or the LayoutError it fails with. */
export async function orLayoutError<T>(work: Promise<T>): Promise<T | LayoutError> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof LayoutError) return error;
    throw error;
  }
}
