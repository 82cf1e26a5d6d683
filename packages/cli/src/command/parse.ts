// SPDX-License-Identifier: Apache-2.0
// From argument list to values. Values are taken as they are: command lines are measured byte for byte,
// so empty ones, newlines and leading dashes must all come through. Not on node:util's parseArgs, which
// needs a second pass for that and a millisecond more of every start.

import { COMMON_OPTIONS } from "./command.ts";
import type { Command, Option, Options, OptionValues } from "./command.ts";
import { UsageError } from "./usage-error.ts";

/** Values and positionals of one command line. */
export interface Parsed {
  readonly values: OptionValues<Options>;
  readonly positionals: readonly string[];
  readonly help: boolean;
}

/**
 * Parses the arguments after the command's name.
 * @throws {UsageError} for unknown or ambiguous options, missing or excess values and arguments.
 */
export function parse(command: Command, argv: readonly string[]): Parsed {
  const options: Options = { ...command.options, ...COMMON_OPTIONS };
  const values: Record<string, boolean | string | readonly string[] | undefined> = {};
  for (const [name, option] of Object.entries(options)) {
    values[name] = option.kind === "flag" ? false : option.kind === "list" ? [] : undefined;
  }
  const positionals: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i]!;
    if (argument === "--") {
      positionals.push(...argv.slice(i + 1));
      break;
    }
    if (!argument.startsWith("-") || argument === "-") {
      positionals.push(argument);
      continue;
    }
    for (const { name, attached } of namesIn(argument, options, command.abbreviations ?? [])) {
      const option = options[name]!;
      const separate = option.kind !== "flag" && attached === undefined;
      if (separate) i++;
      const value = checkValue(name, option, separate ? valueAt(argv, i, options) : attached);
      const before = values[name];
      values[name] = Array.isArray(before) ? [...before, value] : value;
    }
  }
  const help = values["help"] === true;
  if (!help) checkPositionals(command, positionals);
  return { values, positionals, help };
}

/** An option as it was given, with its value where that is part of the same argument. */
interface GivenOption {
  readonly name: string;
  readonly attached: string | undefined;
}

/** The options in one argument: `--name`, `--name=value`, `-v`, `-vh`, `-oVALUE`. */
function namesIn(
  argument: string,
  options: Options,
  abbreviations: readonly string[],
): readonly GivenOption[] {
  if (argument.startsWith("--")) {
    const end = argument.indexOf("=");
    const long = argument.slice(2, end < 0 ? undefined : end);
    const attached = end < 0 ? undefined : argument.slice(end + 1);
    return [{ name: fullName(long, options, abbreviations), attached }];
  }
  const given: GivenOption[] = [];
  for (let i = 1; i < argument.length; i++) {
    const letter = argument[i]!;
    const found = Object.entries(options).find(([, { short }]) => short === letter);
    if (found === undefined) throw unknownOption(`-${letter}`, options);
    const [name, { kind }] = found;
    if (kind !== "flag") {
      return [...given, { name, attached: argument.slice(i + 1) || undefined }];
    }
    given.push({ name, attached: undefined });
  }
  return given;
}

function fullName(long: string, options: Options, abbreviations: readonly string[]): string {
  if (Object.hasOwn(options, long)) return long;
  const matches = long === "" ? [] : abbreviations.filter((name) => name.startsWith(long));
  const [only, another] = matches;
  if (only === undefined) throw unknownOption(`--${long}`, options);
  if (another === undefined) return only;
  throw new UsageError(
    "ambiguous-option",
    `--${long} could be ${matches.map((name) => `--${name}`).join(" or ")}`,
    "write the option out",
  );
}

/** The argument after an option, unless it is another option of ours: then the value was forgotten. */
function valueAt(argv: readonly string[], index: number, options: Options): string | undefined {
  const value = argv[index];
  const name = value === undefined ? undefined : /^--([^=]+)/.exec(value)?.[1];
  return name !== undefined && Object.hasOwn(options, name) ? undefined : value;
}

function checkValue(name: string, option: Option, value: string | undefined): boolean | string {
  if (option.kind === "flag") {
    if (value === undefined) return true;
    throw new UsageError("bad-value", `--${name} takes no value`);
  }
  if (value === undefined) throw missingValue(name, option);
  if (option.choices !== undefined && !option.choices.includes(value)) {
    throw new UsageError(
      "bad-value",
      `--${name} is ${JSON.stringify(value.slice(0, 40))}`,
      `choose one of: ${option.choices.join(", ")}`,
    );
  }
  return value;
}

function missingValue(name: string, option: Option): UsageError {
  const placeholder = option.placeholder ?? "VALUE";
  return new UsageError(
    "missing-argument",
    `--${name} needs a value`,
    `write --${name} ${placeholder}, or --${name}=${placeholder} for a value that looks like an option`,
  );
}

function unknownOption(raw: string, options: Options): UsageError {
  const typed = raw.replace(/^--?/, "");
  const near = Object.keys(options).filter((name) => similar(name, typed));
  const hint =
    near.length > 0
      ? `did you mean ${near.map((name) => `--${name}`).join(", ")}?`
      : "see --help for the options there are";
  return new UsageError("unknown-option", `there is no option ${raw.slice(0, 40)}`, hint);
}

function similar(name: string, typed: string): boolean {
  return (
    typed.length > 2 &&
    (name.includes(typed) || typed.includes(name) || name.startsWith(typed.slice(0, 4)))
  );
}

function checkPositionals(command: Command, given: readonly string[]): void {
  const { min = 0, max = 0, usage = "" } = command.positionals ?? {};
  if (given.length < min) {
    throw new UsageError(
      "missing-argument",
      `${usage} is missing`,
      `usage: greenlight ${command.name} ${usage}; see greenlight ${command.name} --help`,
    );
  }
  if (given.length > max) {
    const extra = JSON.stringify(given[max]!.slice(0, 60));
    throw new UsageError(
      "too-many-arguments",
      `${extra} is one argument too many`,
      max === 0
        ? "this command takes options only; quote values that contain blanks"
        : `usage: greenlight ${command.name} ${usage}`,
    );
  }
}
