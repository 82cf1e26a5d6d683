// SPDX-License-Identifier: Apache-2.0
// `greenlight simulate mint`: evidence for tests.

import { defineCommand } from "../../command/command.ts";
import { MINT_OPTIONS } from "./mint-options.ts";

export const command = defineCommand({
  name: "simulate mint",
  brief: "make evidence and certificates for tests",
  description: [
    "Launches a guest on a simulated platform and writes what a verifier gets of it: a SEV-SNP report " +
      "with its certificates and revocation list, and of SEV and SEV-ES the platform's certificates " +
      "and a signed report. Everything is genuine under the simulator's roots, which are written " +
      "along, and under no others.",
    "--fault makes what is not genuine, to test that it is refused.",
  ],
  positionals: {
    usage: "FOLDER",
    brief: "where to write; made if it is not there",
    min: 1,
    max: 1,
  },
  options: MINT_OPTIONS,
  examples: [
    { line: "simulate mint minted", brief: "a Milan machine's evidence, SEV-SNP and SEV-ES" },
    {
      line: "simulate mint minted-turin --line Turin --only snp --vlek -r 4f2c9a",
      brief: "a Turin report, signed by a provider's key",
    },
    {
      line: "simulate mint minted-forged --forge-amd-names --fault chain=flipped-bit",
      brief: "what must be refused",
    },
  ],
  async run({ options, positionals, io }) {
    const { mint } = await import("./mint-run.ts");
    return mint(positionals[0] ?? "", options, io);
  },
});
