// SPDX-License-Identifier: Apache-2.0
// The report port as files: what reads evidence out of a guest through configfs-tsm works over a stream
// that leads to the port, unchanged.

import { constants } from "node:os";
import { basename, dirname } from "node:path";
import type { Duplex } from "node:stream";
import { MAX_CHANNEL_LINE } from "../../guest/channels.ts";
import type { TsmFile, TsmFiles } from "../../tsm/index.ts";
import { LabError } from "../error.ts";
import { TextLines } from "../text-lines.ts";
import { formatOperation, parseAnswer } from "./protocol.ts";
import type { TsmAnswer, TsmOperation } from "./protocol.ts";

/** The kernel waits a minute for a busy host. */
const DEADLINE_MS = 60_000;

/** Names of system errors; whatever else a port names becomes EIO. */
type Errno = keyof typeof constants.errno;

/** File operations over a report port: the guest's end of it, or a stream that leads there. */
export function channelFiles(stream: Duplex): TsmFiles {
  const port = new ReportPort(stream);
  return {
    async mkdir(path) {
      await port.run({ kind: "mkdir", entry: basename(path) });
    },
    async rmdir(path) {
      await port.run({ kind: "rmdir", entry: basename(path) });
    },
    open(path) {
      return Promise.resolve(new PortFile(port, basename(dirname(path)), basename(path)));
    },
    isConfigfs: () => Promise.resolve(true),
  };
}

/** An open attribute. */
class PortFile implements TsmFile {
  readonly #port: ReportPort;
  readonly #entry: string;
  readonly #attribute: string;
  #content: Uint8Array | undefined;
  #at = 0;

  constructor(port: ReportPort, entry: string, attribute: string) {
    this.#port = port;
    this.#entry = entry;
    this.#attribute = attribute;
  }

  async read(target: Uint8Array): Promise<number> {
    const [entry, attribute] = [this.#entry, this.#attribute];
    this.#content ??= await this.#port.run({ kind: "read", entry, attribute });
    const part = this.#content.subarray(this.#at, this.#at + target.length);
    target.set(part);
    this.#at += part.length;
    return part.length;
  }

  async write(bytes: Uint8Array): Promise<number> {
    const [entry, attribute] = [this.#entry, this.#attribute];
    await this.#port.run({ kind: "write", entry, attribute, bytes });
    return bytes.length;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Operations and answers, one after the other. */
class ReportPort {
  readonly #stream: Duplex;
  #waiting: ((answer: TsmAnswer | Error) => void) | undefined;
  #failure: Error | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(stream: Duplex) {
    this.#stream = stream;
    const lines = new TextLines(MAX_CHANNEL_LINE);
    stream.on("data", (chunk: Uint8Array) => {
      try {
        for (const line of lines.take(chunk)) {
          this.#settle(parseAnswer(line) ?? systemError("EBADMSG"));
        }
      } catch (error) {
        this.#fail(error instanceof LabError ? systemError("EFBIG") : systemError("EIO"));
      }
    });
    for (const event of ["error", "end", "close"]) {
      stream.on(event, () => this.#fail(systemError("EIO")));
    }
  }

  async run(operation: TsmOperation): Promise<Uint8Array> {
    const run = this.#last.then(async () => this.#exchange(operation));
    // The next operation goes on whatever became of this one.
    this.#last = run.catch(() => undefined);
    return run;
  }

  async #exchange(operation: TsmOperation): Promise<Uint8Array> {
    if (this.#failure !== undefined) throw this.#failure;
    const { promise, resolve } = Promise.withResolvers<TsmAnswer | Error>();
    this.#waiting = resolve;
    this.#stream.write(`${formatOperation(operation)}\n`);
    // A late answer would be taken for that of the next operation, so the port is over.
    const timer = setTimeout(() => this.#fail(systemError("ETIMEDOUT")), DEADLINE_MS);
    const answer = await promise;
    clearTimeout(timer);
    if (answer instanceof Error) throw answer;
    if (answer.kind === "ok") return answer.bytes;
    throw systemError(isErrno(answer.errno) ? answer.errno : "EIO");
  }

  #settle(answer: TsmAnswer | Error): void {
    const resolve = this.#waiting;
    this.#waiting = undefined;
    resolve?.(answer);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#settle(this.#failure);
  }
}

function isErrno(name: string): name is Errno {
  return Object.hasOwn(constants.errno, name);
}

/** An error as node:fs makes it of the kernel's error number. */
function systemError(errno: Errno): Error {
  const number = -constants.errno[errno];
  const message = `${errno}: report port`;
  return Object.assign(new Error(message), { code: errno, errno: number });
}
