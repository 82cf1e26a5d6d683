// SPDX-License-Identifier: Apache-2.0
// Commands that serve until they are told to stop.

import { parseSeconds } from "../../kds/options.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Checks --stop-after.
 * @returns milliseconds. @throws {UsageError} `bad-value`.
 */
export function stopAfter(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseSeconds(text, "--stop-after");
}

/** Waits until the time is over, or Ctrl-C or another of the signals that end programs. */
export async function untilStopped(milliseconds: number | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      clearTimeout(timer);
      for (const name of SIGNALS) process.off(name, stop);
      resolve();
    };
    for (const name of SIGNALS) process.on(name, stop);
    if (milliseconds !== undefined) timer = setTimeout(stop, milliseconds);
  });
}
