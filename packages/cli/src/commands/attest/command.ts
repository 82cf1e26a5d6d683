// SPDX-License-Identifier: Apache-2.0
// `greenlight attest`: evidence of the guest it runs in.

import { defineCommand } from "../../command/command.ts";
import { OPTIONS } from "./options.ts";

const needs = "an SEV-SNP guest";

export const command = defineCommand({
  name: "attest",
  brief: "get evidence of the guest this runs in",
  description: [
    "Runs inside an SEV-SNP guest, as root: asks the kernel (Linux 6.7 or later, configfs-tsm) for " +
      "an attestation report and the certificates the host gives along, and writes them for " +
      "greenlight verify.",
    "The report speaks for its report data. Let the verifier choose it, or at least the nonce in " +
      "it: a report over data of the guest's own choice may be an old one.",
    "Exit code 3 where this machine gives no evidence, with the reason.",
  ],
  options: OPTIONS,
  examples: [
    {
      line: "attest --nonce 4f2c9a --key id-public.pem --out evidence.json",
      brief: "evidence for a key of this guest and a verifier's nonce",
      needs,
    },
    { line: "attest --random --out snp-report.bin --form report", brief: "a bare report", needs },
    {
      line: "attest --service-provider svsm --random",
      brief: "the services of an SVSM, such as its vTPM, as a bundle on standard output",
      needs,
    },
  ],
  async run({ options, io }) {
    const { attest } = await import("./run.ts");
    return attest(options, io);
  },
});
