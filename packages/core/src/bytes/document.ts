// SPDX-License-Identifier: Apache-2.0
// Documentation of a layout as Markdown, from the declaration itself, so that it cannot drift.

import type { Struct } from "./struct.ts";

/**
 * The layout with what its fields mean, by name. A name that is no field is a bug of ours and throws a
 * plain Error on load.
 */
export function documented<T>(
  layout: Struct<T>,
  docs: Readonly<Record<string, string>>,
): Struct<T> {
  const other = Object.keys(docs).find((key) => layout.parts.every(({ name }) => name !== key));
  if (other !== undefined) throw new Error(`${layout.name} has no field ${other} to document`);
  const parts = layout.parts.map((part) => ({ ...part, doc: docs[part.name] ?? part.doc }));
  return { ...layout, parts };
}

/** A Markdown section for one structure: citation, field table, and tables of named values. */
export function documentLayout<T>(layout: Struct<T>): string {
  const head = [
    `## ${layout.name}`,
    "",
    `${layout.size} bytes, ${layout.endian}-endian. Source: ${layout.source}.`,
    "",
    "| offset | size | field | type | meaning |",
    "|---|---|---|---|---|",
  ];
  const rows = layout.parts.map((part) => {
    const { size, type } = part.codec;
    return `| 0x${part.offset.toString(16).padStart(3, "0")} | ${size} | ${part.name} | ${escape(type)} | ${escape(part.doc)} |`;
  });
  const named = layout.parts.flatMap((part) => {
    const names = part.codec.names ?? [];
    if (names.length === 0) return [];
    const list = names.map(([value, name]) => `\`${value}\` ${name}`).join(", ");
    return ["", `\`${part.name}\`: ${list}.`];
  });
  return [...head, ...rows, ...named, ""].join("\n");
}

function escape(text: string): string {
  return text.replaceAll("|", "\\|");
}
