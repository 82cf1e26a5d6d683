// SPDX-License-Identifier: Apache-2.0
// What zod found wrong with a plan, as problems in words.

import * as z from "zod/mini";
import { suggestion } from "../../policy/suggest.ts";
import { shapeOf } from "../../policy/parse.ts";
import { Refusal, kindOf, steps } from "../../policy/values.ts";
import type { PlanProblem } from "./error.ts";
import { PLAN } from "./schema.ts";

/** The problems behind one issue. */
export function problemsOf(issue: z.core.$ZodIssue): readonly PlanProblem[] {
  const path = steps(issue.path);
  if (issue.code === "unrecognized_keys") {
    const known = Object.keys(shapeOf(schemaAt(path)));
    return issue.keys.map((key) => ({
      code: "unknown-field",
      path: [...path, key],
      reason: "is not known",
      hint: suggestion(key, known),
    }));
  }
  const refusal: unknown = issue.code === "custom" ? issue.params?.["refusal"] : undefined;
  if (refusal instanceof Refusal) {
    const { code, message, hint } = refusal;
    const reason = /^is undefined\b/.test(message) ? "is missing" : message;
    return [{ code, path, reason, ...(hint === undefined ? {} : { hint }) }];
  }
  if (issue.code === "too_big") {
    return [{ code: "too-large", path, reason: `has more than ${String(issue.maximum)} elements` }];
  }
  const isList = issue.code === "invalid_type" && issue.expected === "array";
  const found = issue.input === undefined ? "" : `${kindOf(issue.input)}, `;
  return [
    {
      code: "wrong-type",
      path,
      reason: `${found}must be ${isList ? "a list" : "a mapping of fields"}`,
    },
  ];
}

/** The schema at a path. */
function schemaAt(path: readonly (string | number)[]): unknown {
  let schema: unknown = PLAN;
  for (const step of path) {
    schema = typeof step === "number" ? elementOf(schema) : shapeOf(schema)[step];
  }
  return schema;
}

/** The schema of a list's elements. */
export function elementOf(schema: unknown): unknown {
  if (schema instanceof z.ZodMiniArray) return schema.def.element;
  const isWrapper =
    schema instanceof z.ZodMiniPrefault ||
    schema instanceof z.ZodMiniDefault ||
    schema instanceof z.ZodMiniExactOptional;
  return isWrapper ? elementOf(schema.def.innerType) : undefined;
}
