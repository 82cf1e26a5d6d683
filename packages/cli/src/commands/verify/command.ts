// SPDX-License-Identifier: Apache-2.0
// `greenlight verify`: whether evidence is genuine, and what the guest owner demands.

import { defineCommand } from "../../command/command.ts";
import { UsageError } from "../../command/usage-error.ts";
import { OPTIONS } from "./options.ts";

export const command = defineCommand({
  name: "verify",
  brief: "prove evidence genuine and appraise it against a policy",
  description: [
    "Takes SEV-SNP evidence: a report, a report with its certificate table, Azure's HCL report, " +
      "configfs-tsm bundles, the JSON and protobuf of other tools, binary or as hexadecimal or " +
      "base64. Proves that AMD's secure processor made it (certificates under AMD's pinned roots, " +
      "revocation, signature), then compares it with what you demand. Every check is reported, not " +
      "only the first that fails.",
    "REPORT is a file, a folder of files, or - for standard input: one piece of evidence, or one on " +
      "each line. What is missing is fetched from AMD's key distribution service unless --offline " +
      "is given.",
    "Exit code 0: accepted; 1: rejected; 2: unreadable; 3: undecided, something needed is missing. " +
      "Of several reports the worst counts, in the order 1, 2, 3.",
  ],
  positionals: { usage: "REPORT...", brief: "evidence to verify", min: 0, max: 1_000_000 },
  variants: [
    {
      name: "sev",
      brief: "verify the certificates of a SEV or SEV-ES platform",
      load: async () => (await import("./sev/command.ts")).command,
    },
  ],
  options: OPTIONS,
  examples: [
    {
      line: "verify report.bin --certs vcek.der --offline --at 2026-11-01",
      brief: "is it genuine, at least",
    },
    {
      line: "verify report.bin --certs vcek.der --offline --policy policy.yaml -v",
      brief: "and is it what we want; every check",
    },
    {
      line: "verify reports --certs vcek.der --offline --ndjson",
      brief: "all reports of a folder, a line of JSON each",
    },
    { line: "verify --like go-sev-guest", brief: "how to say here what one says to it" },
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
        "no evidence is given",
        "name a file, or - for standard input",
      );
    }
    const { runVerify } = await import("./run.ts");
    return runVerify(positionals, options, io);
  },
});
