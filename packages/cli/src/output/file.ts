// SPDX-License-Identifier: Apache-2.0
// Writing result files: never over an existing one unless told to.

import { existsSync, writeFileSync } from "node:fs";
import { UsageError } from "../command/usage-error.ts";
import { systemErrorCode, systemErrorWords } from "../input/system-error.ts";

const WAY_OUT = "name another file, or add --force to overwrite it";

/** A file to be written. */
export interface OutputFile {
  readonly path: string;
  readonly content: string | Uint8Array;
}

/**
 * Writes files; none of them when one exists already and `force` is not set.
 * @param wayOut What to do about an existing file, for the error.
 * @throws {UsageError} `file-exists`, `unwritable-file`.
 */
export function writeFiles(files: readonly OutputFile[], force: boolean, wayOut = WAY_OUT): void {
  if (!force) for (const { path } of files) refuseExisting(path, wayOut);
  for (const { path, content } of files) {
    try {
      writeFileSync(path, content, { flag: force ? "w" : "wx" });
    } catch (error) {
      const reason = systemErrorCode(error);
      if (reason === undefined) throw error;
      if (reason === "EEXIST") throw fileExists(path, wayOut);
      throw unwritable(path, reason);
    }
  }
}

/**
 * The error for a file or folder that cannot be written or made.
 * @param code Of the system's error.
 */
export function unwritable(path: string, code: string, verb = "write"): UsageError {
  const [reason, hint] = systemErrorWords(code, "write");
  const message = `cannot ${verb} ${JSON.stringify(path)}: ${reason}`;
  return new UsageError("unwritable-file", message, hint);
}

/**
 * Refuses a path where something is already, before work is done whose result could not be written.
 * @throws {UsageError} `file-exists`.
 */
export function refuseExisting(path: string, wayOut = WAY_OUT): void {
  if (existsSync(path)) throw fileExists(path, wayOut);
}

function fileExists(path: string, wayOut: string): UsageError {
  return new UsageError("file-exists", `${JSON.stringify(path)} exists`, wayOut);
}
