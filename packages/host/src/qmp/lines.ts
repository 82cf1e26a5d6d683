// SPDX-License-Identifier: Apache-2.0
// A byte stream as lines of JSON objects, one a line (QMP's framing), within bounds: the peer is not
// trusted to end a line, or to send UTF-8.

import { QmpError } from "./error.ts";

/** The longest line that is read. The answer to query-qmp-schema, the longest there is, has 300 KB. */
const MAX_LINE = 8 * 1024 * 1024;

/** Longer lines are rare, and what they needed is given back. */
const USUAL_LINE = 64 * 1024;

const NEWLINE = 0x0a;

/** A message of QMP, not looked into yet. */
export type QmpMessage = Readonly<Record<string, unknown>>;

/** Collects chunks and gives out the messages that are complete. */
export class MessageLines {
  readonly #limit: number;
  /** One buffer: of many small chunks, each would take more memory than what is in it. */
  #buffer = new Uint8Array(0);
  #size = 0;

  /** @param limit Bytes of the longest line. */
  constructor(limit = MAX_LINE) {
    this.#limit = limit;
  }

  /**
   * Takes a chunk and yields the messages that end in it, in order.
   * @throws {QmpError} `protocol` for a line that is too long, not UTF-8, or not a JSON object.
   */
  *take(chunk: Uint8Array): Generator<QmpMessage> {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, from);
      const part = chunk.subarray(from, end < 0 ? chunk.length : end);
      this.#add(part);
      if (end < 0) return;
      yield this.#message();
      from = end + 1;
    }
  }

  #add(part: Uint8Array): void {
    const size = this.#size + part.length;
    if (size > this.#limit) {
      throw new QmpError("protocol", `QEMU sent a line of more than ${this.#limit} bytes`);
    }
    if (size > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(size, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, this.#size));
      this.#buffer = larger;
    }
    this.#buffer.set(part, this.#size);
    this.#size = size;
  }

  /** The line that is complete; the buffer is free for the next one. */
  #message(): QmpMessage {
    const line = this.#buffer.subarray(0, this.#size);
    this.#size = 0;
    if (this.#buffer.length > USUAL_LINE) this.#buffer = new Uint8Array(0);
    return message(line);
  }
}

function message(line: Uint8Array): QmpMessage {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(line));
  } catch (error) {
    throw new QmpError("protocol", "QEMU sent a line that is not JSON", { cause: error });
  }
  if (isObject(value)) return value;
  throw new QmpError("protocol", "QEMU sent a line of JSON that is not an object");
}

/** Whether a parsed value is a JSON object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
