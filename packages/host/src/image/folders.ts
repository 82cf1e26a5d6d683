// SPDX-License-Identifier: Apache-2.0
// Folders that exist only for the length of some work.

import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** Memory that looks like a folder, on Linux. */
const MEMORY = "/dev/shm";

/**
 * Does work in a new folder that nobody else may enter, and removes it. For keys: it lies in memory
 * where there is such a place, so that nothing of it stays on a disk.
 */
export function inSecretFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  return inFolder(join(isWritable(MEMORY) ? MEMORY : tmpdir(), "greenlight-"), work);
}

/** The same beside a file that is to be made, where there is room for it. */
export function inFolderBeside<T>(file: string, work: (folder: string) => Promise<T>): Promise<T> {
  return inFolder(join(dirname(resolve(file)), ".greenlight-image-"), work);
}

async function inFolder<T>(prefix: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(prefix);
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch {
    // Not on this system, or not for this user.
    return false;
  }
  return true;
}
