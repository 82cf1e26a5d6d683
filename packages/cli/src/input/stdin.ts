// SPDX-License-Identifier: Apache-2.0
// Standard input where a file may be named as `-`: a pipe, a file, a socket or a terminal.

import { tooLarge } from "./file.ts";

/**
 * Everything on standard input, at most `limit` bytes.
 * @throws {UsageError} `file-too-large`.
 */
export async function readStdin(limit: number): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of process.stdin as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > limit) throw tooLarge("standard input", limit);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
