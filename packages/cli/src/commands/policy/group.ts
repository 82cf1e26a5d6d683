// SPDX-License-Identifier: Apache-2.0
// `greenlight policy`: the commands about policies.

import type { CommandGroup } from "../../command/command.ts";

export const group: CommandGroup = {
  name: "policy",
  brief: "make, check and explain policies",
  description: [
    "A policy is a YAML or JSON file that says what is demanded of evidence: which guests, on which " +
      "processors, with which firmware. What a policy does not mention is as in the default policy, " +
      "which refuses guests that can be debugged or migrated and pins nothing.",
  ],
  subcommands: [
    {
      name: "init",
      brief: "write a policy to start from",
      load: async () => (await import("./init.ts")).command,
    },
    {
      name: "check",
      brief: "find mistakes in policies",
      load: async () => (await import("./check.ts")).command,
    },
    {
      name: "explain",
      brief: "say in sentences what a policy demands, and what not",
      load: async () => (await import("./explain.ts")).command,
    },
    {
      name: "show",
      brief: "print a policy as JSON, every field filled in",
      load: async () => (await import("./show.ts")).command,
    },
    {
      name: "schema",
      brief: "print the JSON Schema of policies, for editors",
      load: async () => (await import("./schema.ts")).command,
    },
  ],
};
