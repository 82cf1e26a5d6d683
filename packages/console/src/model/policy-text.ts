// SPDX-License-Identifier: Apache-2.0
// A policy as text to read.

import type { Policy } from "@greenlight/core/policy";

/** The policy as JSON with short lists and objects on one line. */
export function policyToText(policy: Policy): string {
  return textOf(policy, "");
}

/** Widest line that a list or object is drawn on. */
const WIDEST = 76;

function textOf(value: unknown, indent: string): string {
  const flat = JSON.stringify(value);
  if (typeof value !== "object" || value === null) return flat;
  const spaced = flat.replaceAll(
    /("(?:[^"\\]|\\.)*")|([:,])/g,
    (_, text, mark) => text ?? `${mark} `,
  );
  if (indent !== "" && spaced.length + indent.length <= WIDEST) return spaced;
  const inner = `${indent}  `;
  const lines = Array.isArray(value)
    ? value.map((each) => inner + textOf(each, inner))
    : Object.entries(value).map(
        ([key, each]) => `${inner}${JSON.stringify(key)}: ${textOf(each, inner)}`,
      );
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  return `${open}\n${lines.join(",\n")}\n${indent}${close}`;
}
