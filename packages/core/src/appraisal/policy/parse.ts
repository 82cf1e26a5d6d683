// SPDX-License-Identifier: Apache-2.0
// From the value of a policy file (parsed YAML or JSON) to a policy, with every problem told.

import * as z from "zod/mini";
import { PolicyError } from "./error.ts";
import type { PolicyPath, PolicyProblem } from "./error.ts";
import { POLICY } from "./schema.ts";
import { suggestion } from "./suggest.ts";
import { POLICY_SCHEMA } from "./types.ts";
import type { Policy } from "./types.ts";
import { Refusal, kindOf, steps } from "./values.ts";

const SCHEMA_HINT = `a policy begins with: schema: ${POLICY_SCHEMA}`;

/**
 * The policy in a parsed file. Fields that are left out have the values of DEFAULT_POLICY.
 * @throws {PolicyError} with every problem, the first one in front.
 */
export function parsePolicy(value: unknown): Policy {
  const result = z.safeParse(POLICY, requirePolicy(value));
  const [first, ...more] = result.success
    ? contradictions(result.data)
    : result.error.issues.flatMap(problemsOf);
  if (first !== undefined) throw new PolicyError(first, ...more);
  if (!result.success) throw new Error("zod refused a policy without saying why");
  return result.data;
}

/**
 * Says early what is no policy at all, or one of another schema. `$schema`, by which JSON files tell
 * editors where their JSON Schema is, is taken off.
 */
function requirePolicy(value: unknown): object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const reason = `${kindOf(value)}, must be a mapping`;
    throw new PolicyError({ code: "not-a-policy", path: [], reason, hint: SCHEMA_HINT });
  }
  const schema: unknown = "schema" in value ? value.schema : undefined;
  if (schema === POLICY_SCHEMA) {
    return Object.fromEntries(Object.entries(value).filter(([name]) => name !== "$schema"));
  }
  if (schema === undefined) {
    const reason = "does not say its schema";
    throw new PolicyError({ code: "unsupported-schema", path: [], reason, hint: SCHEMA_HINT });
  }
  const reason = `${kindOf(schema)}, must be ${POLICY_SCHEMA}`;
  const problem = { code: "unsupported-schema", path: ["schema"], reason } as const;
  throw new PolicyError({ ...problem, hint: "is the file for another version or program?" });
}

function problemsOf(issue: z.core.$ZodIssue): readonly PolicyProblem[] {
  const path = steps(issue.path);
  if (issue.code === "unrecognized_keys") {
    const known = knownAt(path);
    return issue.keys.map((key) => ({
      code: "unknown-field",
      path: [...path, key],
      reason: "is not known",
      hint: suggestion(key, known),
    }));
  }
  const refusal: unknown = issue.code === "custom" ? issue.params?.["refusal"] : undefined;
  if (refusal instanceof Refusal) {
    const { code, message: reason, hint } = refusal;
    return [{ code, path, reason, ...(hint === undefined ? {} : { hint }) }];
  }
  return [{ code: "wrong-type", path, reason: "must be a mapping of fields" }];
}

/** Names of the fields of the mapping at a path. */
function knownAt(path: PolicyPath): readonly string[] {
  let schema: unknown = POLICY;
  for (const step of path) schema = shapeOf(schema)[step];
  return Object.keys(shapeOf(schema));
}

/** The fields of a mapping's schema, without what is wrapped around it. */
export function shapeOf(schema: unknown): Readonly<Record<string, unknown>> {
  if (schema instanceof z.ZodMiniObject) return schema.shape;
  const isWrapper =
    schema instanceof z.ZodMiniPrefault ||
    schema instanceof z.ZodMiniDefault ||
    schema instanceof z.ZodMiniExactOptional;
  return isWrapper ? shapeOf(schema.def.innerType) : {};
}

/** Demands that no report can satisfy together. */
function contradictions({ evidence }: Policy): readonly PolicyProblem[] {
  const { allow, deny } = evidence.chips;
  const denied = new Set(deny.map(({ value }) => value.padEnd(128, "0")));
  const allowed = allow === "any" ? [] : allow;
  return allowed.flatMap(({ value }, index) =>
    denied.has(value.padEnd(128, "0"))
      ? [
          {
            code: "contradiction" as const,
            path: ["evidence", "chips", "allow", index],
            reason: "is denied too",
            hint: "take it out of one of the lists",
          },
        ]
      : [],
  );
}
