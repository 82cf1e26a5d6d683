// SPDX-License-Identifier: Apache-2.0
// A QMP connection: negotiation, commands matched to answers by id, events, deadlines.
// QEMU: docs/interop/qmp-spec.rst. The peer is not trusted: whatever breaks the protocol ends it.

import type { Duplex } from "node:stream";
import { QmpError } from "./error.ts";
import { MessageLines } from "./lines.ts";
import type { QmpMessage } from "./lines.ts";
import { readGreeting, readReply } from "./messages.ts";
import type { QmpEvent, QmpGreeting } from "./messages.ts";

/** How long something may take, and what ends it earlier. */
export interface QmpDeadline {
  /** Milliseconds; {@link DEFAULT_TIMEOUT_MS} unless given. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Generous: a loaded host answers late, and nothing waits for a host that never does. */
export const DEFAULT_TIMEOUT_MS = 60_000;

/** Arguments of a command. */
export type QmpArguments = Readonly<Record<string, unknown>>;

/** A command that waits for its answer. */
interface Pending {
  readonly command: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: QmpError) => void;
}

/** Commands given up on whose answers may still come. More than these, and the peer is at fault. */
const MAX_ABANDONED = 1024;

/** A connection to one QEMU. Made by {@link QmpClient.open} or `connectQmp`. */
export class QmpClient {
  /** Resolves when the connection is over, with why. Never rejects. */
  readonly closed: Promise<QmpError>;
  readonly #stream: Duplex;
  readonly #pending = new Map<string, Pending>();
  readonly #abandoned = new Set<string>();
  readonly #listeners = new Set<(event: QmpEvent) => void>();
  readonly #resolveClosed: (error: QmpError) => void;
  readonly #greeted: PromiseWithResolvers<QmpGreeting>;
  #greeting: QmpGreeting | undefined;
  #failure: QmpError | undefined;
  #lastId = 0;

  private constructor(stream: Duplex) {
    const { promise, resolve } = Promise.withResolvers<QmpError>();
    this.closed = promise;
    this.#resolveClosed = resolve;
    this.#stream = stream;
    this.#greeted = Promise.withResolvers();
    // Nobody may be waiting for the greeting any more when the connection breaks.
    this.#greeted.promise.catch(() => undefined);
    const lines = new MessageLines();
    stream.on("data", (chunk: Uint8Array) => this.#take(lines, chunk));
    stream.on("error", (error) => {
      const message = `the QMP connection broke: ${error.message}`;
      this.#fail(new QmpError("closed", message, { cause: error }));
    });
    for (const end of ["end", "close"]) {
      stream.on(end, () => this.#fail(new QmpError("closed", "QEMU closed the QMP connection")));
    }
  }

  /**
   * Waits for the greeting on a fresh connection and leaves negotiation mode.
   * @throws {QmpError} `timeout`, `closed`, `protocol`, `refused`, `aborted`; the stream is destroyed.
   */
  static async open(stream: Duplex, deadline: QmpDeadline = {}): Promise<QmpClient> {
    const client = new QmpClient(stream);
    try {
      await bounded(client.#greeted.promise, deadline, {
        what: "QEMU did not greet",
        hint: "QEMU talks to one client at a time: another one may hold this socket",
      });
      await client.execute("qmp_capabilities", undefined, deadline);
      return client;
    } catch (error) {
      client.#fail(
        error instanceof QmpError ? error : new QmpError("closed", "not opened", { cause: error }),
      );
      throw error;
    }
  }

