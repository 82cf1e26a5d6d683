// SPDX-License-Identifier: Apache-2.0
// Connecting to the unix socket that QEMU serves QMP at, which may not be there yet.

import { connect } from "node:net";
import type { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { QemuProcess } from "../machine/index.ts";
import { DEFAULT_TIMEOUT_MS, QmpClient } from "./client.ts";
import type { QmpDeadline } from "./client.ts";
import { QmpError } from "./error.ts";
import { cleaned } from "./messages.ts";

/** How long, until when, and what to watch meanwhile. */
export interface QmpConnectOptions extends QmpDeadline {
  /** QEMU itself, where it is a child of ours: when it ends, nobody waits any longer. */
  readonly process?: Pick<QemuProcess, "ended" | "stderr">;
}

/** Pauses between two tries: short at first, because QEMU starts in some tens of milliseconds. */
const FIRST_RETRY_MS = 2;
const RETRY_MS = 25;

/** A QEMU that does not like its command line greets, and ends: its last words say more. */
const LAST_WORDS_MS = 2000;

/** Errors that a socket has which is about to be there. */
const NOT_YET: ReadonlySet<string> = new Set(["ECONNREFUSED", "ENOENT"]);

/**
 * Connects and negotiates, trying again until the socket is there: QEMU needs a moment to make it.
 * @param path Path of the unix socket.
 * @throws {QmpError} `closed` when it cannot be connected to, and as {@link QmpClient.open}.
 */
export async function connectQmp(
  path: string,
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal, process }: QmpConnectOptions = {},
): Promise<QmpClient> {
  const end = performance.now() + timeoutMs;
  let isGone = false;
  const watch = async (): Promise<void> => {
    await process?.ended;
    isGone = process !== undefined;
  };
  void watch();
  for (let pause = FIRST_RETRY_MS; ; pause = Math.min(2 * pause, RETRY_MS)) {
    if (signal?.aborted === true) {
      throw new QmpError("aborted", `stopped while connecting to ${path}`, {
        cause: signal.reason,
      });
    }
    if (isGone) throw ended(process?.stderr() ?? "");
    try {
      const socket = await connected(path);
      return await QmpClient.open(socket, {
        timeoutMs: Math.max(1, end - performance.now()),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if (error instanceof QmpError) {
        if (process !== undefined && error.code === "closed")
          await pauseUntil(() => isGone, LAST_WORDS_MS);
        throw isGone ? ended(process?.stderr() ?? "") : error;
      }
      const errno = errnoOf(error);
      const late = performance.now() >= end;
      if (!NOT_YET.has(errno) || late) {
        const message = `no QMP server at ${path} (${errno})`;
        throw new QmpError(late ? "timeout" : "closed", message, {
          cause: error,
          hint: "QEMU needs -qmp unix:PATH,server=on,wait=off",
        });
      }
      await wait(pause);
    }
  }
}

async function pauseUntil(done: () => boolean, atMostMs: number): Promise<void> {
  const end = performance.now() + atMostMs;
  while (!done() && performance.now() < end) await wait(RETRY_MS);
}

/** What QEMU said last is why it ended. */
function ended(stderr: string): QmpError {
  const desc = cleaned(stderr.trimEnd().split("\n").at(-1) ?? "");
  return new QmpError("closed", `QEMU ended before it could be talked to: ${desc}`, { desc });
}

async function connected(path: string): Promise<Socket> {
  const socket = connect(path);
  return new Promise((resolve, reject) => {
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
    socket.once("error", reject);
  });
}

function errnoOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
