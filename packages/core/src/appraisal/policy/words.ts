// SPDX-License-Identifier: Apache-2.0
// Words that the sentences of `policy explain` are made of.

import type { Answer, Labelled, OneOf } from "./types.ts";

/** `a, b and c`. */
export function listed(words: readonly (string | number)[], last: "and" | "or"): string {
  const [end, ...others] = words.toReversed();
  if (end === undefined) return "";
  return others.length === 0
    ? String(end)
    : `${others.toReversed().join(", ")} ${last} ${String(end)}`;
}

/** `version 3, 4 or 5`. */
export function chosen(noun: string, numbers: readonly number[]): string {
  return `${noun} ${listed(numbers, "or")}`;
}

/** `1 chip`, `2 chips`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : noun.endsWith("s") ? "es" : "s"}`;
}

/**
 * What a field says about something that is refused, warned of, or allowed. Only a refusal is a demand.
 * @param allowed The sentence when it is allowed.
 */
export function answers(what: string, allowed: string) {
  return {
    demands: (answer: Answer) => (answer === "refuse" ? `${what} are refused.` : undefined),
    open: (answer: Answer) =>
      answer === "warn" ? `${what} are let through with a warning.` : allowed,
  };
}

/** The sentence for a byte string that must be one of some; labels are named. */
export function pinned(what: string, values: OneOf<Labelled>): string | undefined {
  if (values === "any") return undefined;
  const names = values.map(({ value, label }) => label ?? `${value.slice(0, 12)}...`);
  return `${what} is ${listed(names.slice(0, 8), "or")}${values.length > 8 ? " (and more)" : ""}.`;
}
