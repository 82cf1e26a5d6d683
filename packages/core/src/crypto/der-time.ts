// SPDX-License-Identifier: Apache-2.0
// The two time types of certificates as RFC 5280 section 4.1.2.5 narrows them down: whole seconds in
// UTC. That dates before 2050 must be written as UTCTime is not insisted on: test hierarchies of Go
// programs do not, and the instant is clear.

const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365] as const;

/**
 * The instant of a UTCTime (`YYMMDDHHMMSSZ`, 1950 to 2049), in milliseconds since 1970; undefined
 * when the bytes are not one.
 */
export function utcTime(content: Uint8Array): number | undefined {
  if (content.length !== 13) return undefined;
  const year = twoDigits(content, 0);
  return instant(content, 2, year < 50 ? 2000 + year : 1900 + year);
}

/**
 * The instant of a GeneralizedTime (`YYYYMMDDHHMMSSZ`), in milliseconds since 1970; undefined when
 * the bytes are not one.
 */
export function generalizedTime(content: Uint8Array): number | undefined {
  if (content.length !== 15) return undefined;
  const year = twoDigits(content, 0) * 100 + twoDigits(content, 2);
  return instant(content, 4, year);
}

/** Month, day, hour, minute, second and `Z` from `offset` on. A part with no digits is NaN. */
function instant(content: Uint8Array, offset: number, year: number): number | undefined {
  const month = twoDigits(content, offset);
  const day = twoDigits(content, offset + 2);
  const hour = twoDigits(content, offset + 4);
  const minute = twoDigits(content, offset + 6);
  const second = twoDigits(content, offset + 8);
  if (content[offset + 10] !== 0x5a) return undefined;
  // Written so that NaN fails each of them.
  if (!(year >= 1 && month >= 1 && month <= 12 && hour <= 23 && minute <= 59 && second <= 59)) {
    return undefined;
  }
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const before = DAYS_BEFORE_MONTH[month - 1]!;
  const length = DAYS_BEFORE_MONTH[month]! - before + (isLeap && month === 2 ? 1 : 0);
  if (!(day >= 1 && day <= length)) return undefined;
  const past = year - 1;
  const leapDays = Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400);
  // 719162 days lie between the first day of year 1 and 1970.
  const days = past * 365 + leapDays - 719_162 + before + (isLeap && month > 2 ? 1 : 0) + day - 1;
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000;
}

function twoDigits(content: Uint8Array, offset: number): number {
  const tens = content[offset]! - 0x30;
  const ones = content[offset + 1]! - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}
