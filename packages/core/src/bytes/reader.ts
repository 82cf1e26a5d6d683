// SPDX-License-Identifier: Apache-2.0
// A bounded cursor for formats whose length is in the data: it never reads outside its window, and
// a window cut out of it never outlives its end.

import { LayoutError } from "./error.ts";
import type { Struct } from "./struct.ts";

/** Sequential, bounded reading. Offsets in errors count from the start of the outermost bytes. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #structure: string;
  readonly #end: number;
  #offset: number;

  /**
   * @param structure Name for errors.
   * @param start First readable offset; `end` is the first that is not.
   * @throws {LayoutError} `truncated` when the window is not inside the bytes.
   */
  constructor(bytes: Uint8Array, structure: string, start = 0, end = bytes.length) {
    const whole = Number.isInteger(start) && Number.isInteger(end);
    if (!whole || start < 0 || end > bytes.length || start > end) {
      throw new LayoutError({
        code: "truncated",
        structure,
        offset: Math.max(0, start),
        reason: `needs bytes ${start} to ${end}, ${bytes.length} are there`,
      });
    }
    this.#bytes = bytes;
    this.#structure = structure;
    this.#offset = start;
    this.#end = end;
  }

  /** Offset of the next byte. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes left in the window. */
  get remaining(): number {
    return this.#end - this.#offset;
  }

  /** The next byte, which stays unread; undefined at the end of the window. */
  peek(): number | undefined {
    return this.remaining > 0 ? this.#bytes[this.#offset] : undefined;
  }

  /**
   * The next `length` bytes, as a view.
   * @throws {LayoutError} `truncated` when fewer are left.
   */
  bytes(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /**
   * The next structure.
   * @throws {LayoutError} when it does not fit or breaks its layout.
   */
  struct<T>(layout: Struct<T>): T {
    return layout.decodeAt(this.#bytes, this.#take(layout.size));
  }

  /**
   * A reader over the next `length` bytes, which this one skips.
   * @throws {LayoutError} `truncated` when fewer are left.
   */
  window(length: number, structure: string = this.#structure): Reader {
    const start = this.#take(length);
    return new Reader(this.#bytes, structure, start, start + length);
  }

  /**
   * Asserts that everything was read.
   * @throws {LayoutError} `trailing-bytes`.
   */
  finish(): void {
    if (this.remaining > 0) {
      throw new LayoutError({
        code: "trailing-bytes",
        structure: this.#structure,
        offset: this.#offset,
        reason: `${this.remaining} bytes follow the end`,
      });
    }
  }

  #take(length: number): number {
    if (!Number.isInteger(length) || length < 0 || length > this.remaining) {
      throw new LayoutError({
        code: "truncated",
        structure: this.#structure,
        offset: this.#offset,
        reason: `needs ${length} bytes, ${this.remaining} are there`,
      });
    }
    const start = this.#offset;
    this.#offset += length;
    return start;
  }
}
