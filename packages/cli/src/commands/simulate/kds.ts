// SPDX-License-Identifier: Apache-2.0
// `greenlight simulate kds`: a key distribution service for simulated platforms.

import { defineCommand } from "../../command/command.ts";
import { KDS_COMMAND_OPTIONS } from "./options.ts";

export const command = defineCommand({
  name: "simulate kds",
  brief: "serve the certificates of simulated platforms",
  description: [
    "A service on this machine with the addresses of AMD's: VCEKs, chains and revocation lists of " +
      "SEV-SNP, signed CEKs, and ASK and ARK in AMD's format. `greenlight verify --kds URL` asks it. " +
      "It serves the chips of the folders that are named; with --line every chip id of the line has " +
      "a VCEK.",
    "--fail makes it misbehave, once for each: 404, 429 and other statuses, cut, truncated.",
  ],
  options: KDS_COMMAND_OPTIONS,
  examples: [
    { line: "simulate kds --folder lab --stop-after 0.2", brief: "for one platform" },
    {
      line: "simulate kds --line Milan --line Genoa --fail 429/2 --stop-after 0.2",
      brief: "for all chips of two lines; the first request is turned away",
    },
  ],
  async run({ options, io }) {
    const { serveKds } = await import("./kds-run.ts");
    return serveKds(options, io);
  },
});
