// SPDX-License-Identifier: Apache-2.0
// Guest memory through QEMU's qtest socket: one line asks, one line answers. It works while the
// processors stand and while they run. QEMU: docs/devel/testing/qtest.rst.

import { connect } from "node:net";
import type { Socket } from "node:net";
import { LabError } from "../error.ts";
import { TextLines } from "../text-lines.ts";

/** Bytes moved with one command; each takes two digits on its line. */
const CHUNK = 64 * 1024;

/** Longest line of an answer. */
const MAX_LINE = 2 * CHUNK + 64;

/** An answer that does not come for so long will not come. */
const DEADLINE_MS = 60_000;

/** Reads and writes guest physical memory. */
export class GuestMemory {
  readonly #socket: Socket;
  readonly #waiting: ((line: string | LabError) => void)[] = [];
  #failure: LabError | undefined;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(socket: Socket) {
    this.#socket = socket;
    const lines = new TextLines(MAX_LINE);
    socket.on("data", (chunk: Buffer) => {
      try {
        for (const line of lines.take(chunk)) this.#waiting.shift()?.(line);
      } catch (error) {
        if (!(error instanceof LabError)) throw error;
        this.#fail(error);
      }
    });
    socket.on("error", (error) => {
      this.#fail(new LabError("emulator", "the qtest connection broke", undefined, error));
    });
    socket.on("close", () => this.#fail(new LabError("emulator", "the emulator is gone")));
  }

  /** @throws {LabError} `emulator` when nothing serves the socket. */
  static async open(path: string): Promise<GuestMemory> {
    const socket = connect(path);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", () => resolve());
      socket.once("error", (error) => {
        reject(new LabError("emulator", `no qtest at ${path}`, undefined, error));
      });
    });
    return new GuestMemory(socket);
  }

  /** @throws {LabError} `emulator`. */
  async write(address: number, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += CHUNK) {
      const part = bytes.subarray(at, at + CHUNK);
      const hex = Buffer.from(part).toString("hex");
      await this.#command(
        `write 0x${(address + at).toString(16)} 0x${part.length.toString(16)} 0x${hex}`,
      );
    }
  }

  /** @throws {LabError} `emulator`. */
  async read(address: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += CHUNK) {
      const size = Math.min(CHUNK, length - at);
      const answer = await this.#command(
        `read 0x${(address + at).toString(16)} 0x${size.toString(16)}`,
      );
      const hex = /^0x([0-9a-f]+)$/.exec(answer)?.[1] ?? "";
      if (hex.length !== 2 * size) throw new LabError("emulator", "qtest read gave other bytes");
      bytes.set(Buffer.from(hex, "hex"), at);
    }
    return bytes;
  }

  close(): void {
    this.#fail(new LabError("emulator", "the qtest connection was closed"));
  }

  /** One command at a time. @returns what follows `OK`. */
  async #command(line: string): Promise<string> {
    const run = this.#last.then(async () => this.#exchange(line));
    // The next command goes on whatever became of this one.
    this.#last = run.catch(() => undefined);
    return run;
  }

  async #exchange(line: string): Promise<string> {
    if (this.#failure !== undefined) throw this.#failure;
    const { promise, resolve } = Promise.withResolvers<string | LabError>();
    this.#waiting.push(resolve);
    this.#socket.write(`${line}\n`);
    const timer = setTimeout(() => {
      this.#fail(new LabError("emulator", "the emulator did not answer on its qtest socket"));
    }, DEADLINE_MS);
    const answer = await promise;
    clearTimeout(timer);
    if (answer instanceof LabError) throw answer;
    // What was asked may hold a secret, so it is not repeated.
    if (!answer.startsWith("OK")) throw new LabError("emulator", "qtest refused a command");
    return answer.slice(2).trim();
  }

  #fail(failure: LabError): void {
    this.#failure ??= failure;
    this.#socket.destroy();
    for (const resolve of this.#waiting.splice(0)) resolve(failure);
  }
}
