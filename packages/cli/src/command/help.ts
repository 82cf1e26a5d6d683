// SPDX-License-Identifier: Apache-2.0
// Help text, 80 columns, made from the command's data.

import { COMMON_OPTIONS } from "./command.ts";
import type { Command, CommandEntry, CommandGroup, Option } from "./command.ts";

const WIDTH = 80;
/** Column where an option's explanation starts. */
const INDENT = 26;

/** Help of one command. */
export function commandHelp(command: Command): string {
  const usage = ["greenlight", command.name, "[OPTION]...", command.positionals?.usage ?? ""];
  const sections = [
    `Usage: ${usage.filter((word) => word !== "").join(" ")}`,
    ...command.description.map((paragraph) => wrap(paragraph, 0)),
  ];
  if (command.positionals !== undefined) {
    const { usage: names, brief } = command.positionals;
    sections.push(`Arguments:\n${entry(names, brief)}`);
  }
  if (command.variants !== undefined) {
    const list = command.variants.map(({ name, brief }) => entry(`${command.name} ${name}`, brief));
    sections.push(`Other forms:\n${list.join("\n")}`);
  }
  sections.push(...optionSections(command));
  const examples = command.examples.map(({ line, brief, needs }) => {
    const title = needs === undefined ? brief : `${brief} (in ${needs})`;
    return `  ${wrap(title, 2).trimStart()}:\n    greenlight ${line}`;
  });
  sections.push(`Examples:\n${examples.join("\n")}`);
  return `${sections.join("\n\n")}\n`;
}

/** Help of a group of commands, or of greenlight itself when the group has no name. */
export function groupHelp(
  group: Omit<CommandGroup, "subcommands">,
  entries: readonly CommandEntry[],
): string {
  const name = group.name === "" ? "greenlight" : `greenlight ${group.name}`;
  const list = entries.map((command) => entry(command.name, command.brief));
  return `${[
    `Usage: ${name} COMMAND [OPTION]...`,
    ...group.description.map((paragraph) => wrap(paragraph, 0)),
    `Commands:\n${list.join("\n")}`,
    `See ${name} COMMAND --help for each.`,
  ].join("\n\n")}\n`;
}

function optionSections(command: Command): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const [name, option] of Object.entries({ ...command.options, ...COMMON_OPTIONS })) {
    const group = (option as Option).group ?? "Options";
    const lines = groups.get(group) ?? [];
    lines.push(optionEntry(name, option));
    groups.set(group, lines);
  }
  return [...groups].map(([title, lines]) => `${title}:\n${lines.join("\n")}`);
}

function optionEntry(name: string, option: Option): string {
  const value = option.kind === "flag" ? "" : ` ${option.placeholder ?? "VALUE"}`;
  const short = option.short === undefined ? "" : `-${option.short}, `;
  const extras = [
    option.choices === undefined ? "" : `one of ${option.choices.join(", ")}`,
    option.kind === "list" ? "may be repeated" : "",
    option.default === undefined ? "" : `default ${option.default}`,
  ].filter((text) => text !== "");
  const notes = extras.length === 0 ? "" : ` (${extras.join("; ")})`;
  return entry(`${short}--${name}${value}`, `${option.brief}${notes}`);
}

function entry(name: string, text: string): string {
  const left = `  ${name}`;
  const body = wrap(text, INDENT);
  if (left.length + 2 > INDENT) return `${left}\n${body}`;
  return left.padEnd(INDENT) + body.trimStart();
}

/** Words of a text in lines of at most 80 columns, each indented. */
function wrap(text: string, indent: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/ +/)) {
    if (line !== "" && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines.map((row) => " ".repeat(indent) + row).join("\n");
}
