// SPDX-License-Identifier: Apache-2.0
// `greenlight secret`: the commands about secrets that SEV and SEV-ES guests get at launch.

import type { CommandGroup } from "../../command/command.ts";

export const group: CommandGroup = {
  name: "secret",
  brief: "make and open secret packets of SEV and SEV-ES",
  description: [
    "A SEV or SEV-ES guest that was measured and waits can be given secrets: a table of them, " +
      "encrypted for the platform's processor and bound to the measurement. The host carries the " +
      "packet and cannot read it. `greenlight launch` does all of it by itself; these commands are " +
      "for launches that something else controls.",
  ],
  subcommands: [
    {
      name: "build",
      brief: "encrypt secrets for one measured guest",
      load: async () => (await import("./build.ts")).command,
    },
    {
      name: "open",
      brief: "check a packet and list what is in it",
      load: async () => (await import("./open.ts")).command,
    },
  ],
};
