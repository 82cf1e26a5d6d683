// SPDX-License-Identifier: Apache-2.0
// Writing results of which some hold secrets: those are readable by their owner only, from the moment
// they exist.

import { randomBytes } from "node:crypto";
import { closeSync, constants, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { systemErrorCode } from "../input/system-error.ts";
import { refuseExisting, unwritable } from "./file.ts";
import type { OutputFile } from "./file.ts";

/** A file to be written, and whether nobody else may read it. */
export interface PrivateFile extends OutputFile {
  readonly secret: boolean;
}

/**
 * Writes files that belong together; none of them when one exists already and `force` is not set, or when
 * one cannot be written. One that exists is replaced, never written into: its permissions and other
 * names of it would stay.
 * @throws {UsageError} `file-exists`, `unwritable-file`.
 */
export function writePrivateFiles(files: readonly PrivateFile[], force: boolean): void {
  if (!force) for (const { path } of files) refuseExisting(path);
  const made: string[] = [];
  try {
    // Those to be replaced are replaced when all that is new is on the disk.
    const suffix = force ? `.${randomBytes(6).toString("hex")}` : "";
    for (const file of files) {
      writeNew({ ...file, path: `${file.path}${suffix}` }, file.path, made);
    }
    if (force) {
      for (const { path } of files) {
        naming(path, () => renameSync(`${path}${suffix}`, path));
      }
    }
  } catch (error) {
    for (const path of made) rmSync(path, { force: true });
    throw error;
  }
}

/** Writes a file that must not be there yet, not even as a link. */
function writeNew({ path, content, secret }: PrivateFile, name: string, made: string[]): void {
  const { O_CREAT, O_EXCL, O_WRONLY } = constants;
  naming(name, () => {
    const descriptor = openSync(path, O_WRONLY | O_CREAT | O_EXCL, secret ? 0o600 : 0o644);
    made.push(path);
    try {
      writeFileSync(descriptor, content);
    } finally {
      closeSync(descriptor);
    }
  });
}

/** Has what the system refuses name the file that was asked for. */
function naming(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    const reason = systemErrorCode(error);
    if (reason === undefined) throw error;
    throw unwritable(path, reason);
  }
}
