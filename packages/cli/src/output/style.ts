// SPDX-License-Identifier: Apache-2.0
// Colour where the terminal wants it, and text broken into lines of 80 columns. Colour is never the
// only carrier of a meaning.

import { styleText } from "node:util";

/** Columns that every output of ours keeps to, digests and base64 aside. */
export const WIDTH = 80;

/** Styles in use. */
export type Style = "red" | "green" | "yellow" | "dim" | "bold";

/** The text in a style, or as it is when colour is off. */
export function paint(style: Style, text: string, colour: boolean): string {
  // The stream was looked at when Io was made.
  return colour ? styleText(style, text, { validateStream: false }) : text;
}

/**
 * Words in lines of at most 80 columns. The first line starts after `first`, the others are
 * indented by as many blanks; a word longer than a line stays whole.
 */
export function hang(first: string, text: string): string {
  const indent = " ".repeat(first.length);
  const lines: string[] = [];
  let line = first;
  for (const word of text.split(" ")) {
    if (line.length > first.length && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent + word;
    } else {
      line += line.length > first.length ? ` ${word}` : word;
    }
  }
  return [...lines, line].join("\n");
}
