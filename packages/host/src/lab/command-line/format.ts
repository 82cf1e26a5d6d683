// SPDX-License-Identifier: Apache-2.0
// Options of QEMU as arguments again.

import type { CommandOption } from "../../machine/lint/command-line.ts";
import { optionKind } from "../../machine/lint/option-table.ts";
import type { OptionValue } from "../../machine/lint/option-value.ts";

/** The arguments of options, in order. */
export function formatCommandLine(options: readonly CommandOption[]): string[] {
  return options.flatMap(({ name, value }) => {
    // QEMU takes one dash or two, so a third one is of the name; with one before it, it would be no more.
    const option = `${name.startsWith("-") ? "--" : "-"}${name}`;
    const isAlone = optionKind(name) === "flag" || (optionKind(name) === undefined && value === "");
    return isAlone ? [option] : [option, value];
  });
}

/** Keys and values as one value, in the form with commas. */
export function formatValue(properties: OptionValue): string {
  return [...properties].map(([key, value]) => `${key}=${value.replaceAll(",", ",,")}`).join(",");
}
