// SPDX-License-Identifier: Apache-2.0
// `greenlight launch`: a guest from plan to running, with its secrets only when all of it holds.

import { defineCommand } from "../../command/command.ts";
import { OPTIONS } from "./options.ts";

export const command = defineCommand({
  name: "launch",
  brief: "launch a guest by a plan, and release its secrets if it is the right one",
  description: [
    "Takes a plan (YAML or JSON): firmware, kernel and vCPUs of the guest, what is demanded of the " +
      "platform, the secrets, and the host: QEMU, a QMP socket, a libvirt domain, or the lab host. " +
      "Judges files, host configuration and platform; makes a fresh session; has the guest started " +
      "stopped; compares what was measured with the plan; and only then releases the secrets, " +
      "once, and lets it run. An SEV-SNP guest runs first, shows its report, and gets its secret " +
      "encrypted to its own key. Whatever does not hold ends the guest.",
    "Every step is in a record before it has its effect: without a record nothing is released. A " +
      "session serves one launch; keys are removed after it.",
    "For a guest that the host starts itself: --prepare, hand over the two session files, have it " +
      "started stopped with them, then the same command again without --prepare.",
    "Exit code 0: released and running; 1: refused; 2: wrong usage, unreadable; 3: undecided, or " +
      "the host failed.",
  ],
  positionals: { usage: "PLAN", brief: "the plan", min: 1, max: 1 },
  options: OPTIONS,
  examples: [
    {
      line: "launch plan.yaml",
      brief: "all of it; the guest ends with the command",
      needs: "a machine with SEV",
    },
    {
      line: "launch plan.yaml --prepare --session later.launch",
      brief: "only the session, for a guest that the host starts",
      needs: "a machine with SEV",
    },
  ],
  variants: [
    {
      name: "check",
      brief: "find mistakes in plans, and what they leave open",
      load: async () => (await import("./check.ts")).command,
    },
    {
      name: "record",
      brief: "show the record of a launch, and whether it is whole",
      load: async () => (await import("./record.ts")).command,
    },
    {
      name: "schema",
      brief: "print the JSON Schema of plans, for editors",
      load: async () => (await import("./schema.ts")).command,
    },
  ],
  async run({ options, positionals, io }) {
    const { launch } = await import("./run.ts");
    return launch(positionals[0] ?? "", options, io);
  },
});
