// SPDX-License-Identifier: Apache-2.0
// What a command is: data from which parsing, help and the command reference are made, and a run().

import type { Io } from "../output/io.ts";

/** One option. Names are without dashes. */
export interface Option {
  /** `flag`: no value. `value`: one value, the last one given counts. `list`: may be repeated. */
  readonly kind: "flag" | "value" | "list";
  readonly short?: string;
  /** What stands for the value in help: `FILE`, `N`. */
  readonly placeholder?: string;
  /** One sentence without a full stop. */
  readonly brief: string;
  /** Value when absent, as help shows it. */
  readonly default?: string;
  /** Closed set of values, checked when parsing. */
  readonly choices?: readonly string[];
  /** Heading under which help lists the option. */
  readonly group?: string;
}

/** Options of a command by name. */
export type Options = Readonly<Record<string, Option>>;

/** Parsed values by option name. */
export type OptionValues<O extends Options> = {
  readonly [K in keyof O]: ValueOfKind<O[K]["kind"]>;
};

type ValueOfKind<K extends Option["kind"]> = K extends "flag"
  ? boolean
  : K extends "list"
    ? readonly string[]
    : string | undefined;

/** A command line that works, and what it shows. Tests run every one of them. */
export interface Example {
  /** Arguments after `greenlight`, as one would type them. */
  readonly line: string;
  readonly brief: string;
  /** What not every machine is, such as `an SEV-SNP guest`. On others it ends with 3 and a hint. */
  readonly needs?: string;
}

/** What run() is given. */
export interface Invocation<O extends Options> {
  readonly options: OptionValues<O>;
  readonly positionals: readonly string[];
  readonly io: Io;
}

/** A command that does something. */
export interface Command<O extends Options = Options> {
  /** Words after `greenlight`: `measure`, `idblock make`. */
  readonly name: string;
  readonly brief: string;
  /** Paragraphs of help. */
  readonly description: readonly string[];
  /** Positional arguments as shown in the usage line, and how many there may be. */
  readonly positionals?: {
    readonly usage: string;
    readonly brief: string;
    readonly min: number;
    readonly max: number;
  };
  readonly options: O;
  readonly examples: readonly [Example, ...Example[]];
  /** Commands behind a first argument that is exactly their last word, such as `verify sev`. */
  readonly variants?: readonly CommandEntry[];
  /** Options that may be shortened to a beginning unambiguous among them, as argparse allows. */
  readonly abbreviations?: readonly string[];
  /** @returns the exit code: 0 done or accepted, 1 rejected, 2 unusable input, 3 undecided. */
  run(invocation: Invocation<O>): Promise<number>;
}

/** A command that only holds others. */
export interface CommandGroup {
  readonly name: string;
  readonly brief: string;
  readonly description: readonly string[];
  readonly subcommands: readonly CommandEntry[];
}

/** A line in the command table; the module behind it is loaded only when it is needed. */
export interface CommandEntry {
  readonly name: string;
  readonly brief: string;
  load(): Promise<Command | CommandGroup>;
}

/** Declares a command, with option values typed by their kinds. */
export function defineCommand<const O extends Options>(command: Command<O>): Command {
  // Commands of different options stand in one table; parse() gives run() just what it declared.
  return command;
}

/** Options every command has. */
export const COMMON_OPTIONS = {
  help: { kind: "flag", short: "h", brief: "show this help" },
} as const satisfies Options;
