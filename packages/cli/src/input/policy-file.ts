// SPDX-License-Identifier: Apache-2.0
// Policies from files and from the command line, with errors that name line and column.

import { DEFAULT_POLICY } from "@greenlight/core/appraisal";
import type { Policy } from "@greenlight/core/appraisal";
import type { PolicyProblem } from "@greenlight/core/policy";
import { UsageError } from "../command/usage-error.ts";
import { readText } from "./file.ts";

/** Larger than any policy: ten thousand digests take about one megabyte. */
const MAX_POLICY_FILE = 2 * 1024 * 1024;

/** A problem of a file and its place there. */
export interface PlacedProblem {
  readonly code: string;
  /** Empty where the text itself is broken. */
  readonly field: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
  readonly hint?: string;
}

/** A policy file that was read, or everything that is wrong with it. */
export type PolicyFile =
  | { readonly path: string; readonly policy: Policy }
  | { readonly path: string; readonly problems: readonly [PlacedProblem, ...PlacedProblem[]] };

/**
 * Reads a policy file, YAML or JSON.
 * @throws {UsageError} when it cannot be read at all.
 */
export async function readPolicyFile(path: string): Promise<PolicyFile> {
  const text = readText(path, MAX_POLICY_FILE);
  const { readPolicyDocument } = await import("./policy-document.ts");
  const { PolicyError, formatPath, parsePolicy } = await import("@greenlight/core/policy");
  const document = readPolicyDocument(text);
  if ("problems" in document) {
    const [first, ...more] = document.problems;
    const placed = ({ place, reason }: typeof first): PlacedProblem => ({
      code: "bad-yaml",
      field: "",
      ...place,
      message: reason,
    });
    return { path, problems: [placed(first), ...more.map(placed)] };
  }
  try {
    return { path, policy: parsePolicy(document.value) };
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    const placed = ({ code, path: steps, reason, hint }: PolicyProblem): PlacedProblem => ({
      code,
      field: formatPath(steps),
      ...document.placeOf(steps, code === "unknown-field"),
      message: steps.length === 0 ? `the policy ${reason}` : `${formatPath(steps)} ${reason}`,
      ...(hint === undefined ? {} : { hint }),
    });
    const [first, ...more] = error.problems;
    const problems = [placed(first), ...more.map(placed)] as const;
    return { path, problems: inOrder(problems) };
  }
}

/** As they stand in the file. */
function inOrder([first, ...more]: readonly [PlacedProblem, ...PlacedProblem[]]) {
  const before = (a: PlacedProblem, b: PlacedProblem): number =>
    (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
  const sorted = [first, ...more].toSorted(before);
  const [head = first, ...tail] = sorted;
  return [head, ...tail] as const;
}

/**
 * The policy of a file, or the default one, with single fields set: `guest.svn.minimum=4`.
 * @throws {UsageError} `bad-policy` for what is wrong with the file or the settings.
 */
export async function loadPolicy(
  path: string | undefined,
  overrides: readonly string[],
): Promise<Policy> {
  const policy = path === undefined ? DEFAULT_POLICY : await policyOfFile(path);
  if (overrides.length === 0) return policy;
  const { PolicyError, applyOverride } = await import("@greenlight/core/policy");
  let changed = policy;
  for (const text of overrides) {
    try {
      changed = applyOverride(changed, text);
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      throw new UsageError("bad-policy", error.message, error.hint);
    }
  }
  return changed;
}

/** `FILE:LINE:COLUMN: what is wrong`. */
export function describePlaced(path: string, { line, column, message }: PlacedProblem): string {
  const place = line === undefined ? "" : `:${line}:${column ?? 1}`;
  return `${path}${place}: ${message}`;
}

async function policyOfFile(path: string): Promise<Policy> {
  const file = await readPolicyFile(path);
  if ("policy" in file) return file.policy;
  const [first, ...more] = file.problems;
  const others = more.length === 0 ? "" : ` (and ${more.length} more: greenlight policy check)`;
  throw new UsageError("bad-policy", `${describePlaced(path, first)}${others}`, first.hint);
}
