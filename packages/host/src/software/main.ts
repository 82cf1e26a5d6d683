// SPDX-License-Identifier: Apache-2.0
// The software machine as a program: takes the command line that the lab gives to QEMU, serves the same
// sockets, and "boots" at once. For demonstrations and tests on machines without QEMU.

import { readCommandLine } from "../machine/lint/command-line.ts";
import { SoftwareMachine } from "./machine.ts";
import { SOFTWARE_VERSION, serveQmp, serveQtest } from "./monitors.ts";

const args = process.argv.slice(2);
if (args.includes("--version")) {
  const { major, minor, micro } = SOFTWARE_VERSION;
  process.stdout.write(`QEMU emulator version ${major}.${minor}.${micro} (software machine)\n`);
} else {
  start(args);
}

function start(words: readonly string[]): void {
  const { options } = readCommandLine(words);
  let machine: SoftwareMachine;
  try {
    machine = new SoftwareMachine(options);
  } catch (error) {
    process.stderr.write(`software machine: ${error instanceof Error ? error.message : ""}\n`);
    process.exitCode = 1;
    return;
  }
  const socketOf = (wanted: string): string | undefined => {
    const value = options.findLast(({ name }) => name === wanted)?.value;
    return /^unix:((?:[^,]|,,)+)/.exec(value ?? "")?.[1]?.replaceAll(",,", ",");
  };
  const [qmp, qtest] = [socketOf("qmp"), socketOf("qtest")];
  // A moment for what was said to arrive.
  if (qmp !== undefined) serveQmp(qmp, machine, () => setTimeout(() => process.exit(0), 20));
  if (qtest !== undefined) serveQtest(qtest, machine);
  process.on("SIGTERM", () => process.exit(0));
}
