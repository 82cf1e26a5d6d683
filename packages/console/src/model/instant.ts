// SPDX-License-Identifier: Apache-2.0
// Instants as people read and type them, always in UTC.

/** `2026-11-21 14:16:00 UTC` of milliseconds since 1970; `no date` outside the calendar. */
export function formatInstant(at: number): string {
  const text = isoOf(at);
  return text === undefined ? "no date" : `${text.replace("T", " ").slice(0, 19)} UTC`;
}

/** `2026-11-21` of milliseconds since 1970. */
export function formatDay(at: number): string {
  return formatInstant(at).slice(0, 10);
}

/** The value of a date and time field: `2026-11-21T14:16:00`. */
export function fieldOf(at: number): string {
  return isoOf(at)?.slice(0, 19) ?? "";
}

/** Milliseconds since 1970 of a date and time field read as UTC; undefined when it is none. */
export function instantOf(field: string): number | undefined {
  const parts = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(:\d{2})?(\.\d{1,3})?$/.exec(field);
  if (parts === null) return undefined;
  const at = Date.parse(`${parts[1]}T${parts[2]}${parts[3] ?? ":00"}Z`);
  return Number.isNaN(at) ? undefined : at;
}

function isoOf(at: number): string | undefined {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
