// SPDX-License-Identifier: Apache-2.0
// Long work: what it is, how far it is, and how to stop it.

import type { JSX } from "preact";

/** A progress bar with a button that stops the work. */
export function Busy({
  what,
  done,
  stop,
}: {
  readonly what: string;
  /** From 0 to 1. */
  readonly done: number;
  readonly stop: () => void;
}): JSX.Element {
  return (
    <p class="busy line">
      <progress value={done} max={1} aria-label={what} /> {what}, {Math.round(done * 100)} percent{" "}
      <button type="button" class="small" aria-label={`Stop ${what}`} onClick={stop}>
        Stop
      </button>
    </p>
  );
}
