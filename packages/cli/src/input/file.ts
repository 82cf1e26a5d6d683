// SPDX-License-Identifier: Apache-2.0
// Reading what a person names on the command line: bounded, in pieces where it may be large, with
// errors that say which file and why.

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { sha256Stream } from "@greenlight/core/crypto";
import { UsageError } from "../command/usage-error.ts";

/** Larger than any firmware (the flash window below 4 GiB is 16 MiB on QEMU's q35). */
export const MAX_FIRMWARE_SIZE = 64 * 1024 * 1024;

/** QEMU hands kernel and initrd over with 32-bit sizes. */
const MAX_BLOB_SIZE = 2 ** 32 - 1;

/** Pieces a large file is hashed in. */
const PIECE = 1024 * 1024;

/**
 * The whole content of a file of at most `limit` bytes; pipes and `/dev/null` can be read too.
 * @throws {UsageError} `unreadable-file`, `not-a-file`, `file-too-large`.
 */
export function readBounded(path: string, limit: number): Uint8Array {
  return withFile(path, (descriptor) => {
    const expected = fstatSync(descriptor).size;
    if (expected > limit) throw tooLarge(path, limit);
    // One byte more than expected, so that the end of the file is seen without a second buffer.
    let buffer = Buffer.allocUnsafe(Math.max(expected, 4096) + 1);
    let length = 0;
    for (;;) {
      const read = readSync(descriptor, buffer, length, buffer.length - length, null);
      if (read === 0) return buffer.subarray(0, length);
      length += read;
      if (length > limit) throw tooLarge(path, limit);
      if (length === buffer.length) {
        const grown = Buffer.allocUnsafe(Math.min(buffer.length * 2, limit + 1));
        buffer.copy(grown, 0, 0, length);
        buffer = grown;
      }
    }
  });
}

/** Text of a small file (descriptors, keys, base64).
 * @throws {UsageError} as {@link readBounded}.
 */
export function readText(path: string, limit: number = 1024 * 1024): string {
  return Buffer.from(readBounded(path, limit)).toString("utf8");
}

/**
 * SHA-256 of a file of up to 4 GiB, read in pieces of 1 MiB.
 * @throws {UsageError} as {@link readBounded}.
 */
export function sha256File(path: string): Uint8Array {
  return withFile(path, (descriptor) => {
    if (fstatSync(descriptor).size > MAX_BLOB_SIZE) throw tooLarge(path, MAX_BLOB_SIZE);
    const state = sha256Stream();
    const piece = Buffer.allocUnsafeSlow(PIECE);
    let length = 0;
    for (;;) {
      const read = readSync(descriptor, piece, 0, PIECE, null);
      if (read === 0) return state.digest();
      length += read;
      if (length > MAX_BLOB_SIZE) throw tooLarge(path, MAX_BLOB_SIZE);
      state.update(piece.subarray(0, read));
    }
  });
}

/** Size of a file in bytes.
 * @throws {UsageError} as {@link readBounded}.
 */
export function fileSize(path: string): number {
  return withFile(path, (descriptor) => fstatSync(descriptor).size);
}

function withFile<T>(path: string, use: (descriptor: number) => T): T {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, "r");
    return use(descriptor);
  } catch (error) {
    throw asUsageError(path, error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

const REASONS: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  ENOENT: ["there is no such file", "check the path"],
  EACCES: ["permission denied", "may this user read it?"],
  EISDIR: ["it is a directory", "give a file"],
  ENOTDIR: ["a part of the path is not a directory", "check the path"],
  ELOOP: ["too many symbolic links", "check the path"],
  ENAMETOOLONG: ["the name is too long", "check the path"],
};

function asUsageError(path: string, error: unknown): unknown {
  if (error instanceof UsageError || !(error instanceof Error) || !("code" in error)) return error;
  const [reason, hint] = REASONS[String(error.code)] ?? [String(error.code), "check the path"];
  const code = error.code === "EISDIR" ? "not-a-file" : "unreadable-file";
  return new UsageError(code, `cannot read ${JSON.stringify(path)}: ${reason}`, hint);
}

function tooLarge(path: string, limit: number): UsageError {
  return new UsageError(
    "file-too-large",
    `${JSON.stringify(path)} is larger than ${limit} bytes`,
    "is it the right file?",
  );
}
