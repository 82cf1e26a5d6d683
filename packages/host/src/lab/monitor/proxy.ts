// SPDX-License-Identifier: Apache-2.0
// The QMP server that clients see. It behaves like QEMU's own: one client at a time, negotiation first,
// commands one after the other. What the lab cannot answer goes on to the emulator.

import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { rm } from "node:fs/promises";
import { QmpError } from "../../qmp/index.ts";
import type { QmpClient } from "../../qmp/index.ts";
import { MessageLines, isObject } from "../../qmp/lines.ts";
import type { QmpMessage } from "../../qmp/lines.ts";
import { LabError } from "../error.ts";
import type { MessageFault } from "../faults.ts";
import { FaultySender } from "./message-faults.ts";
import { CommandRefusal } from "../qemu-refusal.ts";

/** Longest command that is taken. */
const MAX_COMMAND = 1024 * 1024;

/** Commands that wait for their turn. */
const MAX_WAITING = 256;

/** What a client may leave unread; the longest answer has 300 KB. */
const MAX_UNREAD = 16 * 1024 * 1024;

/** The emulator may take its time for what a client asks of it; the client has deadlines of its own. */
const PASSED_ON = { timeoutMs: 600_000 };

/** What a command comes to. */
export interface CommandHandler {
  /**
   * Answers a command, or says that it is the emulator's.
   * @throws {CommandRefusal} for an error of class GenericError.
   */
  answer(
    command: string,
    args: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly value: unknown } | "pass-on">;
}

/** The emulator's own QMP, as far as it is needed. */
type Monitor = Pick<QmpClient, "execute" | "greeting" | "onEvent">;

/** Serves QMP on unix sockets in front of an emulator. */
export class QmpProxy {
  readonly #monitor: Monitor;
  readonly #handler: CommandHandler;
  readonly #faults: readonly MessageFault[];
  readonly #servers: { readonly server: Server; readonly path: string }[] = [];
  readonly #open = new Set<Socket>();

  constructor(monitor: Monitor, handler: CommandHandler, faults: readonly MessageFault[] = []) {
    this.#monitor = monitor;
    this.#handler = handler;
    this.#faults = faults;
  }

  /** Serves a socket. @throws {LabError} `channel` when it cannot be made. */
  async listen(path: string): Promise<void> {
    // QEMU replaces a socket that is left from before.
    await rm(path, { force: true });
    let turn: Promise<void> = Promise.resolve();
    const server = createServer((socket) => {
      this.#open.add(socket);
      socket.on("error", () => socket.destroy());
      const gone = new Promise<void>((resolve) => {
        socket.once("close", () => {
          this.#open.delete(socket);
          resolve();
        });
      });
      const previous = turn;
      const serve = async (): Promise<void> => {
        await previous;
        if (!socket.destroyed)
          new Session(socket, this.#monitor, this.#handler, this.#faults).serve();
        await gone;
      };
      turn = serve();
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) => {
        reject(
          new LabError("channel", `${path} cannot be served: ${error.message}`, undefined, error),
        );
      });
      server.listen(path, () => resolve());
    });
    this.#servers.push({ server, path });
  }

  /** Ends all connections and removes the sockets. */
  async close(): Promise<void> {
    for (const { server, path } of this.#servers) {
      server.close();
      await rm(path, { force: true });
    }
    // What was written already still goes out: the answer to quit, the event SHUTDOWN.
    for (const socket of this.#open) socket.destroySoon();
  }
}

/** One client. */
class Session {
  readonly #socket: Socket;
  readonly #monitor: Monitor;
  readonly #handler: CommandHandler;
  readonly #sender: FaultySender;
  #isNegotiated = false;
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(
    socket: Socket,
    monitor: Monitor,
    handler: CommandHandler,
    faults: readonly MessageFault[],
  ) {
    this.#socket = socket;
    this.#monitor = monitor;
    this.#handler = handler;
    this.#sender = new FaultySender(socket, faults);
  }

