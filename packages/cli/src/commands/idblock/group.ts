// SPDX-License-Identifier: Apache-2.0
// `greenlight idblock`: the commands about ID blocks.

import type { CommandGroup } from "../../command/command.ts";

export const group: CommandGroup = {
  name: "idblock",
  brief: "make, show and verify ID blocks",
  description: [
    "An ID block is the guest owner's signed word on what an SEV-SNP guest must be: its launch " +
      "digest, policy, identity and security version. The firmware refuses to start a guest that " +
      "is something else, and reports name the keys that signed.",
  ],
  subcommands: [
    {
      name: "make",
      brief: "make an ID block and sign it",
      load: async () => (await import("./make.ts")).command,
    },
    {
      name: "show",
      brief: "show an ID block or ID authentication information",
      load: async () => (await import("./show.ts")).command,
    },
    {
      name: "verify",
      brief: "check signatures and expected values of an ID block",
      load: async () => (await import("./verify.ts")).command,
    },
    {
      name: "key-digest",
      brief: "print the digest that reports carry for a key",
      load: async () => (await import("./key-digest.ts")).command,
    },
  ],
};
