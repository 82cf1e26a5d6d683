// SPDX-License-Identifier: Apache-2.0
// `greenlight simulate`: the software secure processor.

import type { CommandGroup } from "../../command/command.ts";

export const group: CommandGroup = {
  name: "simulate",
  brief: "a secure processor in software, for tests and labs",
  description: [
    "A stand-in for AMD's secure processor: its keys and certificates, the commands of SEV, SEV-ES " +
      "and SEV-SNP with their states and status codes, its key distribution service, and a host for " +
      "real guests in QEMU without encryption.",
    "Nothing it says is worth anything: its keys follow from public seeds, nothing is encrypted, and " +
      "no verifier accepts its certificates unless its root is named (--simulator-root).",
  ],
  subcommands: [
    {
      name: "start",
      brief: "serve a simulated platform from a folder",
      load: async () => (await import("./start.ts")).command,
    },
    {
      name: "status",
      brief: "show the state of a simulated platform",
      load: async () => (await import("./status.ts")).command,
    },
    {
      name: "command",
      brief: "give a served platform a command",
      load: async () => (await import("./command.ts")).command,
    },
    {
      name: "mint",
      brief: "make evidence and certificates for tests",
      load: async () => (await import("./mint.ts")).command,
    },
    {
      name: "kds",
      brief: "serve the certificates of simulated platforms",
      load: async () => (await import("./kds.ts")).command,
    },
    {
      name: "qemu",
      brief: "run QEMU as if this machine had SEV",
      load: async () => (await import("./qemu.ts")).command,
    },
  ],
};
