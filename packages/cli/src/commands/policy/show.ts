// SPDX-License-Identifier: Apache-2.0
// `greenlight policy show`: a policy as JSON with every field filled in, as it is appraised by.

import { defineCommand } from "../../command/command.ts";
import { loadPolicy } from "../../input/policy-file.ts";
import { toJson } from "../../output/json.ts";

export const command = defineCommand({
  name: "policy show",
  brief: "print a policy as JSON, every field filled in",
  description: [
    "Prints a policy as JSON: what its file says, and the default for everything else. The result is " +
      "a policy too, for programs and for the explorer page, which reads no YAML. Without a file, the " +
      "default policy is shown.",
  ],
  positionals: { usage: "FILE", brief: "a policy, YAML or JSON", min: 0, max: 1 },
  options: {
    set: {
      kind: "list",
      placeholder: "FIELD=VALUE",
      brief: "change a field first: guest.svn.minimum=4",
    },
    json: { kind: "flag", brief: "print JSON, as it does anyway" },
  },
  examples: [{ line: "policy show policy.yaml", brief: "the same policy for the explorer" }],
  async run({ options, positionals, io }) {
    io.out(toJson(await loadPolicy(positionals[0], options.set)));
    return 0;
  },
});