  /** What QEMU said of itself. */
  get greeting(): QmpGreeting {
    if (this.#greeting === undefined) throw new QmpError("protocol", "QEMU has not greeted");
    return this.#greeting;
  }

  /**
   * Runs a command. Several may run at once.
   * @returns what it answered with, not looked into.
   * @throws {QmpError} `refused` with QEMU's class and words, `timeout`, `aborted`, `closed`, `protocol`.
   * After a timeout the connection goes on; the late answer is dropped.
   */
  async execute(
    command: string,
    args?: QmpArguments,
    deadline: QmpDeadline = {},
  ): Promise<unknown> {
    if (this.#failure !== undefined) throw this.#again(this.#failure, command);
    const id = `greenlight-${++this.#lastId}`;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(id, { command, resolve, reject });
    const request = { execute: command, ...(args === undefined ? {} : { arguments: args }), id };
    this.#stream.write(`${JSON.stringify(request)}\n`);
    try {
      return await bounded(promise, deadline, { what: "QEMU did not answer", command });
    } finally {
      if (this.#pending.delete(id)) this.#abandon(id);
    }
  }

  /** Calls `listener` for every event from now on. @returns what stops that. */
  onEvent(listener: (event: QmpEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /**
   * Waits for the next event that is wanted.
   * @throws {QmpError} `timeout`, `aborted`; `closed` or `protocol` when the connection ends before.
   */
  async waitForEvent(
    wanted: (event: QmpEvent) => boolean,
    deadline: QmpDeadline = {},
  ): Promise<QmpEvent> {
    const { promise, resolve, reject } = Promise.withResolvers<QmpEvent>();
    const stop = this.onEvent((event) => {
      if (wanted(event)) resolve(event);
    });
    void this.closed.then(reject);
    try {
      return await bounded(promise, deadline, { what: "the awaited event did not come" });
    } finally {
      stop();
    }
  }

  /** Ends the connection; QEMU and the guest stay as they are. */
  close(): void {
    this.#fail(new QmpError("closed", "the QMP connection was closed on this side"));
  }

  #take(lines: MessageLines, chunk: Uint8Array): void {
    if (this.#failure !== undefined) return;
    try {
      for (const message of lines.take(chunk)) {
        this.#dispatch(message);
        // Set by #fail, which a listener may have called.
        if (this.#isOver()) return;
      }
    } catch (error) {
      if (!(error instanceof QmpError)) throw error;
      this.#fail(error);
    }
  }

  #isOver(): boolean {
    return this.#failure !== undefined;
  }

  #dispatch(message: QmpMessage): void {
    if (this.#greeting === undefined) {
      this.#greeting = readGreeting(message);
      this.#greeted.resolve(this.#greeting);
      return;
    }
    const reply = readReply(message);
    if (reply.kind === "event") {
      for (const listener of this.#listeners) listener(reply.event);
      return;
    }
    const { id } = reply;
    if (id === undefined) {
      const words = reply.kind === "error" ? reply.desc : "";
      throw new QmpError("protocol", `QEMU did not understand a command: ${words}`);
    }
    const pending = this.#pending.get(id);
    if (pending === undefined) {
      if (this.#abandoned.delete(id)) return;
      throw new QmpError("protocol", "QEMU answered a command that does not wait for an answer");
    }
    this.#pending.delete(id);
    if (reply.kind === "return") {
      pending.resolve(reply.value);
      return;
    }
    const { command } = pending;
    const parts = { command, class: reply.class, desc: reply.desc };
    pending.reject(new QmpError("refused", `QEMU refused ${command}: ${reply.desc}`, parts));
  }

  #abandon(id: string): void {
    if (this.#failure !== undefined) return;
    this.#abandoned.add(id);
    if (this.#abandoned.size > MAX_ABANDONED) {
      this.#fail(new QmpError("closed", `QEMU left ${MAX_ABANDONED} commands without an answer`));
    }
  }

  #fail(failure: QmpError): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#stream.destroy();
    this.#greeted.reject(failure);
    for (const [id, { command, reject }] of this.#pending) {
      this.#pending.delete(id);
      reject(this.#again(failure, command));
    }
    this.#listeners.clear();
    this.#resolveClosed(failure);
  }

  /** The end of the connection, as the error of one command. */
  #again(failure: QmpError, command: string): QmpError {
    const message = `${failure.message} (before it answered ${command})`;
    const { hint } = failure;
    return new QmpError(failure.code, message, { command, hint, cause: failure });
  }
}

/** What is told when a deadline passes. */
interface Waiting {
  readonly what: string;
  readonly command?: string;
  readonly hint?: string;
}

async function bounded<T>(
  promise: Promise<T>,
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: QmpDeadline,
  { what, command, hint }: Waiting,
): Promise<T> {
  const about = command === undefined ? "" : ` ${command}`;
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(
      new QmpError("timeout", `${what}${about} within ${timeoutMs / 1000} s`, { command, hint }),
    );
  }, timeoutMs);
  const onAbort = (): void => {
    reject(
      new QmpError("aborted", `stopped before${about} was answered`, {
        command,
        cause: signal?.reason,
      }),
    );
  };
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, ended]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    // The loser of the race may still reject; that was told already.
    promise.catch(() => undefined);
  }
}
