// SPDX-License-Identifier: Apache-2.0
// docs/reference/commands.md: the help of every command.
import type { CommandEntry } from "../../packages/cli/src/command/command.ts";
import { commandHelp, groupHelp } from "../../packages/cli/src/command/help.ts";
import { COMMANDS } from "../../packages/cli/src/commands/index.ts";

/** The page. */
export async function commandsPage(): Promise<string> {
  const sections = await sectionsOf(COMMANDS);
  const head = [
    "# Commands",
    "",
    "Made from the command table by `node scripts/docs.ts`; the same text as `--help`.",
    "",
    "Results go to standard output, talk to standard error. Exit codes: 0 accepted or done, 1",
    "rejected (or: explained by other parameters, different), 2 wrong usage or unreadable input, 3",
    "could not decide. With `--json` an error is also written to standard output, as",
    "`greenlight/error/v1`.",
    "",
  ];
  return [...head, ...sections].join("\n");
}

async function sectionsOf(entries: readonly CommandEntry[]): Promise<readonly string[]> {
  const sections = await Promise.all(
    entries.map(async (entry) => {
      const command = await entry.load();
      if (!("subcommands" in command)) {
        const own = section(command.name, commandHelp(command));
        return [own, ...(await sectionsOf(command.variants ?? []))];
      }
      const group = section(command.name, groupHelp(command, command.subcommands));
      return [group, ...(await sectionsOf(command.subcommands))];
    }),
  );
  return sections.flat();
}

function section(name: string, help: string): string {
  return `## greenlight ${name}\n\n\`\`\`text\n${help}\`\`\`\n`;
}
