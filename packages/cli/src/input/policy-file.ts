// SPDX-License-Identifier: Apache-2.0
// Policies from files and from the command line, with errors that name line and column.

import { DEFAULT_POLICY } from "@greenlight/core/appraisal";
import type { Policy } from "@greenlight/core/appraisal";
import { UsageError } from "../command/usage-error.ts";
import { describeFirst, readDocumentFile } from "./document-file.ts";
import type { PlacedProblems } from "./document-file.ts";

/** Larger than any policy: ten thousand digests take about one megabyte. */
const MAX_POLICY_FILE = 2 * 1024 * 1024;

/** A policy file that was read, or everything that is wrong with it. */
export type PolicyFile =
  | { readonly path: string; readonly policy: Policy }
  | { readonly path: string; readonly problems: PlacedProblems };

/**
 * Reads a policy file, YAML or JSON.
 * @throws {UsageError} when it cannot be read at all.
 */
export async function readPolicyFile(path: string): Promise<PolicyFile> {
  const { PolicyError, parsePolicy } = await import("@greenlight/core/policy");
  const file = await readDocumentFile(path, {
    name: "policy",
    maximum: MAX_POLICY_FILE,
    parse: parsePolicy,
    problemsOf: (error) => (error instanceof PolicyError ? error.problems : undefined),
  });
  return "problems" in file ? { path, ...file } : { path, policy: file.value };
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

async function policyOfFile(path: string): Promise<Policy> {
  const file = await readPolicyFile(path);
  if ("policy" in file) return file.policy;
  const { problems } = file;
  throw new UsageError(
    "bad-policy",
    describeFirst(path, problems, "policy check"),
    problems[0].hint,
  );
}
