// SPDX-License-Identifier: Apache-2.0
// What a launch takes on its two sides: the secure processor in software, and the guest's owner.

/** Milliseconds. */
export interface SideTimes {
  readonly psp: number;
  readonly owner: number;
}

/** A side. */
export type Side = keyof SideTimes;

/** Adds up what each side takes. */
export class SideClock implements SideTimes {
  psp = 0;
  owner = 0;

  /** Does some work of one side. */
  time<T>(side: Side, work: () => T): T {
    const start = performance.now();
    const result = work();
    this[side] += performance.now() - start;
    return result;
  }

  /** The same for work that is waited for, with nothing else going on meanwhile. */
  async timeAsync<T>(side: Side, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const result = await work();
    this[side] += performance.now() - start;
    return result;
  }
}

/** A launch as it is carried out, and the cryptography that is inside it. */
export interface BenchLaunch {
  /** All of it. @throws Error when anything comes out otherwise than it must. */
  launch(): Promise<SideTimes>;
  /** Nothing but the cryptography, by node:crypto with keys that are ready. */
  bare(): SideTimes;
}

/** Output of a command that must not be refused. */
export function done<T extends { readonly status: string }>(
  result: T,
): Extract<T, { readonly status: "SUCCESS" }> {
  if (isDone(result)) return result;
  throw new Error(`a command was refused: ${result.status}`);
}

function isDone<T extends { readonly status: string }>(
  result: T,
): result is Extract<T, { readonly status: "SUCCESS" }> {
  return result.status === "SUCCESS";
}
