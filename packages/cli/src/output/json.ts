// SPDX-License-Identifier: Apache-2.0
// Results as JSON: bigints and bytes become hexadecimal text, which JSON can carry exactly.

import { hexEncode } from "@greenlight/core/bytes";

/** JSON text of a value, indented, with a newline at its end. Bigints as `0x..`, bytes as digits. */
export function toJson(value: unknown): string {
  return `${JSON.stringify(plain(value), null, 2)}\n`;
}

/** The same on one line, with a newline at its end. */
export function toJsonLine(value: unknown): string {
  return `${JSON.stringify(plain(value))}\n`;
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return `0x${value.toString(16)}`;
  if (value instanceof Uint8Array) return hexEncode(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
}
