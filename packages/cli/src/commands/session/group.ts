// SPDX-License-Identifier: Apache-2.0
// `greenlight session`: the commands about launch sessions of SEV and SEV-ES.

import type { CommandGroup } from "../../command/command.ts";

export const group: CommandGroup = {
  name: "session",
  brief: "make launch sessions of SEV and SEV-ES",
  description: [
    "A launch session is what makes a SEV or SEV-ES guest its owner's: keys that the owner chooses, " +
      "wrapped for the processor of one platform and bound to one policy. The host starts the guest " +
      "with it, the processor measures under its key, and secrets are sent under it. One session is " +
      "for one launch.",
    "An owner can also send a prepared guest in whole (export), whose first program then takes " +
      "firmware by signature and version (sign-firmware, check-firmware).",
  ],
  subcommands: [
    {
      name: "make",
      brief: "make a session for a verified platform",
      load: async () => (await import("./make.ts")).command,
    },
    {
      name: "convert",
      brief: "write a session's files in another tool's form",
      load: async () => (await import("./convert.ts")).command,
    },
    {
      name: "export",
      brief: "encrypt a prepared guest for a verified platform",
      load: async () => (await import("./export.ts")).command,
    },
    {
      name: "sign-firmware",
      brief: "sign name, version and hash of a firmware",
      load: async () => (await import("./sign-firmware.ts")).command,
    },
    {
      name: "check-firmware",
      brief: "check a firmware against its signed statement",
      load: async () => (await import("./check-firmware.ts")).command,
    },
  ],
};
