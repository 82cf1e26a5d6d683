// SPDX-License-Identifier: Apache-2.0
// Hashing files that are too large to be held in memory: kernels and initrds.

import { fstatSync } from "node:fs";
import { sha256Stream } from "@greenlight/core/crypto";
import { readPiece, tooLarge, withFile } from "./file.ts";

/** QEMU hands kernel and initrd over with 32-bit sizes. */
const MAX_BLOB_SIZE = 2 ** 32 - 1;

/** Bytes of a piece. */
const PIECE = 1024 * 1024;

/**
 * SHA-256 of a file of up to 4 GiB. Two pieces of 1 MiB take turns: one is read on another thread
 * while the other is hashed.
 * @throws {UsageError} as readBounded().
 */
export function sha256File(path: string): Promise<Uint8Array> {
  return withFile(path, async (descriptor) => {
    if (fstatSync(descriptor).size > MAX_BLOB_SIZE) throw tooLarge(path, MAX_BLOB_SIZE);
    const state = sha256Stream();
    let current = Buffer.allocUnsafeSlow(PIECE);
    let next = Buffer.allocUnsafeSlow(PIECE);
    let reading = readPiece(descriptor, current);
    let total = 0;
    for (;;) {
      const length = await reading;
      if (length === 0) return state.digest();
      total += length;
      if (total > MAX_BLOB_SIZE) throw tooLarge(path, MAX_BLOB_SIZE);
      reading = readPiece(descriptor, next);
      state.update(current.subarray(0, length));
      [current, next] = [next, current];
    }
  });
}
