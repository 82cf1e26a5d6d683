// SPDX-License-Identifier: Apache-2.0
// JSON Schema (2020-12) of what a policy file may hold, from the declarations of its fields.

import * as z from "zod/mini";
import { FIELD_DOCS } from "./field.ts";
import { LEAF_SCHEMAS } from "./values.ts";
import type { JsonSchema } from "./values.ts";

/** JSON Schema of a schema that is made of our own values. */
export function leafJsonSchema(schema: z.ZodMiniType): JsonSchema {
  const { $schema: _, ...body } = z.toJSONSchema(schema, {
    io: "input",
    override({ zodSchema, jsonSchema }) {
      Object.assign(jsonSchema, LEAF_SCHEMAS.get(zodSchema)?.json(leafJsonSchema));
      const doc = FIELD_DOCS.get(zodSchema);
      if (doc !== undefined) {
        jsonSchema.description = doc.meaning;
        jsonSchema.default = doc.fallback;
      }
    },
  });
  return body;
}
