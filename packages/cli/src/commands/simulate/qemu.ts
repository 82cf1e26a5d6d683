// SPDX-License-Identifier: Apache-2.0
// `greenlight simulate qemu`: real guests on a machine without SEV.

import { defineCommand } from "../../command/command.ts";
import { QEMU_OPTIONS } from "./options.ts";

export const command = defineCommand({
  name: "simulate qemu",
  brief: "run QEMU as if this machine had SEV",
  description: [
    "Takes QEMU's arguments as they would be on a machine with SEV, SEV-ES or SEV-SNP, and runs real " +
      "QEMU with real firmware without encryption (TCG): the simulated platform measures what is " +
      "loaded, answers the SEV commands on the QMP socket that -qmp names, and places kernel hashes " +
      "and secrets in guest memory. It stands in for the program qemu-system-x86_64; nothing in the " +
      "guest is protected.",
    "The exit code is QEMU's; 3 when there is no QEMU here.",
  ],
  positionals: {
    usage: "-- QEMU-ARGUMENT...",
    brief: "what QEMU would be given",
    min: 1,
    max: 10_000,
  },
  options: QEMU_OPTIONS,
  examples: [
    {
      line: "simulate qemu --qemu /opt/qemu-11/bin/qemu-system-x86_64 -- -machine q35,confidential-guest-support=sev0 -object sev-guest,id=sev0,cbitpos=51,reduced-phys-bits=1,policy=0x1 -S -nodefaults -display none -qmp unix:qmp.sock,server=on,wait=off -drive if=pflash,format=raw,unit=0,readonly=on,file=OVMF.fd",
      brief: "a SEV guest in a QEMU of one's own, stopped before its first instruction",
      needs: "a machine that has this QEMU",
    },
  ],
  async run({ options, positionals, io }) {
    const { runQemu } = await import("./qemu-run.ts");
    return runQemu(positionals, options, io);
  },
});
