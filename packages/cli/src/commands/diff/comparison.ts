// SPDX-License-Identifier: Apache-2.0
// What comparing two artefacts gives, and how values of A and B are laid out beside one another.

import { WIDTH, paint } from "../../output/style.ts";
import { table } from "../../output/table.ts";

/** Two artefacts compared, ready to be printed. */
export interface Comparison {
  readonly equal: boolean;
  /** How much differs, in a few words: `2 of 162 fields`. */
  readonly extent: string;
  /** What each side is, in a few words. */
  readonly summaries: readonly [a: string, b: string];
  readonly blocks: readonly string[];
  /** What `--json` says besides the files and whether they are equal. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** How much is printed. */
export interface ComparisonOptions {
  /** Also what is equal. */
  readonly verbose: boolean;
  readonly colour: boolean;
}

/** One property of both sides. */
export interface Row {
  readonly name: string;
  /** Which bytes differ, where that is known: `018-01b`. */
  readonly bytes?: string;
  readonly a: string;
  readonly b: string;
}

/**
 * Rows of values: a table where they fit 80 columns, long values below one another after it. Ends
 * without newline; empty for no rows.
 * @param what Title of the column of names.
 */
export function rowsBlock(
  rows: readonly Row[],
  what: string,
  { verbose, colour }: ComparisonOptions,
): string {
  const hasBytes = rows.some(({ bytes }) => bytes !== undefined);
  const cells = ({ name, bytes, a, b }: Row): string[] => [
    ...(verbose ? [a === b ? "=" : "x"] : []),
    ...(hasBytes ? [bytes ?? ""] : []),
    name,
    a,
    b,
  ];
  const titles = [...(verbose ? [""] : []), ...(hasBytes ? ["bytes"] : []), what, "A", "B"];
  const columns = titles.map((title) => ({ title }));
  const valueWidth = ({ a, b }: Row): number => Math.max(a.length, b.length);
  // The widest leave the table until the rest fits.
  const byWidth = rows.toSorted((x, y) => valueWidth(y) - valueWidth(x));
  const long = new Set<Row>();
  let text = "";
  for (let n = 0; n <= byWidth.length; n++) {
    const short = rows.filter((row) => !long.has(row));
    text = short.length === 0 ? "" : table(columns, short.map(cells));
    if (text.split("\n").every((line) => line.length <= WIDTH)) break;
    long.add(byWidth[n]!);
  }
  const stacks = rows.filter((row) => long.has(row)).map((row) => stacked(row, colour));
  return [...(text === "" ? [] : [text]), ...stacks].join("\n");
}

/** A property whose values are too long to stand side by side; differing characters are marked. */
function stacked({ name, bytes, a, b }: Row, colour: boolean): string {
  const title = bytes === undefined || bytes === "" ? name : `${name}, bytes ${bytes}`;
  if (a === b) return `  ${title}\n    =  ${a}`;
  const mark = (text: string, other: string): string =>
    Array.from(text, (character, i) =>
      character === other[i] ? character : paint("red", character, colour),
    ).join("");
  return `  ${title}\n    A  ${mark(a, b)}\n    B  ${mark(b, a)}`;
}
