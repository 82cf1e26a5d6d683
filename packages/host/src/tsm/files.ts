// SPDX-License-Identifier: Apache-2.0
// The few file operations that configfs-tsm needs, as a port: the kernel's own by default, an imitation
// in tests. Nothing here knows what the files mean.

import { constants } from "node:fs";
import { mkdir, open, rmdir, statfs } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

/** An open attribute. */
export interface TsmFile {
  /** One read(2) of what comes next. @returns how many bytes, 0 at the end. */
  read(target: Uint8Array): Promise<number>;
  /** One write(2). @returns how many bytes were taken. */
  write(bytes: Uint8Array): Promise<number>;
  /** Closes it. What was written to a binary attribute takes effect here, without telling errors. */
  close(): Promise<void>;
}

/** Operations on folders and attributes. They fail with system errors, as node:fs does. */
export interface TsmFiles {
  mkdir(path: string): Promise<void>;
  rmdir(path: string): Promise<void>;
  /** Opens an attribute that exists; never creates or truncates one. */
  open(path: string, mode: "read" | "write"): Promise<TsmFile>;
  /** Whether configfs is what lies at a folder. */
  isConfigfs(path: string): Promise<boolean>;
}

/** CONFIGFS_MAGIC of linux/magic.h. */
const CONFIGFS_MAGIC = 0x6265_6570;

/**
 * The operating system's files. Asynchronous, because reading a report waits for the host, up to a
 * minute when it is busy.
 */
export const systemFiles: TsmFiles = {
  async mkdir(path) {
    await mkdir(path);
  },
  rmdir,
  async open(path, mode) {
    return new SystemFile(
      await open(path, mode === "read" ? constants.O_RDONLY : constants.O_WRONLY),
    );
  },
  async isConfigfs(path) {
    return (await statfs(path)).type === CONFIGFS_MAGIC;
  },
};

class SystemFile implements TsmFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async read(target: Uint8Array): Promise<number> {
    return (await this.#handle.read(target, 0, target.length, null)).bytesRead;
  }

  async write(bytes: Uint8Array): Promise<number> {
    return (await this.#handle.write(bytes, 0, bytes.length, null)).bytesWritten;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
