// SPDX-License-Identifier: Apache-2.0
// QEMU's command line as a list of options (QEMU: system/vl.c, lookup_opt).

import { optionKind } from "./option-table.ts";

/** One option as it stands. */
export interface CommandOption {
  /** Without dashes. A disk image that stands without an option is `hda`, as in QEMU. */
  readonly name: string;
  /** Empty for an option without a value. */
  readonly value: string;
}

/** A command line, read. */
export interface CommandLine {
  readonly options: readonly CommandOption[];
  /** Options that are not known; whether what follows them belongs to them was guessed. */
  readonly unknown: readonly string[];
}

/** Reads arguments, with or without the program's name in front. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const options: CommandOption[] = [];
  const unknown: string[] = [];
  const first = args[0] ?? "";
  for (let i = /(^|\/)(qemu|kvm)[^/]*$/.test(first) ? 1 : 0; i < args.length; i++) {
    const arg = args[i]!;
    if (!arg.startsWith("-") || arg === "-") {
      options.push({ name: "hda", value: arg });
      continue;
    }
    const name = arg.replace(/^--?/, "");
    const kind = optionKind(name);
    if (kind === undefined) unknown.push(arg);
    const next = args[i + 1];
    const takes = kind === "value" || (kind === undefined && next?.startsWith("-") === false);
    options.push({ name, value: takes ? (next ?? "") : "" });
    if (takes) i++;
  }
  return { options, unknown };
}
