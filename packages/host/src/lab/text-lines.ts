// SPDX-License-Identifier: Apache-2.0
// A byte stream as lines of text, none longer than a bound: what comes from a guest or a client may
// never end its line.

import { LabError } from "./error.ts";

const NEWLINE = 0x0a;

/** Collects chunks and gives out the lines that are complete. */
export class TextLines {
  readonly #limit: number;
  #parts: Buffer[] = [];
  #size = 0;

  /** @param limit Bytes of the longest line. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Takes a chunk and yields the lines that end in it, without newline and carriage return.
   * @throws {LabError} `channel` for a line that is too long.
   */
  *take(chunk: Uint8Array): Generator<string> {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, from);
      const part = chunk.subarray(from, end < 0 ? chunk.length : end);
      this.#size += part.length;
      if (this.#size > this.#limit) {
        throw new LabError("channel", `a line has more than ${this.#limit} bytes`);
      }
      // A copy: the chunk may be a window into a pool that is used again.
      this.#parts.push(Buffer.from(part));
      if (end < 0) return;
      const line = Buffer.concat(this.#parts, this.#size).toString("latin1");
      this.#parts = [];
      this.#size = 0;
      yield line.endsWith("\r") ? line.slice(0, -1) : line;
      from = end + 1;
    }
  }
}
