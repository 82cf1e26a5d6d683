// SPDX-License-Identifier: Apache-2.0
// `greenlight policy schema`: the JSON Schema of policies, with which editors complete and check them.

import { defineCommand } from "../../command/command.ts";
import { toJson } from "../../output/json.ts";

export const command = defineCommand({
  name: "policy schema",
  brief: "print the JSON Schema of policies, for editors",
  description: [
    "Prints a JSON Schema (draft 2020-12). An editor with a YAML language server completes and " +
      "checks a policy that begins with: # yaml-language-server: $schema=policy.schema.json",
  ],
  options: {},
  examples: [{ line: "policy schema", brief: "to be saved as policy.schema.json" }],
  async run({ io }) {
    const { policyJsonSchema } = await import("@greenlight/core/policy");
    io.out(toJson(policyJsonSchema()));
    return 0;
  },
});
