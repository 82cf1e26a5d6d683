// SPDX-License-Identifier: Apache-2.0
// `greenlight simulate command`: one command to a served platform.

import { defineCommand } from "../../command/command.ts";
import { COMMAND_OPTIONS } from "./options.ts";

const needs = "a folder that is being served";

export const command = defineCommand({
  name: "simulate command",
  brief: "give a served platform a command",
  description: [
    "NAME is AMD's name of the command in small letters, such as pdh-cert-export or " +
      "snp-launch-start; query-commands lists them all with their arguments. Arguments are " +
      "NAME=VALUE: a number (decimal or 0x...), true, false, text, bytes in base64, or @FILE for the " +
      "bytes of a file.",
    "What a guest's memory holds afterwards (secrets, message keys) stays in the simulator. " +
      "guest-report asks for a report as a guest does it.",
    "Exit code 1 when the platform refuses the command, with AMD's status; 3 when none is served.",
  ],
  positionals: {
    usage: "NAME [ARGUMENT=VALUE]...",
    brief: "the command and its arguments",
    min: 1,
    max: 32,
  },
  options: COMMAND_OPTIONS,
  examples: [
    { line: "simulate command query-commands --folder lab", brief: "what there is", needs },
    { line: "simulate command init es=true --folder lab", brief: "initialise for SEV-ES", needs },
    {
      line: "simulate command pdh-cert-export --folder lab --out pdh=pdh-of-lab.cert",
      brief: "the PDH into a file",
      needs,
    },
  ],
  async run({ options, positionals, io }) {
    const { giveCommand } = await import("./command-run.ts");
    return giveCommand(positionals, options, io);
  },
});
