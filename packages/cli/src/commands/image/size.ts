// SPDX-License-Identifier: Apache-2.0
// Sizes as people write them: `512M`, `2G`.

import { UsageError } from "../../command/usage-error.ts";

const MIB = 1024 * 1024;
const UNITS: Readonly<Record<string, number>> = { M: MIB, G: 1024 * MIB, T: 1024 * 1024 * MIB };

/**
 * Bytes of a size in MiB, GiB or TiB; 0 needs no unit.
 * @param option Name for the error, with dashes.
 * @throws {UsageError} `bad-value`.
 */
export function parseSize(text: string, option: string): number {
  const [, digits, letter] = /^([0-9]{1,9})([MGT])(?:i?B)?$/i.exec(text.trim()) ?? [];
  const unit = UNITS[letter?.toUpperCase() ?? ""];
  if (digits !== undefined && unit !== undefined) return Number(digits) * unit;
  if (/^0+$/.test(text.trim())) return 0;
  throw new UsageError(
    "bad-value",
    `${option} is ${JSON.stringify(text.slice(0, 60))}`,
    "give a size in MiB, GiB or TiB, such as 512M, 8G or 1T",
  );
}

/** A size as people read it. */
export function showSize(bytes: number): string {
  if (bytes % MIB !== 0) return bytes < MIB ? `${bytes} bytes` : `${(bytes / MIB).toFixed(1)} MiB`;
  if (bytes === 0) return "0 bytes";
  const gib = bytes / UNITS["G"]!;
  return Number.isInteger(gib) ? `${gib} GiB` : `${bytes / MIB} MiB`;
}
