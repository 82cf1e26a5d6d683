// SPDX-License-Identifier: Apache-2.0
// `greenlight image`: the commands about disk images.

import type { CommandGroup } from "../../command/command.ts";

export const group: CommandGroup = {
  name: "image",
  brief: "make and check encrypted disk images",
  description: [
    "The disk of a confidential guest lies with the host. What is on it is the owner's alone only " +
      "when it is encrypted with a passphrase that the guest is given after it was verified.",
  ],
  subcommands: [
    {
      name: "make",
      brief: "make an encrypted disk image",
      load: async () => (await import("./make.ts")).command,
    },
    {
      name: "check",
      brief: "check that a disk image is encrypted, and by what",
      load: async () => (await import("./check.ts")).command,
    },
  ],
};
