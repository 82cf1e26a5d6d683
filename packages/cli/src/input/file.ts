// SPDX-License-Identifier: Apache-2.0
// Reading what a person names on the command line: bounded, with errors that say which file and why.

import { closeSync, fstatSync, openSync, read, readSync, readdirSync, statSync } from "node:fs";
import type { Dirent } from "node:fs";
import { UsageError } from "../command/usage-error.ts";
import { systemErrorWords } from "./system-error.ts";

/** Larger than any firmware (the flash window below 4 GiB is 16 MiB on QEMU's q35). */
export const MAX_FIRMWARE_SIZE = 64 * 1024 * 1024;

/**
 * The whole content of a file of at most `limit` bytes; pipes and `/dev/null` can be read too.
 * @throws {UsageError} `unreadable-file`, `not-a-file`, `file-too-large`.
 */
export function readBounded(path: string, limit: number): Uint8Array {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, "r");
    const content = new Content(path, descriptor, limit);
    while (!content.isWhole) content.add(readSync(descriptor, content.room));
    return content.bytes;
  } catch (error) {
    throw asUsageError(path, error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** A file that is read while other work goes on. */
export interface FileAhead {
  readonly path: string;
  /** Waits for the content.
   * @throws {UsageError} as {@link readBounded}.
   */
  content(): Promise<Uint8Array>;
}

/**
 * Starts reading a file of at most `limit` bytes on another thread. What is no file is read only when
 * its content is asked for, since opening a pipe waits for its writer.
 */
export function readAhead(path: string, limit: number): FileAhead {
  if (!isRegularFile(path)) return { path, content: () => readWhole(path, limit) };
  const reading = readWhole(path, limit);
  // An error is told when the content is asked for; until then nobody waits for it.
  reading.catch(() => undefined);
  return { path, content: () => reading };
}

/** Text of a small file (descriptors, keys, base64).
 * @throws {UsageError} as {@link readBounded}.
 */
export function readText(path: string, limit: number = 1024 * 1024): string {
  return Buffer.from(readBounded(path, limit)).toString("utf8");
}

/** Size of a file in bytes.
 * @throws {UsageError} as {@link readBounded}.
 */
export function fileSize(path: string): number {
  try {
    return statSync(path).size;
  } catch (error) {
    throw asUsageError(path, error);
  }
}

/**
 * What is in a folder, by name.
 * @throws {UsageError} as {@link readBounded}.
 */
export function readFolder(path: string): readonly Dirent[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw asUsageError(path, error);
  }
}

/**
 * Opens a file, and closes it when the work with its descriptor is done.
 * @throws {UsageError} as {@link readBounded}, for errors of the work too.
 */
export async function withFile<T>(
  path: string,
  use: (descriptor: number) => Promise<T>,
): Promise<T> {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, "r");
    return await use(descriptor);
  } catch (error) {
    throw asUsageError(path, error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/**
 * Fills `target`, or its beginning, with the next bytes of a file, on another thread.
 * @returns how many bytes, 0 at the end of the file.
 */
export function readPiece(descriptor: number, target: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    read(descriptor, target, 0, target.length, null, (error, length) => {
      if (error === null) resolve(length);
      else reject(error);
    });
  });
}

/** The error for a file of more than `limit` bytes. */
export function tooLarge(path: string, limit: number): UsageError {
  return new UsageError(
    "file-too-large",
    `${JSON.stringify(path)} is larger than ${limit} bytes`,
    "is it the right file?",
  );
}

function readWhole(path: string, limit: number): Promise<Uint8Array> {
  return withFile(path, async (descriptor) => {
    const content = new Content(path, descriptor, limit);
    while (!content.isWhole) content.add(await readPiece(descriptor, content.room));
    return content.bytes;
  });
}

/** The content of a file in the making. */
class Content {
  readonly #path: string;
  readonly #limit: number;
  /** Size of a regular file as its folder states it; undefined where that says nothing. */
  readonly #stated: number | undefined;
  #buffer: Buffer;
  #length = 0;
  #isWhole = false;

  /** @throws {UsageError} `file-too-large`. */
  constructor(path: string, descriptor: number, limit: number) {
    const status = fstatSync(descriptor);
    const expected = status.size;
    this.#stated = status.isFile() && expected > 0 ? expected : undefined;
    if (expected > limit) throw tooLarge(path, limit);
    this.#path = path;
    this.#limit = limit;
    // One byte more than expected, so that the end of the file is seen without a second buffer.
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(expected, 4096) + 1);
  }

  /** Where the next bytes go; never empty. */
  get room(): Uint8Array {
    return this.#buffer.subarray(this.#length);
  }

  /** Whether the end of the file was reached. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /**
   * Counts bytes read into `room`.
   * @throws {UsageError} `file-too-large`.
   */
  add(length: number): void {
    const isShort = length < this.room.length;
    this.#length += length;
    // A regular file of the stated size that had no more to give is at its end; pipes are only when
    // they say so.
    this.#isWhole = length === 0 || (isShort && this.#length === this.#stated);
    if (this.#length > this.#limit) throw tooLarge(this.#path, this.#limit);
    if (this.#length === this.#buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.min(this.#length * 2, this.#limit + 1));
      this.#buffer.copy(grown);
      this.#buffer = grown;
    }
  }

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }
}

function isRegularFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    // Whatever it is, it will be told when the content is asked for.
    return false;
  }
}

function asUsageError(path: string, error: unknown): unknown {
  if (error instanceof UsageError || !(error instanceof Error) || !("code" in error)) return error;
  const [reason, hint] = systemErrorWords(String(error.code), "read");
  const code = error.code === "EISDIR" ? "not-a-file" : "unreadable-file";
  return new UsageError(code, `cannot read ${JSON.stringify(path)}: ${reason}`, hint);
}
