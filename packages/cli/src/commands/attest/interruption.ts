// SPDX-License-Identifier: Apache-2.0
// Ctrl-C while the kernel makes a report: the entry in its folder is removed before the process ends.

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Work that can be interrupted. When one of the signals comes the work's own signal is aborted; once it
 * has ended, the process ends as the signal would have made it end. A second signal ends it at once.
 */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
  onSignal: () => void,
): Promise<T> {
  const controller = new AbortController();
  let received: NodeJS.Signals | undefined;
  const stop = () => {
    for (const name of SIGNALS) process.off(name, abort);
  };
  const abort = (name: NodeJS.Signals) => {
    received = name;
    stop();
    onSignal();
    controller.abort(name);
  };
  for (const name of SIGNALS) process.on(name, abort);
  try {
    return await work(controller.signal);
  } finally {
    stop();
    if (received !== undefined) process.kill(process.pid, received);
  }
}
