// SPDX-License-Identifier: Apache-2.0
// Instants as people read them.

const DAY = 86_400_000;

/** An instant in milliseconds since 1970 as `2026-11-20T08:30:00Z`, cut off to the second. */
export function formatInstant(at: number): string {
  if (!Number.isFinite(at)) return String(at);
  const days = Math.floor(at / DAY);
  const seconds = Math.floor((at - days * DAY) / 1000);
  // Years are counted from March, so that a leap day is the last day of its year; 719468 days lie
  // between 0000-03-01 and 1970, and 146097 days in 400 years.
  const sinceMarch0 = days + 719_468;
  const era = Math.floor(sinceMarch0 / 146_097);
  const dayOfEra = sinceMarch0 - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0);
  const time = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(two).join(":");
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}T${time}Z`;
}

function two(value: number): string {
  return String(Math.floor(value)).padStart(2, "0");
}
