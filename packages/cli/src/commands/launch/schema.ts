// SPDX-License-Identifier: Apache-2.0
// `greenlight launch schema`: the JSON Schema of launch plans, with which editors complete and check
// them.

import { defineCommand } from "../../command/command.ts";
import { toJson } from "../../output/json.ts";

export const command = defineCommand({
  name: "launch schema",
  brief: "print the JSON Schema of plans, for editors",
  description: [
    "Prints a JSON Schema (draft 2020-12). An editor with a YAML language server completes and " +
      "checks a plan that begins with: # yaml-language-server: $schema=launch-plan.schema.json",
  ],
  options: {},
  examples: [{ line: "launch schema", brief: "to be saved as launch-plan.schema.json" }],
  async run({ io }) {
    const { launchPlanJsonSchema } = await import("@greenlight/core/launch-appraisal");
    io.out(toJson(launchPlanJsonSchema()));
    return 0;
  },
});
