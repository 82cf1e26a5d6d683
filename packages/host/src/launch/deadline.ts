// SPDX-License-Identifier: Apache-2.0
// Waiting for an untrusted host: never longer than a deadline, never after the guest is gone, and never
// after the owner has had enough.

import { GuestLaunchError } from "./error.ts";
import type { GuestEnd } from "./hypervisor.ts";

/** What is waited under. */
export interface Patience {
  /** What is waited for, for the error: `the launch measurement`. */
  readonly what: string;
  readonly milliseconds: number;
  readonly signal?: AbortSignal | undefined;
  /** Of the guest, once there is one. */
  readonly ended?: Promise<GuestEnd> | undefined;
}

/**
 * What the work gives, if it does so in time.
 * @throws {GuestLaunchError} `deadline`, `interrupted`, `guest-ended`; and whatever the work throws.
 */
export async function inTime<T>(work: Promise<T>, patience: Patience): Promise<T> {
  const { what, milliseconds, signal, ended } = patience;
  // When something else comes first, nobody waits for the work any more.
  work.catch(() => undefined);
  const stop = Promise.withResolvers<never>();
  const give = (code: "deadline" | "interrupted", message: string): void =>
    stop.reject(new GuestLaunchError(code, message));
  const timer = setTimeout(
    () => give("deadline", `${what} did not come within ${milliseconds / 1000} s`),
    milliseconds,
  );
  const abort = (): void => give("interrupted", `stopped while waiting for ${what}`);
  signal?.addEventListener("abort", abort);
  if (signal?.aborted === true) abort();
  const races: Promise<T>[] = [work, stop.promise];
  let isOver = false;
  if (ended !== undefined) races.push(gone(ended, what, () => isOver));
  try {
    return await Promise.race(races);
  } finally {
    isOver = true;
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

/** An answer that is on its way when the guest ends may still arrive; this long is waited for it. */
const LAST_WORDS_MS = 50;

async function gone(ended: Promise<GuestEnd>, what: string, isOver: () => boolean): Promise<never> {
  const end = await ended;
  // Where nobody waits any more, a timer would only keep the process from ending.
  if (!isOver()) await new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS));
  throw guestEnded(end, `before ${what} came`);
}

/** The error for a guest that is gone. */
export function guestEnded({ reason, stderr }: GuestEnd, when: string): GuestLaunchError {
  const said = stderr === undefined || stderr.trim() === "" ? "" : `: ${printable(stderr)}`;
  return new GuestLaunchError("guest-ended", `the guest ended ${when} (${reason})${said}`);
}

/** Last words of a hypervisor, which must not steer a terminal. */
function printable(text: string): string {
  return text
    .trim()
    .replaceAll(/[^ -~\n]/g, "?")
    .replaceAll("\n", " / ")
    .slice(-500);
}
