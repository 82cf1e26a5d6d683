// SPDX-License-Identifier: Apache-2.0
// Asking a platform that is served: one command at a time, each with a deadline.

import { connect } from "node:net";
import type { Socket } from "node:net";
import { PspError } from "./error.ts";
import { LineCutter } from "./lines.ts";

/** Milliseconds for one answer, unless said otherwise. Making a key of a new seed takes seconds. */
const PATIENCE = 60_000;

/** A connection to a platform. */
export interface PspClient {
  /**
   * Runs a command.
   * @param values Arguments as JSON has them: bytes in base64.
   * @returns Its outputs, likewise.
   * @throws {PspError} `refused` with the status, `timeout`, `closed`, `bad-answer`.
   */
  execute(name: string, values?: object): Promise<Readonly<Record<string, unknown>>>;
  close(): void;
}

/**
 * Connects to the socket of a served platform.
 * @throws {PspError} `no-server` when nobody listens there.
 */
export async function connectPsp(
  path: string,
  { patience = PATIENCE }: { readonly patience?: number } = {},
): Promise<PspClient> {
  const socket = await connected(path);
  return new Client(socket, patience);
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.removeAllListeners("error");
      resolve(socket);
    });
    socket.once("error", () => {
      reject(
        new PspError("no-server", `no simulated platform is served at ${JSON.stringify(path)}`, {
          hint: "greenlight simulate start --folder FOLDER serves one, in another terminal",
        }),
      );
    });
  });
}

interface Waiting {
  readonly id: number;
  readonly resolve: (line: Readonly<Record<string, unknown>>) => void;
  readonly reject: (error: PspError) => void;
}

class Client implements PspClient {
  readonly #socket: Socket;
  readonly #patience: number;
  readonly #cutter = new LineCutter();
  #waiting: Waiting | undefined;
  #nextId = 1;
  #end: PspError | undefined;

  constructor(socket: Socket, patience: number) {
    this.#socket = socket;
    this.#patience = patience;
    socket.on("data", (chunk) => this.#take(Buffer.from(chunk)));
    socket.on("error", () => this.#finish(new PspError("closed", "the connection broke")));
    socket.on("close", () => this.#finish(new PspError("closed", "the platform hung up")));
  }

  async execute(name: string, values: object = {}): Promise<Readonly<Record<string, unknown>>> {
    if (this.#end !== undefined) throw this.#end;
    if (this.#waiting !== undefined) throw new Error("one command at a time");
    const id = this.#nextId++;
    const line = `${JSON.stringify({ id, execute: name, arguments: values })}\n`;
    const answer = await new Promise<Readonly<Record<string, unknown>>>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#finish(new PspError("timeout", `${name} was not answered in time`));
      }, this.#patience);
      const over = (): void => {
        clearTimeout(timer);
        this.#waiting = undefined;
      };
      this.#waiting = {
        id,
        resolve: (value) => (over(), resolve(value)),
        reject: (error) => (over(), reject(error)),
      };
      this.#socket.write(line);
    });
    return outputsOf(name, answer);
  }

  close(): void {
    this.#finish(new PspError("closed", "the connection is closed"));
  }

  #take(chunk: Buffer): void {
    const lines = this.#cutter.push(chunk);
    if (lines === undefined) {
      this.#finish(new PspError("bad-answer", "an answer is too long"));
      return;
    }
    for (const line of lines) {
      const answer = parsed(line);
      if (answer === undefined || this.#waiting === undefined) {
        this.#finish(new PspError("bad-answer", "what came is no answer to a command"));
        return;
      }
      // An answer without id is to a line that the server could not read.
      if (answer["id"] !== this.#waiting.id && answer["id"] !== null) {
        this.#finish(new PspError("bad-answer", "the answer is to another command"));
        return;
      }
      this.#waiting.resolve(answer);
    }
  }

  #finish(error: PspError): void {
    this.#end ??= error;
    this.#waiting?.reject(error);
    this.#socket.destroy();
  }
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return objectOf(JSON.parse(line));
  } catch {
    // Not JSON: told by the caller, without the line.
    return undefined;
  }
}

function outputsOf(
  name: string,
  answer: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const error = objectOf(answer["error"]);
  if (error !== undefined) {
    const status = typeof error["status"] === "string" ? error["status"] : "unknown status";
    const desc = typeof error["desc"] === "string" ? error["desc"] : "no reason given";
    throw new PspError("refused", `${name}: ${status} (${desc})`, { status });
  }
  const result = answer["return"];
  const outputs = Array.isArray(result) ? { list: result } : objectOf(result);
  if (outputs === undefined) throw new PspError("bad-answer", `${name} was answered with nothing`);
  return outputs;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return { ...value };
}
