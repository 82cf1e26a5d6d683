// SPDX-License-Identifier: Apache-2.0
// A file as a source of bytes.

import { constants, open } from "node:fs/promises";
import type { ByteSource } from "@greenlight/core/disk";
import { ImageError } from "./error.ts";

/**
 * Opens a regular file for the time of some work. When the signal comes the next read rejects.
 * @throws {ImageError} `not-a-file`, `interrupted`; system errors as they come.
 */
export async function withFileSource<T>(
  path: string,
  signal: AbortSignal | undefined,
  work: (source: ByteSource) => Promise<T>,
): Promise<T> {
  // Without waiting: a FIFO would keep us until somebody writes into it.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const status = await handle.stat();
    if (!status.isFile()) throw new ImageError("not-a-file", `${JSON.stringify(path)} is no file`);
    return await work({
      size: status.size,
      async read(offset, length) {
        if (signal?.aborted === true) {
          throw new ImageError("interrupted", "the work was interrupted", undefined, signal.reason);
        }
        const target = new Uint8Array(length);
        let done = 0;
        while (done < length) {
          const { bytesRead } = await handle.read(target, done, length - done, offset + done);
          if (bytesRead === 0) throw new ImageError("system", `${path} became shorter`);
          done += bytesRead;
        }
        return target;
      },
    });
  } finally {
    await handle.close();
  }
}
