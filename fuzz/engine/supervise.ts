// SPDX-License-Identifier: Apache-2.0
// Runs a job in a thread that can be killed: an endless execution ends the run, not the fuzzer.

import { setTimeout as sleep } from "node:timers/promises";
import { Slot } from "./execute.ts";
import { minimise } from "./minimise.ts";
import { death, hang, Probe, startWorker } from "./probe.ts";
import type { Failure, Job, Progress } from "./target.ts";
import type { Message } from "./worker.ts";

/** A defect with the shortest input found for it. */
export interface Crash extends Failure {
  readonly data: Uint8Array;
  /** False: the input alone, in a fresh thread, does not fail; it needs what ran before. */
  readonly reproduced: boolean;
}

/** The result of a job. `digest` identifies the corpus; absent when a hang ended the run. */
export interface Report {
  readonly job: Job;
  readonly progress: Progress;
  readonly crashes: readonly Crash[];
  readonly digest?: string;
  readonly uncovered: readonly string[];
}

interface Found {
  readonly failure: Failure;
  readonly data: Uint8Array;
}

/** Runs one job to its end, then minimises what it found. Rejects when the target cannot start. */
export async function supervise(
  job: Job,
  onProgress: (progress: Progress) => void = () => {},
): Promise<Report> {
  const started = performance.now();
  const found: Found[] = [];
  let progress: Progress = { executions: 0, seconds: 0, corpus: 0, covered: 0, known: 0 };
  let end: { digest?: string; uncovered: readonly string[] } = { uncovered: [] };
  let slot: Slot | undefined;
  let watching: Promise<void> | undefined;
  let isOver = false;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stopWith = (last: Found | undefined): void => {
    if (last === undefined) return;
    found.push(last);
    // The thread can no longer say how far it came; its own count includes repetitions.
    const executions = Math.max(progress.executions, slot?.count() ?? 0);
    progress = { ...progress, executions, seconds: (performance.now() - started) / 1000 };
    resolve();
  };
  const probe = new Probe(job);
  const worker = startWorker({ job, probe: false });
  worker.on("message", (message: Message) => {
    if (message.type === "progress") onProgress((progress = message.progress));
    else if (message.type === "crash") found.push(message);
    else if (message.type === "slot") {
      slot = new Slot(message.buffer);
      watching = waitForHang(slot, job, probe, () => isOver).then(stopWith, reject);
    } else if (message.type === "done") {
      end = message;
      resolve();
    }
  });
  worker.on("error", (error: Error) => {
    // An error outside an execution is a fault of the target's definition or of the fuzzer.
    if (slot === undefined || slot.sequence() % 2 === 0) reject(error);
    else stopWith({ failure: death(error), data: slot.input() });
  });
  try {
    await promise;
    isOver = true;
    await Promise.all([watching, worker.terminate()]);
    const crashes: Crash[] = [];
    for (const { failure, data } of found) {
      crashes.push({ ...failure, ...(await minimise(data, failure, probe, job.timeoutMs)) });
    }
    const { digest, uncovered } = end;
    return { job, progress, crashes, uncovered, ...(digest === undefined ? {} : { digest }) };
  } finally {
    isOver = true;
    await Promise.all([watching, worker.terminate()]);
    await probe.close();
  }
}

/** Waits until one execution goes on for too long; undefined when told to stop before that. */
async function waitForHang(
  slot: Slot,
  job: Job,
  probe: Probe,
  isOver: () => boolean,
): Promise<Found | undefined> {
  let sequence = -1;
  let since = 0;
  let patience = job.timeoutMs;
  while (!isOver()) {
    const now = performance.now();
    if (slot.sequence() !== sequence) {
      sequence = slot.sequence();
      since = now;
      patience = job.timeoutMs;
    } else if (sequence % 2 === 1 && now - since > patience) {
      // The machine may just be busy: the input hangs if it also hangs in another thread, or if it
      // has still not come back after five times the limit.
      const data = slot.input();
      const again = await probe.run(data);
      if (slot.sequence() !== sequence) continue;
      if (again !== undefined || patience > job.timeoutMs) {
        return { failure: again ?? hang(job.timeoutMs), data };
      }
      patience = 5 * job.timeoutMs;
    }
    await sleep(job.timeoutMs / 8);
  }
  return undefined;
}
