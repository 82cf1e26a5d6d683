// SPDX-License-Identifier: Apache-2.0
// SHA-256 of a file of any size, piece by piece, so that no large file is ever whole in memory.

import { sha256Stream } from "@greenlight/core/crypto";
import { Turns } from "./pause.ts";
import type { Progress } from "./pause.ts";

const PIECE = 0x10_0000;
/** Bytes hashed between two turns of the page; a piece takes longer than a slice on a slow machine. */
const STEP = 0x1_0000;

/**
 * SHA-256 of a file.
 * @throws {DOMException} AbortError when stopped; whatever reading the file throws.
 */
export async function hashFile(
  file: Blob,
  signal: AbortSignal,
  progress: Progress,
): Promise<Uint8Array> {
  const turns = new Turns(signal);
  const state = sha256Stream();
  for (let offset = 0; offset < file.size; offset += PIECE) {
    const piece = new Uint8Array(await file.slice(offset, offset + PIECE).arrayBuffer());
    for (let start = 0; start < piece.length; start += STEP) {
      state.update(piece.subarray(start, start + STEP));
      await turns.pause();
    }
    progress(Math.min(1, (offset + piece.length) / file.size));
  }
  signal.throwIfAborted();
  return state.digest();
}
