// SPDX-License-Identifier: Apache-2.0
// Output of work that does not end because nobody reads about it any more.

import { systemErrorCode } from "../input/system-error.ts";
import { OutputClosed } from "./io.ts";
import type { Io } from "./io.ts";

/**
 * The same streams, each of which falls silent for good once it cannot be written to: its reader is
 * gone, or its disk is full.
 */
export function lastingIo(io: Io): Io {
  return {
    out: untilClosed((text) => io.out(text)),
    err: untilClosed((text) => io.err(text)),
    get colour() {
      return io.colour;
    },
    get liveProgress() {
      return io.liveProgress;
    },
  };
}

function untilClosed(write: (text: string) => void): (text: string) => void {
  let isOver = false;
  return (text) => {
    if (isOver) return;
    try {
      write(text);
    } catch (error) {
      if (!(error instanceof OutputClosed) && systemErrorCode(error) === undefined) throw error;
      isOver = true;
    }
  };
}
