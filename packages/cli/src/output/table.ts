// SPDX-License-Identifier: Apache-2.0
// Aligned columns and lists of label and value, plain text.

import { WIDTH, hang } from "./style.ts";

/** Blanks between two columns, and before the first. */
const GAP = "  ";

/** A column: its title, and on which side its cells are aligned (left unless said). */
export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** A table with a line of titles; every row has a cell for each column. Ends without newline. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const all = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, i) => Math.max(...all.map((row) => row[i]!.length)));
  const lines = all.map((row) =>
    columns
      .map(({ align }, i) =>
        align === "right" ? row[i]!.padStart(widths[i]!) : row[i]!.padEnd(widths[i]!),
      )
      .join(GAP),
  );
  return lines.map((line) => `${GAP}${line}`.trimEnd()).join("\n");
}

/** A label and its value, or several values below one another. */
export type Pair = readonly [label: string, value: string, ...more: string[]];

/**
 * Labels and values in two columns. Sentences are wrapped; a single word that does not fit beside
 * its label, such as a SHA-384 digest, gets a line of its own so that it can be copied whole.
 */
export function pairs(rows: readonly Pair[], width?: number): string {
  const column = width ?? Math.max(...rows.map(([label]) => label.length)) + GAP.length;
  const lines = rows.flatMap(([label, ...values]) =>
    values.map((value, i) => {
      const head = `${GAP}${(i === 0 ? label : "").padEnd(column)}`;
      if (head.length + value.length <= WIDTH) return head + value;
      if (value.includes(" ")) return hang(head, value);
      return i === 0 ? `${head.trimEnd()}\n${GAP}${GAP}${value}` : `${GAP}${GAP}${value}`;
    }),
  );
  return lines.map((line) => line.trimEnd()).join("\n");
}
