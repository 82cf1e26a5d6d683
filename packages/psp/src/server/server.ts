// SPDX-License-Identifier: Apache-2.0
// A platform behind a socket of this machine: a line of JSON for each command, a line for each answer.

import { chmodSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { Executor } from "./executor.ts";
import type { Answer } from "./executor.ts";
import { systemError } from "./folder.ts";
import type { PlatformFolder } from "./folder.ts";
import { LONGEST_LINE, LineCutter } from "./lines.ts";
import { listenerOf } from "./listener.ts";
import type { Faults, Platform } from "../platform/index.ts";

/** How many may talk to it at a time. */
const MOST_CONNECTIONS = 16;

/** What a server is started with. */
export interface PspServerOptions {
  readonly faults?: Faults;
  /** Told of every command and the status it had. Arguments are not told: some are secret. */
  readonly log?: (command: string, status: string) => void;
}

/** A running server. */
export interface PspServer {
  /** Path of the socket. */
  readonly socket: string;
  readonly platform: Platform;
  /** Cuts all connections, stops, and removes the socket. */
  stop(): Promise<void>;
}

/**
 * Serves the platform of a folder.
 * @throws {PspError} `in-use` when it is served already, `path-too-long`, `system`.
 * @throws {PlatformError} for a platform that cannot be loaded.
 */
export async function servePlatform(
  folder: PlatformFolder,
  options: PspServerOptions = {},
): Promise<PspServer> {
  const { socket: path } = folder;
  if ((await listenerOf(path)) === "nobody any more") rmSync(path, { force: true });
  const executor = new Executor({
    load: () => folder.load(options.faults),
    save: (platform) => folder.save(platform),
  });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    void talk(socket, executor, options);
  });
  server.maxConnections = MOST_CONNECTIONS;
  await listen(server, path);
  // The folder is the owner's alone already; this is for whoever opens it later.
  chmodSync(path, 0o600);
  return {
    socket: path,
    get platform() {
      return executor.platform;
    },
    stop: async () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const socket of sockets) socket.destroy();
      await closed;
      rmSync(path, { force: true });
    },
  };
}

/** Answers one connection until it ends. */
async function talk(socket: Socket, executor: Executor, { log }: PspServerOptions): Promise<void> {
  // A connection that breaks is over; there is nobody left to tell.
  socket.on("error", () => socket.destroy());
  const cutter = new LineCutter();
  /** Bytes read and dropped since a line was too long. */
  let thrownAway: number | undefined;
  try {
    for await (const chunk of socket) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a socket without encoding
      const bytes = chunk as Buffer;
      if (thrownAway !== undefined) {
        thrownAway += bytes.length;
        if (thrownAway > LONGEST_LINE) return;
        continue;
      }
      const lines = cutter.push(bytes);
      if (lines === undefined) {
        const desc = `a line has more than ${LONGEST_LINE} bytes`;
        // Closing now, with bytes unread, would make the system throw the answer away.
        socket.end(`${refusal(null, "INVALID_LENGTH", desc)}\n`);
        thrownAway = 0;
        continue;
      }
      for (const line of lines) {
        if (line.trim() !== "") await write(socket, await respond(line, executor, log));
      }
    }
  } catch {
    // The connection broke while it was read or written; the next command comes over another one.
    socket.destroy();
  }
}

async function respond(
  line: string,
  executor: Executor,
  log: PspServerOptions["log"],
): Promise<string> {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch {
    // What JSON.parse says quotes the line, and a line may hold a secret.
    return refusal(null, "INVALID_PARAM", "the line is not JSON");
  }
  if (typeof request !== "object" || request === null || !("execute" in request)) {
    return refusal(null, "INVALID_PARAM", "the line is no object with execute");
  }
  const { execute } = request;
  const id = "id" in request ? request.id : null;
  if (typeof execute !== "string" || !isId(id)) {
    return refusal(null, "INVALID_PARAM", "execute is no text, or id neither text nor number");
  }
  let answer: Answer;
  try {
    answer = await executor.execute(execute, "arguments" in request ? request.arguments : {});
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    answer = { error: { status: "HWERROR_PLATFORM", desc: reason } };
  }
  log?.(execute.slice(0, 40), "error" in answer ? answer.error.status : "SUCCESS");
  return JSON.stringify({ id, ...answer });
}

function isId(id: unknown): id is string | number | null {
  if (id === null || typeof id === "number") return true;
  return typeof id === "string" && id.length <= 100;
}

function refusal(id: null, status: string, desc: string): string {
  return JSON.stringify({ id, error: { status, desc } });
}

/** Writes a line; a reader that is slow is waited for, and nothing is read from it meanwhile. */
async function write(socket: Socket, line: string): Promise<void> {
  if (socket.write(`${line}\n`)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      socket.off("drain", done);
      socket.off("close", done);
      resolve();
    };
    socket.once("drain", done);
    socket.once("close", done);
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(systemError("the socket cannot be made", error)));
    server.listen(path, () => resolve());
  });
}
