// SPDX-License-Identifier: Apache-2.0
// One line of the table: what was measured, against what, and whether the goal is met.

/** A measured figure. */
export interface Row {
  /** Letter of the group it belongs to. */
  readonly group: string;
  readonly what: string;
  /** The figure, with its unit. */
  readonly measured: string;
  /** What it is compared with, with its unit. */
  readonly reference?: string;
  /** Measured divided by reference. */
  readonly ratio?: number;
  /** The goal in words; absent for figures that are for information. */
  readonly goal?: string;
  /** Whether the goal is met; absent without a goal. */
  readonly met?: boolean;
}

/** The rows as a table of text. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map(({ group, what, measured, reference = "", ratio, goal = "", met }) => [
    group,
    what,
    measured,
    reference,
    ratio === undefined ? "" : ratio.toFixed(2),
    goal,
    met === undefined ? "" : met ? "yes" : "NO",
  ]);
  const head = ["", "what", "measured", "reference", "ratio", "goal", "met"];
  const widths = head.map((title, i) =>
    Math.max(title.length, ...cells.map((row) => row[i]!.length)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join("  ")
      .trimEnd();
  return [line(head), ...cells.map(line)].join("\n");
}

/** Milliseconds as text. */
export const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} ms`;

/** Bytes as text, in MB of a million. */
export const mb = (value: number): string => `${(value / 1e6).toFixed(0)} MB`;
