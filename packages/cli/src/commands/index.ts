// SPDX-License-Identifier: Apache-2.0
// The command table. Modules are loaded when their command is used.

import type { CommandEntry } from "../command/command.ts";

/** All commands, in the order help lists them. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "measure",
    brief: "compute expected launch digests",
    load: async () => (await import("./measure/command.ts")).command,
  },
  {
    name: "diagnose",
    brief: "find out why an observed digest differs",
    load: async () => (await import("./diagnose/command.ts")).command,
  },
  {
    name: "verify",
    brief: "prove evidence genuine and appraise it",
    load: async () => (await import("./verify/command.ts")).command,
  },
  {
    name: "policy",
    brief: "make, check and explain policies",
    load: async () => (await import("./policy/group.ts")).group,
  },
  {
    name: "kds",
    brief: "fetch, export and import AMD's certificates",
    load: async () => (await import("./kds/group.ts")).group,
  },
  {
    name: "attest",
    brief: "get evidence of the guest this runs in",
    load: async () => (await import("./attest/command.ts")).command,
  },
  {
    name: "inspect",
    brief: "show what is in a file, field by field",
    load: async () => (await import("./inspect/command.ts")).command,
  },
  {
    name: "diff",
    brief: "compare two files of a kind",
    load: async () => (await import("./diff/command.ts")).command,
  },
  {
    name: "idblock",
    brief: "make, show and verify ID blocks",
    load: async () => (await import("./idblock/group.ts")).group,
  },
  {
    name: "session",
    brief: "make launch sessions of SEV and SEV-ES",
    load: async () => (await import("./session/group.ts")).group,
  },
  {
    name: "secret",
    brief: "make and open secret packets of SEV and SEV-ES",
    load: async () => (await import("./secret/group.ts")).group,
  },
  {
    name: "image",
    brief: "make and check encrypted disk images",
    load: async () => (await import("./image/group.ts")).group,
  },
  {
    name: "launch",
    brief: "launch a guest by a plan, and release its secrets if it is the right one",
    load: async () => (await import("./launch/command.ts")).command,
  },
  {
    name: "simulate",
    brief: "a secure processor in software, for tests and labs",
    load: async () => (await import("./simulate/group.ts")).group,
  },
];
