// SPDX-License-Identifier: Apache-2.0
// Numbers and lists of numbers as people and the peers' tools write them.

import { UsageError } from "../command/usage-error.ts";

/**
 * An unsigned integer: decimal, 0x, 0o or 0b, underscores between digits allowed (as Python's
 * int(text, 0) reads it).
 * @param option Name for the error, with dashes.
 * @throws {UsageError} `bad-value` for anything else or a value above `max`.
 */
export function parseUnsigned(text: string, option: string, max: bigint): bigint {
  const digits = text.trim().replaceAll(/(?<=[0-9a-z])_(?=[0-9a-z])/gi, "");
  const valid = /^(0x[0-9a-f]+|0o[0-7]+|0b[01]+|[0-9]+)$/i.test(digits);
  if (!valid || digits.length > 80) {
    throw badValue(option, text, "give a number: decimal, or hexadecimal with 0x");
  }
  const value = BigInt(digits.replace(/^0+(?=[0-9])/, ""));
  if (value > max) throw badValue(option, text, `the largest value is ${show(max)}`);
  return value;
}

/** As {@link parseUnsigned}, for values that fit a number. */
export function parseNumber(text: string, option: string, max: number): number {
  return Number(parseUnsigned(text, option, BigInt(max)));
}

/**
 * Counts such as `4`, `1-64` or `1,2,4-8`, ascending and without repeats.
 * @throws {UsageError} `bad-value` for an empty or descending range or a value out of range.
 */
export function parseRanges(text: string, option: string, min: number, max: number): number[] {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const [low = "", high, ...more] = part.split(/(?<=[0-9])\s*-\s*/);
    if (more.length > 0) throw badValue(option, text, "write ranges as LOW-HIGH");
    const first = parseNumber(low, option, max);
    const last = high === undefined ? first : parseNumber(high, option, max);
    if (first < min || last < first) {
      throw badValue(option, text, `give numbers from ${min} to ${max}, ranges as LOW-HIGH`);
    }
    for (let value = first; value <= last; value++) values.add(value);
  }
  return [...values].toSorted((a, b) => a - b);
}

/** Elements of a comma-separated list, none empty.
 * @throws {UsageError} `bad-value`.
 */
export function parseList(text: string, option: string): string[] {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.includes("")) throw badValue(option, text, "separate values with single commas");
  return parts;
}

function badValue(option: string, text: string, hint: string): UsageError {
  return new UsageError("bad-value", `${option} is ${JSON.stringify(text.slice(0, 60))}`, hint);
}

function show(value: bigint): string {
  return value > 9999n ? `0x${value.toString(16)}` : String(value);
}
