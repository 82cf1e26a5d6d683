// SPDX-License-Identifier: Apache-2.0
// The thread that executes a target: for a whole run, or ("probe") one input at a time on demand.

import { parentPort, workerData } from "node:worker_threads";
import { Coverage } from "./coverage.ts";
import { execute, Slot } from "./execute.ts";
import { Fuzzer, STACK_LINES } from "./fuzzer.ts";
import { loadTarget, type Failure, type Job, type Progress } from "./target.ts";

/** What the thread is told at its start. */
export interface Order {
  readonly job: Job;
  readonly probe: boolean;
}

/** What the thread says. `slot` comes first, `done` or (for a probe) `answer` last. */
export type Message =
  | { type: "slot"; buffer: SharedArrayBuffer }
  | { type: "progress"; progress: Progress }
  | { type: "crash"; failure: Failure; data: Uint8Array }
  | { type: "answer"; failure: Failure | undefined }
  | { type: "done"; digest: string; uncovered: string[] };

const { job, probe } = workerData as Order;
const say = (message: Message): void => parentPort?.postMessage(message);

let covers = /\/packages\/[^/]+\/src\//;
// Code compiled before counting starts is never counted, so this comes before the import.
const coverage = probe ? undefined : new Coverage((url) => covers.test(url));
const target = await loadTarget(job);
if (target === undefined) throw new Error(`subject ${job.subject} has no target ${job.target}`);
covers = target.covers ?? covers;

if (coverage === undefined) {
  Error.stackTraceLimit = STACK_LINES;
  const slot = new Slot(0);
  say({ type: "slot", buffer: slot.buffer });
  parentPort?.on("message", (data: Uint8Array) => {
    say({ type: "answer", failure: execute(target, data, new Slot(data.length), job) });
  });
} else {
  const fuzzer = new Fuzzer(target, coverage, job, {
    progress: (progress) => say({ type: "progress", progress }),
    crash: (failure, data) => say({ type: "crash", failure, data }),
  });
  say({ type: "slot", buffer: fuzzer.slot.buffer });
  const digest = fuzzer.run();
  say({ type: "done", digest, uncovered: coverage.uncovered() });
}
