// SPDX-License-Identifier: Apache-2.0
// When to ask again: exponential backoff with full jitter, never before the server allows it.

/** Time and chance as the client sees them; tests give their own. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  /** At least 0, less than 1. */
  random(): number;
}

/** The process's own. */
export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) =>
    new Promise((resolve) => {
      setTimeout(resolve, milliseconds);
    }),
  random: () => Math.random(),
};

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** Milliseconds to wait after the attempt of this number, counted from 1. */
export function backoff(attempt: number, random: number): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 16));
  // Never next to nothing: several that were refused together shall not come back together at once.
  return Math.round(ceiling * (0.25 + 0.75 * random));
}

/**
 * Milliseconds that a Retry-After field asks to wait: seconds or a date (RFC 9110 section 10.2.3);
 * undefined for anything else. A date that has passed is 0.
 */
export function retryAfterMs(field: string | undefined, now: number): number | undefined {
  const text = field?.trim();
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // Only the form of today, always in GMT; Date.parse() alone takes almost anything.
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) {
    return undefined;
  }
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : Math.max(0, time - now);
}
