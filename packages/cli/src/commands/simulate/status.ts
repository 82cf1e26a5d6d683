// SPDX-License-Identifier: Apache-2.0
// `greenlight simulate status`: which platform it is, and the state it is in.

import { defineCommand } from "../../command/command.ts";
import { STATUS_OPTIONS } from "./options.ts";

export const command = defineCommand({
  name: "simulate status",
  brief: "show the state of a simulated platform",
  description: [
    "Asks the platform that is served from the folder (PLATFORM_STATUS and SNP_PLATFORM_STATUS), and " +
      "shows what is stored of it. A platform that is not served is switched off.",
  ],
  options: STATUS_OPTIONS,
  examples: [{ line: "simulate status --folder lab", brief: "what is there" }],
  async run({ options, io }) {
    const { status } = await import("./status-run.ts");
    return status(options, io);
  },
});
