// SPDX-License-Identifier: Apache-2.0
// `greenlight verify sev`: whether the certificates of a SEV or SEV-ES platform are AMD's and whole.

import { defineCommand } from "../../../command/command.ts";
import { UsageError } from "../../../command/usage-error.ts";
import { OPTIONS } from "./options.ts";

export const command = defineCommand({
  name: "verify sev",
  brief: "verify the certificates of a SEV or SEV-ES platform",
  description: [
    "Takes what the host exports of its platform: PDH, PEK, OCA and CEK as single certificates or one " +
      "after the other (sevctl's exports, the cert-chain of QEMU and libvirt), binary or base64, or " +
      "the answer of query-sev-capabilities or virsh nodesevinfo as it is; and AMD's ASK and ARK, of " +
      "which the known ones are built in. Proves that AMD's key signed the chip's, that chip and " +
      "owner signed the platform's, and so on to the PDH that a launch session is made for. Every " +
      "check is reported, not only the first that fails.",
    "The CEK as a host exports it is not signed. The signed one is fetched from AMD's key " +
      "distribution service when the id of the chip is known, or given as a file. Certificates of " +
      "SEV have no validity and cannot be revoked: what is too old is for --minimum-api to say.",
    "Exit code 0: accepted; 1: rejected; 2: unreadable; 3: undecided, something needed is missing.",
  ],
  positionals: {
    usage: "FILE...",
    brief: "certificates, in any order; one may be - for standard input",
    min: 0,
    max: 64,
  },
  options: OPTIONS,
  examples: [
    {
      line: "verify sev pdh.cert pek.cert oca.cert cek.cert",
      brief: "is it a platform of AMD's, at least",
    },
    {
      line: "verify sev platform.bin --minimum-api 0.17.22 --product Rome -v",
      brief: "and is it what we want; every check",
    },
    {
      line: "verify sev platform.bin --json",
      brief: "the same for a program",
    },
    { line: "verify sev --like sevctl", brief: "how to say here what one says to it" },
  ],
  async run({ options, positionals, io }) {
    if (options.like !== undefined) {
      const { likePage } = await import("./like/page.ts");
      io.out(likePage(options.like));
      return 0;
    }
    if (positionals.length === 0) {
      throw new UsageError(
        "missing-argument",
        "no certificates are given",
        "name what the host exported of its platform, or - for standard input",
      );
    }
    const { runVerifySev } = await import("./run.ts");
    return runVerifySev(positionals, options, io);
  },
});
