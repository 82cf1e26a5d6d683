// SPDX-License-Identifier: Apache-2.0
// Looking things up in a command line: by name, in all forms that an option may have.

import type { CommandOption } from "./command-line.ts";
import { optionValue } from "./option-value.ts";
import type { OptionValue } from "./option-value.ts";

/** The key of a value that stands without one, by option. */
const IMPLIED: ReadonlyMap<string, string> = new Map([
  ["M", "type"],
  ["accel", "accel"],
  ["blockdev", "driver"],
  ["boot", "order"],
  ["chardev", "backend"],
  ["device", "driver"],
  ["fw_cfg", "name"],
  ["m", "size"],
  ["machine", "type"],
  ["mon", "chardev"],
  ["net", "type"],
  ["nic", "type"],
  ["object", "qom-type"],
]);

/** Longest piece of a command line that is shown. */
const MAX_SHOWN = 120;

/** A command line to look things up in. */
export class Options {
  readonly #options: readonly CommandOption[];

  constructor(options: readonly CommandOption[]) {
    this.#options = options;
  }

  has(name: string): boolean {
    return this.#options.some((option) => option.name === name);
  }

  /** Values of an option as they stand, in order. */
  values(name: string): readonly string[] {
    return this.#options.filter((option) => option.name === name).map(({ value }) => value);
  }

  /** The value that counts where an option may stand only once. */
  last(name: string): string | undefined {
    return this.values(name).at(-1);
  }

  /** Values of an option as keys and values. */
  all(name: string): readonly OptionValue[] {
    return this.values(name).map((value) => optionValue(value, IMPLIED.get(name) ?? "value"));
  }

  /** All occurrences of some options as one, as QEMU merges -machine and -boot. */
  merged(...names: readonly string[]): OptionValue {
    const found = new Map<string, string>();
    for (const { name, value } of this.#options) {
      if (!names.includes(name)) continue;
      for (const [key, text] of optionValue(value, IMPLIED.get(name) ?? "value")) {
        found.set(key, text);
      }
    }
    return found;
  }

  /** Occurrences as people find them again: `-incoming tcp:0:4444`. */
  shown(name: string): readonly string[] {
    return this.values(name).map((value) => shown(`-${name} ${value}`));
  }
}

/** A piece of foreign text, short and on one line. */
export function shown(text: string): string {
  const line = text.trim().replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "?");
  return line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}...` : line;
}
