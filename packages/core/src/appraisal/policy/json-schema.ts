// SPDX-License-Identifier: Apache-2.0
// The JSON Schema of policy files, for editors that complete and check them.

import { leafJsonSchema } from "./json.ts";
import { POLICY } from "./schema.ts";
import type { JsonSchema } from "./values.ts";

/** JSON Schema, draft 2020-12, of a policy file. */
export function policyJsonSchema(): JsonSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Greenlight policy, version 1",
    description: "What a guest owner demands of SEV-SNP evidence.",
    ...leafJsonSchema(POLICY),
  };
}
