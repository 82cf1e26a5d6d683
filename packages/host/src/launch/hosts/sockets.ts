// SPDX-License-Identifier: Apache-2.0
// A private folder for the sockets of one guest, and connecting to a socket that is about to be there.

import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { GuestLaunchError } from "../error.ts";

/** Sockets of one guest, in a folder of mode 0700. Their paths are short: sockets allow 107 bytes. */
export class Sockets {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async make(): Promise<Sockets> {
    return new Sockets(await mkdtemp(join(tmpdir(), "greenlight-")));
  }

  get qmp(): string {
    return join(this.#folder, "qmp");
  }

  get channel(): string {
    return join(this.#folder, "owner");
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Pause between two tries. */
const RETRY_MS = 50;

/** How long a socket may take to be there. */
const SOCKET_MS = 30_000;

/**
 * Connects to a unix socket.
 * @throws {GuestLaunchError} `channel-closed` when it cannot be connected to.
 */
export async function connectSocket(path: string): Promise<Socket> {
  const end = performance.now() + SOCKET_MS;
  for (;;) {
    try {
      return await connected(path);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      const isComing = code === "ENOENT" || code === "ECONNREFUSED";
      if (!isComing || performance.now() > end) {
        const message = `cannot connect to ${JSON.stringify(path)} (${String(code)})`;
        throw new GuestLaunchError("channel-closed", message, { cause: error });
      }
      await wait(RETRY_MS);
    }
  }
}

async function connected(path: string): Promise<Socket> {
  const socket = connect(path);
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}
