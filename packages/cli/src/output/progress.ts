// SPDX-License-Identifier: Apache-2.0
// Progress of long work: one line that is redrawn on a terminal; elsewhere, where that is wanted, a new
// line every few seconds.

import type { Io } from "./io.ts";

/** Milliseconds between two updates on a terminal, and between two lines elsewhere. */
const LIVE_INTERVAL = 150;
const LINE_INTERVAL = 5000;

/** Shows how far something is. */
export class Progress {
  readonly #io: Io;
  readonly #elsewhere: boolean;
  #next: number;
  #drawn = 0;

  /** @param elsewhere Whether lines are written also where nobody watches. */
  constructor(io: Io, { elsewhere }: { readonly elsewhere: boolean }) {
    this.#io = io;
    this.#elsewhere = elsewhere;
    this.#next = this.#after(performance.now());
  }

  /** Shows the line when it is time to. */
  show(line: () => string): void {
    const now = performance.now();
    if (now < this.#next || !(this.#io.liveProgress || this.#elsewhere)) return;
    this.#next = this.#after(now);
    const text = line();
    if (this.#io.liveProgress) {
      this.#io.err(`\r${text.padEnd(this.#drawn)}`);
      this.#drawn = text.length;
    } else {
      this.#io.err(`${text}\n`);
    }
  }

  /** Leaves no half-drawn line behind. */
  clear(): void {
    if (this.#drawn > 0) this.#io.err(`\r${" ".repeat(this.#drawn)}\r`);
    this.#drawn = 0;
  }

  #after(now: number): number {
    return now + (this.#io.liveProgress ? LIVE_INTERVAL : LINE_INTERVAL);
  }
}
