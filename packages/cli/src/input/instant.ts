// SPDX-License-Identifier: Apache-2.0
// A point in time as people type it, always in UTC unless they say another zone.

import { UsageError } from "../command/usage-error.ts";

const FORMS = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/**
 * Milliseconds since 1970 of `2026-08-01`, `2026-08-01T12:00:00Z`, `@1785585600` (seconds) or `now`.
 * @throws {UsageError} `bad-value`.
 */
export function parseInstant(text: string, option: string): number {
  if (text === "now") return Date.now();
  if (/^@\d{1,11}$/.test(text)) return Number(text.slice(1)) * 1000;
  const zoned = /^[^T]*$|Z$|[+-]\d{2}:\d{2}$/.test(text) ? text : `${text}Z`;
  const time = FORMS.test(text) ? Date.parse(zoned) : Number.NaN;
  // Date.parse() takes the 31st of a month of 30 days for the first of the next.
  const isRealDay = !Number.isNaN(time) && isCalendarDay(text.slice(0, 10));
  if (isRealDay) return time;
  throw new UsageError(
    "bad-value",
    `${option}: ${JSON.stringify(text.slice(0, 40))} is not a point in time`,
    "write 2026-08-01, 2026-08-01T12:00:00Z, @SECONDS since 1970, or now",
  );
}

function isCalendarDay(day: string): boolean {
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}

/** `2026-08-01T12:00:00Z`, without fractions of a second. */
export function formatInstant(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, "Z");
}
