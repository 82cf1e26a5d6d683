// SPDX-License-Identifier: Apache-2.0
// One dimension of the search: the values a parameter may have had on the host, and how far each is
// from what was expected.

/** The parameters a search varies. Names are permanent; `--fix` takes them. */
export const DIMENSIONS = [
  "mode",
  "firmware",
  "vcpus",
  "vcpu-type",
  "guest-features",
  "vmsa-profile",
  "vmsa-gpa",
  "kernel-hashes",
  "kernel",
  "initrd",
  "command-line",
] as const;

/** Guest modes. */
export type LaunchMode = "sev" | "seves" | "snp";

/** Name of a parameter. */
export type Dimension = (typeof DIMENSIONS)[number];

/** A value with its distance from the expectation. */
export interface Choice<T> {
  readonly value: T;
  /**
   * 0 for the expected value, 1 for one that differs and is seen in the field, more for rare ones.
   * Where nothing was expected, everything likely costs 0.
   */
  readonly cost: number;
  /** The value in words. */
  readonly label: string;
  /** Other names of the same value: the digest cannot tell them apart. */
  readonly aliases: readonly string[];
}

/** All values of one parameter, nearest first. */
export interface Axis<T> {
  readonly dimension: Dimension;
  readonly choices: readonly Choice<T>[];
  /** The value that was expected; undefined when the expectation leaves it open. */
  readonly expected: Choice<T> | undefined;
}

/** A value offered to an axis; several offers may mean the same value. */
export interface Offer<T> {
  readonly value: T;
  readonly label: string;
  /** Distance from an expectation that is another value: 1 or more. */
  readonly cost: number;
}

/** What an axis is made of. */
export interface AxisParts<T> {
  readonly dimension: Dimension;
  /** Absent when the expectation leaves the parameter open. */
  readonly expected?: { readonly value: T; readonly label: string } | undefined;
  readonly offers: Iterable<Offer<T>>;
  /** Equal for equal values. */
  readonly key: (value: T) => string;
  /** Keep to the expected value. Without one, nothing can be kept to and all offers count. */
  readonly fixed: boolean;
}

/** Builds an axis: offers of equal value become one choice, the expected one costs nothing. */
export function axis<T>(parts: AxisParts<T>): Axis<T> {
  const { dimension, expected, offers, key, fixed } = parts;
  const found = new Map<string, { value: T; cost: number; label: string; aliases: Set<string> }>();
  const add = ({ value, label, cost }: Offer<T>): void => {
    const id = key(value);
    const known = found.get(id);
    if (known === undefined) {
      found.set(id, { value, label, cost, aliases: new Set() });
      return;
    }
    known.cost = Math.min(known.cost, cost);
    if (label !== known.label) known.aliases.add(label);
  };
  if (expected !== undefined) add({ ...expected, cost: 0 });
  for (const offer of offers) {
    add(expected === undefined ? { ...offer, cost: Math.max(0, offer.cost - 1) } : offer);
  }
  const expectedKey = expected === undefined ? undefined : key(expected.value);
  const kept = [...found].filter(([id]) => !fixed || expected === undefined || id === expectedKey);
  const choices = kept.map(([, choice]) => ({ ...choice, aliases: [...choice.aliases] }));
  return {
    dimension,
    choices: choices.toSorted((a, b) => a.cost - b.cost),
    expected: expected === undefined ? undefined : choices[0],
  };
}

/** How many values there are at each distance: `[1, 5]` is one expected and five others. */
export type Histogram = readonly number[];

/** Distances of a list of choices. */
export function histogram(choices: readonly { readonly cost: number }[]): Histogram {
  const most = choices.reduce((max, { cost }) => Math.max(max, cost), -1);
  const counts = Array.from({ length: most + 1 }, () => 0);
  for (const { cost } of choices) counts[cost]! += 1;
  return counts;
}

/** Distances of all combinations: they add up. */
export function combine(...parts: readonly Histogram[]): Histogram {
  return parts.reduce<number[]>(
    (sum, part) => {
      if (sum.length === 0 || part.length === 0) return [];
      const product = Array.from({ length: sum.length + part.length - 1 }, () => 0);
      for (const [i, a] of sum.entries())
        for (const [j, b] of part.entries()) product[i + j]! += a * b;
      return product;
    },
    [1],
  );
}

/** Distances of two alternatives. */
export function either(a: Histogram, b: Histogram): Histogram {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => (a[i] ?? 0) + (b[i] ?? 0));
}