  /** Greets, and answers until the client goes. */
  serve(): void {
    const { version, package: builder } = this.#monitor.greeting;
    this.#sender.send(
      { QMP: { version: { qemu: version, package: builder }, capabilities: [] } },
      "greeting",
    );
    const stop = this.#monitor.onEvent(({ name, data }) => {
      if (this.#isNegotiated) this.#sender.send({ timestamp: now(), event: name, data });
    });
    this.#socket.once("close", stop);
    const lines = new MessageLines(MAX_COMMAND);
    this.#socket.on("data", (chunk: Buffer) => this.#take(lines, chunk));
  }

  #take(lines: MessageLines, chunk: Uint8Array): void {
    try {
      for (const message of lines.take(chunk)) {
        if (++this.#waiting > MAX_WAITING) {
          this.#socket.destroy();
          return;
        }
        this.#last = this.#inTurn(this.#last, message);
      }
    } catch (error) {
      if (!(error instanceof QmpError)) throw error;
      // QEMU goes on after broken JSON; here the place to go on from is not known.
      this.#sender.send(refusal("GenericError", "JSON parse error, invalid command"));
      this.#socket.end();
    }
  }

  async #inTurn(previous: Promise<void>, message: QmpMessage): Promise<void> {
    await previous;
    await this.#command(message);
    this.#waiting--;
    if (this.#socket.writableLength > MAX_UNREAD) this.#socket.destroy();
  }

  async #command(message: QmpMessage): Promise<void> {
    const { execute: name, arguments: args = {}, id } = message;
    const reply = (body: object): void => {
      const named = id === undefined ? body : { ...body, id };
      this.#sender.send(named, typeof name === "string" ? name : undefined);
    };
    if (typeof name !== "string") {
      reply(refusal("GenericError", "QMP input lacks member 'execute'"));
      return;
    }
    if (!isObject(args)) {
      reply(refusal("GenericError", "QMP input member 'arguments' must be an object"));
      return;
    }
    if (name === "qmp_capabilities" || !this.#isNegotiated) {
      reply(this.#negotiate(name, args));
      return;
    }
    reply(await this.#run(name, args));
  }

  #negotiate(name: string, args: Readonly<Record<string, unknown>>): object {
    if (name !== "qmp_capabilities") {
      const desc = "Expecting capabilities negotiation with 'qmp_capabilities'";
      return refusal("CommandNotFound", desc);
    }
    if (this.#isNegotiated) {
      const desc = "Capabilities negotiation is already complete, command ignored";
      return refusal("CommandNotFound", desc);
    }
    const { enable } = args;
    if (Array.isArray(enable) && enable.length > 0) {
      return refusal("GenericError", "QMP capability oob not available");
    }
    this.#isNegotiated = true;
    return { return: {} };
  }

  async #run(name: string, args: Readonly<Record<string, unknown>>): Promise<object> {
    try {
      const answer = await this.#handler.answer(name, args);
      if (answer !== "pass-on") return { return: answer.value };
      const given = Object.keys(args).length === 0 ? undefined : args;
      return { return: await this.#monitor.execute(name, given, PASSED_ON) };
    } catch (error) {
      if (error instanceof CommandRefusal) return refusal("GenericError", error.message);
      if (error instanceof QmpError && error.code === "refused") {
        return refusal(error.class ?? "GenericError", error.desc ?? error.message);
      }
      // The emulator is gone, and the client's connection with it.
      this.#socket.end();
      const text = error instanceof Error ? error.message : String(error);
      return refusal("GenericError", text);
    }
  }
}

function refusal(kind: string, desc: string): object {
  return { error: { class: kind, desc } };
}

function now(): { seconds: number; microseconds: number } {
  const milliseconds = Date.now();
  return {
    seconds: Math.floor(milliseconds / 1000),
    microseconds: (milliseconds % 1000) * 1000,
  };
}
