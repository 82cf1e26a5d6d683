// SPDX-License-Identifier: Apache-2.0
// Where a command writes: results to stdout, talk to stderr. Tests give their own.

import { writeSync } from "node:fs";
import { systemErrorCode } from "../input/system-error.ts";

/** The outside world as far as a command sees it. */
export interface Io {
  /** Writes a result. */
  out(text: string): void;
  /** Writes talk: progress, warnings, errors. */
  err(text: string): void;
  /** Whether results go to a terminal that may be coloured. */
  readonly colour: boolean;
  /** Whether talk goes to a terminal, so that progress may be redrawn in place. */
  readonly liveProgress: boolean;
}

/** The process's own streams. */
export function processIo(): Io {
  const plain = process.env["NO_COLOR"] !== undefined && process.env["NO_COLOR"] !== "";
  return {
    out: (text) => writeAll(1, text),
    err: (text) => writeAll(2, text),
    get colour() {
      return !plain && process.stdout.isTTY === true;
    },
    get liveProgress() {
      return process.stderr.isTTY === true;
    },
  };
}

/** Thrown when the reader of our output has gone away (`greenlight ... | head`). */
export class OutputClosed extends Error {
  override readonly name = "OutputClosed";
}

// Synchronous, because results must be out before the exit code is decided, and because loading the
// stream machinery costs a tenth of a short command's time.
function writeAll(descriptor: number, text: string): void {
  const bytes = Buffer.from(text, "utf8");
  let offset = 0;
  while (offset < bytes.length) {
    try {
      offset += writeSync(descriptor, bytes, offset);
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === "EPIPE") throw new OutputClosed();
      if (code !== "EAGAIN") throw error;
      // A full pipe in non-blocking mode: wait a little for the reader.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
