// SPDX-License-Identifier: Apache-2.0
// A stream of bytes as lines, or as a whole when it does not consist of lines, in bounded memory.

import { tooLarge } from "./file.ts";
import { isText } from "./lookalike.ts";

/** What a stream is: all of its bytes, or a stream of lines of which nothing has been taken yet. */
export type Beginning =
  | { readonly kind: "whole"; readonly bytes: Uint8Array }
  | { readonly kind: "lines"; readonly rest: AsyncIterable<Uint8Array> };

const NEWLINE = 0x0a;

/**
 * Looks at the first line. If there is a further line and `isComplete` says that the first stands for
 * itself, the stream is one of lines; otherwise it is read to its end.
 * @throws {UsageError} `file-too-large` for a line, or a whole, of more than `limit` bytes.
 */
export async function startsAsText(
  stream: AsyncIterable<Uint8Array>,
  isComplete: (line: string) => boolean,
  limit: number,
): Promise<Beginning> {
  const chunks = stream[Symbol.asyncIterator]();
  const read: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const next = await chunks.next();
    if (next.done === true) return { kind: "whole", bytes: Buffer.concat(read) };
    read.push(next.value);
    length += next.value.length;
    const end = next.value.indexOf(NEWLINE);
    if (end < 0) {
      if (length > limit) throw tooLarge("standard input", limit);
      continue;
    }
    const head = Buffer.concat(read);
    const line = head.subarray(0, head.indexOf(NEWLINE));
    if (isText(line) && isComplete(line.toString("latin1"))) {
      return { kind: "lines", rest: continued(head, chunks) };
    }
    return { kind: "whole", bytes: await readAll(head, chunks, limit) };
  }
}

async function* continued(
  head: Uint8Array,
  chunks: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield head;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
    yield next.value;
  }
}

async function readAll(
  head: Uint8Array,
  chunks: AsyncIterator<Uint8Array>,
  limit: number,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of continued(head, chunks)) {
    length += piece.length;
    if (length > limit) throw tooLarge("standard input", limit);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/**
 * The lines of a stream, without their ends.
 * @throws {UsageError} `file-too-large` for a line of more than `limit` bytes.
 */
export async function* lines(
  stream: AsyncIterable<Uint8Array>,
  limit: number,
): AsyncGenerator<Uint8Array> {
  let open: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const piece = chunk.subarray(start, end);
      if (length + piece.length > limit) throw tooLarge("a line of standard input", limit);
      yield open.length === 0 ? piece : Buffer.concat([...open, piece]);
      open = [];
      length = 0;
      start = end + 1;
    }
    if (start < chunk.length) {
      open.push(chunk.subarray(start));
      length += chunk.length - start;
      if (length > limit) throw tooLarge("a line of standard input", limit);
    }
  }
  if (open.length > 0) yield Buffer.concat(open);
}
