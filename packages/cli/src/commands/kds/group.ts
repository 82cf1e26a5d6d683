// SPDX-License-Identifier: Apache-2.0
// `greenlight kds`: certificates and revocation lists from AMD's Key Distribution Service.

import type { CommandGroup } from "../../command/command.ts";

export const group: CommandGroup = {
  name: "kds",
  brief: "fetch, export and import AMD's certificates",
  description: [
    "AMD's Key Distribution Service (KDS) has the certificate of each chip's signing key (VCEK) and " +
      "the revocation lists that reports are verified with. `greenlight verify` asks it for what did " +
      "not come with the evidence; these commands do so ahead of time, and carry what was fetched " +
      "to places without network. Nothing is trusted because of where it came from.",
  ],
  subcommands: [
    {
      name: "fetch",
      brief: "fetch what reports will be verified with",
      load: async () => (await import("./fetch.ts")).command,
    },
    {
      name: "export",
      brief: "write what was fetched into a folder",
      load: async () => (await import("./export.ts")).command,
    },
    {
      name: "import",
      brief: "take certificates and lists from files",
      load: async () => (await import("./import.ts")).command,
    },
  ],
};
