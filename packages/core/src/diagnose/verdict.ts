// SPDX-License-Identifier: Apache-2.0
// The answer as a sentence: what the host used, and what was expected instead.

import type { Dimension } from "./axis.ts";
import type { ParameterRow } from "./parameters.ts";

/** How a parameter is spoken of by its value: in full, and where the noun has just been said. */
interface Wording {
  readonly full: (value: string) => string;
  readonly short: (value: string) => string;
}

const named = (noun: string): Wording => ({
  full: (value) => `${noun} ${value}`,
  short: (value) => value,
});

/** Longer values are cut in sentences; the table beside them is not. */
const MAX_VALUE = 60;

const WORDINGS: Readonly<Record<Dimension, Wording>> = {
  mode: named("mode"),
  firmware: named("firmware"),
  vcpus: { full: plural, short: (value) => value },
  "vcpu-type": named("vCPU type"),
  "guest-features": named("guest features"),
  "vmsa-profile": named("VMSA profile"),
  "vmsa-gpa": named("VMSA address"),
  "kernel-hashes": {
    full: (value) => (value === "on" ? "kernel hashes" : "no kernel hashes"),
    short: (value) => (value === "on" ? "them" : "none"),
  },
  kernel: named("kernel"),
  initrd: { full: (value) => (isNone(value) ? value : `initrd ${value}`), short: (value) => value },
  "command-line": {
    full: (value) => `${value.startsWith('"') ? "command line" : "the command line"} ${value}`,
    short: (value) => value,
  },
};

/** The answer for a launch that was found. */
export function verdictSentence(rows: readonly ParameterRow[]): string {
  const different = rows.filter(({ differs }) => differs);
  const open = rows.filter(({ expected, measured }) => expected === undefined && measured);
  const found = list(phrases(open, "used", false));
  if (different.length === 0) {
    if (open.length === 0) return "As expected: the digest is that of the launch you described.";
    return `Explained: the host used ${found}; all else is as you expected.`;
  }
  const used = phrases(different, "used", false);
  const expected = phrases(different, "expected", used.length === 1);
  const more = open.length === 0 ? "" : ` It used ${found}, which you left open.`;
  return `Explained: the host used ${list(used)}; you expected ${list(expected)}.${more}`;
}

function phrases(
  rows: readonly ParameterRow[],
  side: "used" | "expected",
  short: boolean,
): readonly string[] {
  const type = rows.find(({ dimension }) => dimension === "vcpu-type");
  const vcpus = rows.find(({ dimension }) => dimension === "vcpus");
  return rows.flatMap((row) => {
    // Count and type are one phrase: "8 vCPUs of EPYC-Genoa".
    if (row === type && vcpus !== undefined) return [];
    const { full, short: brief } = WORDINGS[row.dimension];
    const phrase = (short ? brief : full)(cut(row[side] ?? ""));
    return row === vcpus && type !== undefined ? [`${phrase} of ${type[side] ?? ""}`] : [phrase];
  });
}

function plural(count: string): string {
  return count === "1" ? "1 vCPU" : `${count} vCPUs`;
}

function isNone(value: string): boolean {
  return value.startsWith("no ");
}

function cut(value: string): string {
  return value.length <= MAX_VALUE || !value.startsWith('"')
    ? value
    : `${value.slice(0, MAX_VALUE)}..."`;
}

/** Words in a row: `a, b and c`. */
function list(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}
