// SPDX-License-Identifier: Apache-2.0
// A stored platform in a file. It holds private keys: nobody but the owner may read it, and a crash
// leaves the old one or the new one, never half of one.

import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { PlatformError } from "./error.ts";
import type { Faults } from "./faults.ts";
import { loadPlatform } from "./platform.ts";
import type { Platform } from "./platform.ts";

/** Longest file that is read; a platform takes about 20 KiB. */
const LONGEST = 1024 * 1024;

/**
 * Stores a platform, with mode 0600, in place of what the file held.
 * @throws {PlatformError} `state-file` when it cannot be written.
 */
export function writePlatformFile(path: string, platform: Platform): void {
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    // "wx": never into a file or through a link that somebody else has put there.
    const file = openSync(draft, "wx", 0o600);
    try {
      // All of it or an error; a single write() on a full disk stops in the middle and calls that done.
      writeFileSync(file, `${JSON.stringify(platform.toJson(), null, 2)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw new PlatformError("state-file", `the platform cannot be stored: ${reasonOf(error)}`);
  }
}

/**
 * A stored platform, after a power cycle.
 * @throws {PlatformError} `state-file` when it cannot be read, `bad-state` when it is no platform.
 */
export function readPlatformFile(path: string, faults: Faults = {}): Platform {
  const text = read(path);
  if (text.length > LONGEST)
    throw new PlatformError("bad-state", `${JSON.stringify(path)} is no platform: too long`);
  let json: unknown;
  try {
    json = JSON.parse(text.toString());
  } catch {
    // What JSON.parse says quotes the text, which is secret.
    throw new PlatformError("bad-state", `${JSON.stringify(path)} is no platform: it is not JSON`);
  }
  return loadPlatform(json, faults);
}

/** The file, or its beginning where it is too long. */
function read(path: string): Buffer {
  try {
    const file = openSync(path, "r");
    try {
      const text = Buffer.alloc(LONGEST + 1);
      let length = 0;
      for (let got = -1; got !== 0; length += got)
        got = readSync(file, text, length, text.length - length, null);
      return text.subarray(0, length);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new PlatformError("state-file", `the platform cannot be read: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
