// SPDX-License-Identifier: Apache-2.0
// Lines out of a stream of bytes, none longer than a bound: whoever is at the other end must not be able
// to fill our memory.

/** Longest line: a firmware image of 8 MiB in base64, and what is around it. */
export const LONGEST_LINE = 12 * 1024 * 1024;

/** Cuts lines. */
export class LineCutter {
  readonly #pieces: Buffer[] = [];
  #size = 0;

  /**
   * Takes bytes and gives the lines that they complete, without line ends.
   * @returns Undefined once a line is too long; nothing more may be given then.
   */
  push(chunk: Buffer): readonly string[] | undefined {
    const lines: string[] = [];
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(0x0a, start);
      const piece = chunk.subarray(start, end === -1 ? chunk.length : end);
      this.#size += piece.length;
      if (this.#size > LONGEST_LINE) {
        this.#pieces.length = 0;
        return undefined;
      }
      this.#pieces.push(piece);
      if (end === -1) return lines;
      lines.push(Buffer.concat(this.#pieces).toString("utf8"));
      this.#pieces.length = 0;
      this.#size = 0;
      start = end + 1;
    }
  }
}
