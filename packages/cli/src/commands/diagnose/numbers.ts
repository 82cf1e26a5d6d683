// SPDX-License-Identifier: Apache-2.0
// Numbers for people.

/** Digits in groups of three: `1,384,448`. */
export function grouped(value: number): string {
  return value.toLocaleString("en-US");
}
