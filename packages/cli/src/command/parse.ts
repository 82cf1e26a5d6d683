// SPDX-License-Identifier: Apache-2.0
// From argument list to values, on node:util's parseArgs. Values are taken as they are: command
// lines are measured byte for byte, so empty ones, newlines and leading dashes must all come through.

import { parseArgs } from "node:util";
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
  const joined = joinValues(argv, options, command.abbreviations ?? []);
  const { tokens } = parseArgs({
    args: joined,
    options: Object.fromEntries(
      Object.entries(options).map(([name, option]) => [
        name,
        {
          type: option.kind === "flag" ? ("boolean" as const) : ("string" as const),
          multiple: true,
          ...(option.short === undefined ? {} : { short: option.short }),
        },
      ]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const values: Record<string, boolean | string | readonly string[] | undefined> = {};
  for (const [name, option] of Object.entries(options)) {
    values[name] = option.kind === "flag" ? false : option.kind === "list" ? [] : undefined;
  }
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const option = options[token.name];
    if (option === undefined) throw unknownOption(token.rawName, options);
    const value = checkValue(token.name, option, token.value);
    const before = values[token.name];
    values[token.name] = Array.isArray(before) ? [...before, value] : value;
  }
  const help = values["help"] === true;
  if (!help) checkPositionals(command, positionals);
  return { values, positionals, help };
}

/**
 * Writes `--name value` as `--name=value`, so that a value may begin with a dash, and completes
 * abbreviated names. Everything after `--` is left alone.
 */
function joinValues(
  argv: readonly string[],
  options: Options,
  abbreviations: readonly string[],
): string[] {
  const joined: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i]!;
    if (argument === "--") return [...joined, ...argv.slice(i)];
    const long = /^--([^=]+)(=[^]*)?$/.exec(argument);
    const name = nameOf(argument, long?.[1], options, abbreviations);
    const option = name === undefined ? undefined : options[name];
    if (option === undefined || name === undefined) {
      joined.push(argument);
    } else if (long?.[2] !== undefined) {
      joined.push(`--${name}${long[2]}`);
    } else if (option.kind === "flag") {
      joined.push(`--${name}`);
    } else {
      i++;
      if (i >= argv.length || isOption(argv[i]!, options)) throw missingValue(name, option);
      joined.push(`--${name}=${argv[i]!}`);
    }
  }
  return joined;
}

function nameOf(
  argument: string,
  long: string | undefined,
  options: Options,
  abbreviations: readonly string[],
): string | undefined {
  if (long !== undefined) {
    if (Object.hasOwn(options, long)) return long;
    const matches = abbreviations.filter((name) => name.startsWith(long));
    if (matches.length === 0) throw unknownOption(`--${long}`, options);
    if (matches.length === 1) return matches[0];
    throw new UsageError(
      "ambiguous-option",
      `--${long} could be ${matches.map((name) => `--${name}`).join(" or ")}`,
      "write the option out",
    );
  }
  if (argument.length !== 2 || !argument.startsWith("-")) return undefined;
  return Object.keys(options).find((name) => options[name]!.short === argument[1]);
}

// The next argument is another option of ours, so this one's value was forgotten.
function isOption(argument: string, options: Options): boolean {
  const name = /^--([^=]+)/.exec(argument)?.[1];
  return name !== undefined && Object.hasOwn(options, name);
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
