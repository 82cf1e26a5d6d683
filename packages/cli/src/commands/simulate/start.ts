// SPDX-License-Identifier: Apache-2.0
// `greenlight simulate start`: serves a platform.

import { defineCommand } from "../../command/command.ts";
import { START_OPTIONS } from "./options.ts";

export const command = defineCommand({
  name: "simulate start",
  brief: "serve a simulated platform from a folder",
  description: [
    "Makes a platform in the folder, or takes the one that is there, and answers commands on the " +
      "socket psp.sock in it until Ctrl-C. What AMD's firmware keeps over a power cycle is kept: " +
      "owner, PEK and PDH, committed TCB. Guests are not.",
    "The folder is for you alone (mode 0700), because it holds the platform's private keys. The " +
      "roots that `greenlight verify --simulator-root` takes are written beside them.",
    'On the socket each command is a line of JSON, {"id", "execute", "arguments"}, with bytes in ' +
      'base64; each answer is a line with "return" or "error". `greenlight simulate command` does ' +
      "that.",
  ],
  options: START_OPTIONS,
  examples: [
    { line: "simulate start --folder lab --line Genoa --stop-after 0.2", brief: "a Genoa machine" },
    { line: "simulate start --folder lab --stop-after 0.2", brief: "the same one again" },
  ],
  async run({ options, io }) {
    const { start } = await import("./start-run.ts");
    return start(options, io);
  },
});
