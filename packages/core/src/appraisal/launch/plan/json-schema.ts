// SPDX-License-Identifier: Apache-2.0
// The JSON Schema of launch plans, for editors, and all their fields, for the reference.

import * as z from "zod/mini";
import { shapeOf } from "../../policy/parse.ts";
import { LEAF_SCHEMAS } from "../../policy/values.ts";
import type { JsonSchema } from "../../policy/values.ts";
import { PLAN_FIELD_DOCS } from "./field.ts";
import type { PlanFieldDoc } from "./field.ts";
import { elementOf } from "./problems.ts";
import { PLAN } from "./schema.ts";

/** A field of a plan, with its path; `[]` stands for each element of a list. */
export interface PlanField extends PlanFieldDoc {
  readonly path: string;
}

/** JSON Schema, draft 2020-12, of a launch plan file. */
export function launchPlanJsonSchema(): JsonSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Greenlight launch plan, version 1",
    description: "What is launched, on what, and what the guest is given when all of it holds.",
    ...schemaOf(PLAN),
  };
}

/** Every field that has a meaning of its own, in the order of a plan. */
export function launchPlanFields(): readonly PlanField[] {
  return fieldsOf(PLAN, "");
}

function schemaOf(schema: z.ZodMiniType): JsonSchema {
  const { $schema: _, ...body } = z.toJSONSchema(schema, {
    io: "input",
    override({ zodSchema, jsonSchema }) {
      Object.assign(jsonSchema, LEAF_SCHEMAS.get(zodSchema)?.json(schemaOf));
      const doc = PLAN_FIELD_DOCS.get(zodSchema);
      if (doc === undefined) return;
      jsonSchema.description = doc.meaning;
      if (doc.fallback !== undefined) jsonSchema.default = doc.fallback;
    },
  });
  return body;
}

function fieldsOf(schema: unknown, prefix: string): readonly PlanField[] {
  return Object.entries(shapeOf(schema)).flatMap(([name, member]) => {
    const path = prefix === "" ? name : `${prefix}.${name}`;
    const doc = docOf(member);
    const element = elementOf(member);
    const inner = element === undefined ? [] : fieldsOf(element, `${path}[]`);
    if (doc !== undefined) return [{ ...doc, path }, ...inner];
    return fieldsOf(member, path);
  });
}

function docOf(schema: unknown): PlanFieldDoc | undefined {
  return isRegistered(schema) ? PLAN_FIELD_DOCS.get(schema) : undefined;
}

function isRegistered(schema: unknown): schema is Parameters<typeof PLAN_FIELD_DOCS.get>[0] {
  return typeof schema === "object" && schema !== null && "_zod" in schema;
}
