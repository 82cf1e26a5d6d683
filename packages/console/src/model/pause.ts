// SPDX-License-Identifier: Apache-2.0
// Long work in small pieces: the page stays usable, shows how far the work is, and can stop it.

/** Told how much of the work is done, from 0 to 1. */
export type Progress = (done: number) => void;

/** How long work goes on before the page gets its turn, in milliseconds. */
const SLICE = 25;

/** Work that takes turns with the page. */
export class Turns {
  readonly #signal: AbortSignal;
  #since = performance.now();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /**
   * Called between pieces of work: lets the page have its turn when the slice is used up.
   * @throws {DOMException} AbortError when the work was stopped.
   */
  async pause(): Promise<void> {
    if (performance.now() - this.#since >= SLICE) {
      await nextTurn();
      this.#since = performance.now();
    }
    this.#signal.throwIfAborted();
  }
}

/** Whether an error only says that work was stopped. */
export function isStopped(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

async function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    // A timer, and not a promise alone: input and painting come first.
    setTimeout(resolve, 0);
  });
}
