// SPDX-License-Identifier: Apache-2.0
// Small files that other processes may be reading or writing: read with care, written whole.

import { createHash, randomUUID } from "node:crypto";
import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { systemErrorCode } from "../input/system-error.ts";

/** Lower-case hexadecimal SHA-256. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * Writes a file so that others see all of it or nothing.
 * @param isShared Whether other users may read it, as far as the umask allows.
 */
export function writeWhole(path: string, content: string | Uint8Array, isShared = false): void {
  mkdirSync(dirname(path), { recursive: true, mode: isShared ? 0o777 : 0o700 });
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    writeFileSync(temporary, content, { flag: "wx", mode: isShared ? 0o666 : 0o600 });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** A regular file of at most `limit` bytes; undefined when there is none or it is larger. */
export function readSmall(path: string, limit: number): Uint8Array | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || !found.isFile() || found.size > limit) return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    // Another process has just put something else in its place.
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Files in a folder, and in those in it, by their paths in it; none where there is no folder. */
export function listFiles(folder: string, { deep = true } = {}): readonly string[] {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(folder, { recursive: deep, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

/** Whether a path is a folder that only this user can write to, or is not there yet. */
export function isOwnOrAbsent(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return true;
  const isMine = process.getuid === undefined || found.uid === process.getuid();
  return found.isDirectory() && isMine && (found.mode & 0o022) === 0;
}

/** The members of a JSON object; undefined for any other text. */
export function parseJsonObject(bytes: Uint8Array): ReadonlyMap<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return new Map<string, unknown>(Object.entries(value));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
