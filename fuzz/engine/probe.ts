// SPDX-License-Identifier: Apache-2.0
// Executes single inputs, in a thread that is replaced whenever one hangs or kills it.

import { Worker } from "node:worker_threads";
import type { Failure, Job } from "./target.ts";
import type { Message, Order } from "./worker.ts";

/**
 * Starts a thread for the order. The heap may grow far enough for the time limit to come first:
 * V8 ends the whole process, and with it the evidence, when a thread's heap is full. The stack is
 * as large as that of a main thread, where users run the same code.
 */
export function startWorker(order: Order): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), {
    workerData: order,
    resourceLimits: { maxOldGenerationSizeMb: 4096, stackSizeMb: 1 },
  });
}

/** One input at a time; callers wait for the answer before they ask again. */
export class Probe {
  readonly #job: Job;
  #worker: Worker | undefined;

  constructor(job: Job) {
    this.#job = job;
  }

  /** How the input fails; undefined when it is accepted or refused with a declared error. */
  async run(data: Uint8Array, timeoutMs = this.#job.timeoutMs): Promise<Failure | undefined> {
    const isNew = this.#worker === undefined;
    const worker = (this.#worker ??= startWorker({ job: this.#job, probe: true }));
    const { promise, resolve } = Promise.withResolvers<Failure | undefined>();
    let isAlive = true;
    const die = (failure: Failure): void => {
      isAlive = false;
      resolve(failure);
    };
    let timer: NodeJS.Timeout | undefined;
    const go = (): void => {
      worker.postMessage(data);
      timer = setTimeout(() => die(hang(timeoutMs)), timeoutMs);
    };
    worker.removeAllListeners();
    worker.on("error", (error: Error) => die(death(error)));
    worker.on("message", (message: Message) => {
      if (message.type === "slot") go();
      else if (message.type === "answer") resolve(message.failure);
    });
    if (!isNew) go();
    const failure = await promise;
    clearTimeout(timer);
    if (!isAlive) await this.close();
    return failure;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }
}

/** The failure of an execution that was given up. */
export function hang(timeoutMs: number): Failure {
  return { kind: "hang", signature: "hang", detail: `no answer within ${timeoutMs} ms` };
}

/** The failure of an execution that ended its thread. */
export function death(error: Error & { code?: string }): Failure {
  if (error.code === "ERR_WORKER_OUT_OF_MEMORY") {
    return { kind: "memory", signature: "memory", detail: error.message };
  }
  return { kind: "error", signature: `death ${error.name}`, detail: error.stack ?? error.message };
}
