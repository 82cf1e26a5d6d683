// SPDX-License-Identifier: Apache-2.0
// Files that a host's command line names: whatever there is, reading ends soon and takes little memory.

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

/** Certificate and session have less than 4 KiB in base64; of what is longer, the rest says no more. */
const MOST = 64 * 1024;

/** The beginning of a regular file; undefined for anything else, as for a file that is not there (yet). */
export function readSmallFile(path: string): Uint8Array | undefined {
  let file: number | undefined;
  try {
    // Without waiting: a FIFO would keep us until somebody writes into it.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    if (!fstatSync(file).isFile()) return undefined;
    const content = new Uint8Array(MOST);
    let length = 0;
    for (let got = -1; got !== 0 && length < MOST; length += got) {
      got = readSync(file, content, length, MOST - length, null);
    }
    return content.subarray(0, length);
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
