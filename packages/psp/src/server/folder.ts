// SPDX-License-Identifier: Apache-2.0
// The folder of a simulated platform: its stored state, which holds private keys, and the socket it is
// asked by. Both are the owner's alone.

import { existsSync, mkdirSync, statSync } from "node:fs";
import type { Stats } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { createPlatform, readPlatformFile, writePlatformFile } from "../platform/index.ts";
import type { Faults, Platform, PlatformOptions } from "../platform/index.ts";
import { PspError } from "./error.ts";
import { listenerOf } from "./listener.ts";

/** The stored platform. */
const STATE_FILE = "platform.json";

/** The socket. */
const SOCKET_FILE = "psp.sock";

/** Longest path of a socket (unix(7)). */
const LONGEST_SOCKET_PATH = 107;

/** The folder of a platform. */
export class PlatformFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * A folder with a new platform in it; it is made if it is not there.
   * @throws {PspError} `exists` when it has a platform, `not-private` when others may enter it, `system`.
   * @throws {PlatformError} for options that no platform can be made of.
   */
  static create(path: string, options: PlatformOptions): PlatformFolder {
    const folder = new PlatformFolder(resolve(path));
    try {
      makeFolders(folder.path);
    } catch (error) {
      throw systemError(`the folder ${JSON.stringify(path)} cannot be made`, error);
    }
    folder.#requirePrivate();
    if (existsSync(folder.stateFile)) {
      throw new PspError("exists", `${JSON.stringify(path)} has a platform already`, {
        hint: "leave out the options that make one, or name another folder",
      });
    }
    writePlatformFile(folder.stateFile, createPlatform(options));
    return folder;
  }

  /**
   * A folder that has a platform.
   * @throws {PspError} `no-folder` when it has none, `not-private` when others may enter it.
   */
  static open(path: string): PlatformFolder {
    const folder = new PlatformFolder(resolve(path));
    if (!existsSync(folder.stateFile)) {
      throw new PspError("no-folder", `${JSON.stringify(path)} has no simulated platform`, {
        hint: "greenlight simulate start makes one",
      });
    }
    folder.#requirePrivate();
    return folder;
  }

  /** Whether there is a platform in a folder. */
  static has(path: string): boolean {
    return existsSync(join(path, STATE_FILE));
  }

  get stateFile(): string {
    return join(this.path, STATE_FILE);
  }

  /**
   * Where the socket is.
   * @throws {PspError} `path-too-long`.
   */
  get socket(): string {
    const path = join(this.path, SOCKET_FILE);
    if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return path;
    throw new PspError("path-too-long", `a socket cannot have the path ${JSON.stringify(path)}`, {
      hint: `the path of the folder must be shorter: ${LONGEST_SOCKET_PATH} bytes with the socket`,
    });
  }

  /** The platform, after a power cycle. @throws {PlatformError} `state-file`, `bad-state`. */
  load(faults?: Faults): Platform {
    return readPlatformFile(this.stateFile, faults);
  }

  /** Stores the platform. @throws {PlatformError} `state-file`. */
  save(platform: Platform): void {
    writePlatformFile(this.stateFile, platform);
  }

  /** @throws {PspError} `in-use` when the platform is being served: its server has the newer state. */
  async requireIdle(): Promise<void> {
    await listenerOf(this.socket);
  }

  #requirePrivate(): void {
    let facts: Stats;
    try {
      facts = statSync(this.path);
    } catch (error) {
      throw systemError(`the folder ${JSON.stringify(this.path)} cannot be read`, error);
    }
    const isOwn = facts.uid === process.getuid?.();
    if (facts.isDirectory() && isOwn && (facts.mode & 0o077) === 0) return;
    throw new PspError(
      "not-private",
      `${JSON.stringify(this.path)} is not a folder that you alone may enter`,
      { hint: "it holds the platform's private keys: chmod 700, or name a new one" },
    );
  }
}

/**
 * Makes a folder and those above it that are not there. Node's own way never ends where the system says
 * of a folder that is there that it is not, as in /proc.
 */
function makeFolders(path: string): void {
  if (existsSync(path) && statSync(path).isDirectory()) return;
  if (dirname(path) !== path) makeFolders(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

/** What the system refused. */
export function systemError(what: string, error: unknown): PspError {
  if (error instanceof Error && "code" in error && error.code === "EEXIST") {
    return new PspError("system", `${what}: something else of that name is there already`);
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new PspError("system", `${what}: ${reason}`);
}
