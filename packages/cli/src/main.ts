// SPDX-License-Identifier: Apache-2.0
// The command line from the outside: finds the command, parses, runs, tells errors.

import type { Command, CommandEntry, CommandGroup } from "./command/command.ts";
import { parse } from "./command/parse.ts";
import { UsageError } from "./command/usage-error.ts";
import { COMMANDS } from "./commands/index.ts";
import { reportFailure } from "./output/failure.ts";
import { OutputClosed, processIo } from "./output/io.ts";
import type { Io } from "./output/io.ts";
import { VERSION } from "./version.ts";

/**
 * Runs a command line.
 * @param argv Arguments after the program's name.
 * @returns exit code: 0 accepted or done, 1 rejected, 2 wrong usage or unreadable input, 3 undecided.
 */
export async function run(argv: readonly string[], io: Io = processIo()): Promise<number> {
  let name = "";
  try {
    const [first] = argv;
    if (first === undefined || first === "--help" || first === "-h" || first === "help") {
      return await help(argv.slice(first === undefined ? 0 : 1), first === undefined, io);
    }
    if (first === "--version" || first === "-V") {
      io.out(`greenlight ${VERSION}\n`);
      return 0;
    }
    const found = await find(COMMANDS, argv);
    name = found.command.name;
    if ("subcommands" in found.command) return await groupOnly(found.command, found.rest, io);
    return await runCommand(found.command, found.rest, io);
  } catch (error) {
    if (error instanceof OutputClosed) return 0;
    return reportFailure(error, name, argv.includes("--json"), io);
  }
}

async function runCommand(command: Command, argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals, help: wantsHelp } = parse(command, argv);
  if (wantsHelp) {
    const { commandHelp } = await import("./command/help.ts");
    io.out(commandHelp(command));
    return 0;
  }
  return command.run({ options: values, positionals, io });
}

async function find(
  entries: readonly CommandEntry[],
  argv: readonly string[],
): Promise<{ readonly command: Command | CommandGroup; readonly rest: readonly string[] }> {
  const [word = "", ...rest] = argv;
  const entry = entries.find((candidate) => candidate.name === word);
  if (entry === undefined) {
    const known = entries.map((candidate) => candidate.name).join(", ");
    throw new UsageError(
      "unknown-command",
      `there is no command ${JSON.stringify(word.slice(0, 40))}`,
      `commands: ${known}`,
    );
  }
  const command = await entry.load();
  const next = rest[0];
  if ("subcommands" in command) {
    if (next !== undefined && !next.startsWith("-")) return find(command.subcommands, rest);
  } else if (command.variants?.some(({ name }) => name === next) === true) {
    return find(command.variants, rest);
  }
  return { command, rest };
}

async function help(words: readonly string[], toStderr: boolean, io: Io): Promise<number> {
  const { commandHelp, groupHelp } = await import("./command/help.ts");
  if (words.length > 0) {
    const { command } = await find(COMMANDS, words);
    io.out(
      "subcommands" in command ? groupHelp(command, command.subcommands) : commandHelp(command),
    );
    return 0;
  }
  const text = groupHelp(
    {
      name: "",
      brief: "",
      description: [
        "The guest owner's side of AMD confidential computing: computes what a launch measurement " +
          "should be, proves what the hardware says it is, appraises that against a policy, and " +
          "explains every difference.",
        "Results go to stdout, talk to stderr. Exit codes: 0 accepted or done, 1 rejected, 2 wrong " +
          "usage or unreadable input, 3 could not decide.",
      ],
    },
    COMMANDS,
  );
  if (toStderr) io.err(text);
  else io.out(text);
  return toStderr ? 2 : 0;
}

async function groupOnly(group: CommandGroup, rest: readonly string[], io: Io): Promise<number> {
  const { groupHelp } = await import("./command/help.ts");
  const asked = rest.includes("--help") || rest.includes("-h");
  if (asked) {
    io.out(groupHelp(group, group.subcommands));
    return 0;
  }
  if (rest.length > 0) {
    throw new UsageError(
      "unknown-option",
      `there is no option ${rest[0]} here`,
      `see greenlight ${group.name} --help`,
    );
  }
  io.err(groupHelp(group, group.subcommands));
  return 2;
}
