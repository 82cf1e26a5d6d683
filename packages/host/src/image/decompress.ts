// SPDX-License-Identifier: Apache-2.0
// Unpacking compressed clusters of qcow2 images. What is packed has no length of its own there: it ends
// somewhere in its last sector.

import { constants, inflateRawSync, zstdDecompressSync } from "node:zlib";
import { LayoutError } from "@greenlight/core/bytes";
import type { Decompress } from "@greenlight/core/disk";

/** Unpacks one cluster; more than `size` bytes is an error of the image. */
export const decompressCluster: Decompress = (algorithm, packed, size) => {
  try {
    return algorithm === "deflate"
      ? inflateRawSync(packed, { maxOutputLength: size, finishFlush: constants.Z_SYNC_FLUSH })
      : zstdDecompressSync(packed.subarray(0, zstdFrameLength(packed)), { maxOutputLength: size });
  } catch (error) {
    if (error instanceof LayoutError) throw error;
    throw broken(`cannot be unpacked: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const FRAME_MAGIC = 0xfd2f_b528;

/**
 * Bytes of the frame at the beginning, by the headers of its blocks (RFC 8878, section 3.1.1).
 * @throws {LayoutError} when it is no frame, or not all there.
 */
function zstdFrameLength(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 6 || view.getUint32(0, true) !== FRAME_MAGIC) throw broken("is no zstd frame");
  const descriptor = bytes[4]!;
  const single = (descriptor & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3]!;
  const contentSize = [single ? 1 : 0, 2, 4, 8][descriptor >>> 6]!;
  let at = 5 + (single ? 0 : 1) + dictionary + contentSize;
  for (;;) {
    if (at + 3 > bytes.length) throw broken("is a zstd frame that is cut short");
    const header = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
    const isRun = ((header >>> 1) & 3) === 1;
    at += 3 + (isRun ? 1 : header >>> 3);
    if ((header & 1) !== 0) break;
  }
  // A checksum of four bytes may follow.
  at += (descriptor & 4) === 0 ? 0 : 4;
  if (at > bytes.length) throw broken("is a zstd frame that is cut short");
  return at;
}

function broken(reason: string): LayoutError {
  return new LayoutError({ code: "bad-text", structure: "qcow2 compressed cluster", reason });
}
