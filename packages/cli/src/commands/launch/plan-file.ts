// SPDX-License-Identifier: Apache-2.0
// Launch plans from files, with errors that name line and column, and their paths made absolute.

import { dirname, resolve } from "node:path";
import { hexEncode } from "@greenlight/core/bytes";
import { sha256 } from "@greenlight/core/crypto";
import type { LaunchPlan } from "@greenlight/core/launch-appraisal";
import { UsageError } from "../../command/usage-error.ts";
import { describeFirst, readDocumentFile } from "../../input/document-file.ts";
import type { PlacedProblems } from "../../input/document-file.ts";

/** Larger than any plan. */
const MAX_PLAN_FILE = 256 * 1024;

/** A plan that was read. */
export interface ReadPlan {
  readonly path: string;
  /** Every path in it is absolute. */
  readonly plan: LaunchPlan;
  /** What its paths were relative to. */
  readonly folder: string;
  /** SHA-256 of the text, in hexadecimal. */
  readonly sha256: string;
}

/** A plan, or everything that is wrong with it. */
export type PlanFile = ReadPlan | { readonly path: string; readonly problems: PlacedProblems };

/**
 * Reads a plan, YAML or JSON.
 * @throws {UsageError} when it cannot be read at all.
 */
export async function readPlanFile(path: string): Promise<PlanFile> {
  const { PlanError, parseLaunchPlan, withPlanPaths } =
    await import("@greenlight/core/launch-appraisal");
  const file = await readDocumentFile(path, {
    name: "plan",
    maximum: MAX_PLAN_FILE,
    parse: parseLaunchPlan,
    problemsOf: (error) => (error instanceof PlanError ? error.problems : undefined),
  });
  if ("problems" in file) return { path, ...file };
  const folder = dirname(resolve(path));
  const plan = withPlanPaths(file.value, (name) => resolve(folder, name));
  return { path, plan, folder, sha256: hexEncode(sha256(Buffer.from(file.text))) };
}

/**
 * The plan of a file.
 * @throws {UsageError} `bad-plan` for what is wrong with it.
 */
export async function loadPlan(path: string): Promise<ReadPlan> {
  const file = await readPlanFile(path);
  if ("plan" in file) return file;
  const { problems } = file;
  throw new UsageError("bad-plan", describeFirst(path, problems, "launch check"), problems[0].hint);
}
