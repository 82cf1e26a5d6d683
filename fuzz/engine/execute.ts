// SPDX-License-Identifier: Apache-2.0
// One execution of a target, and the judgement on it.

import { getHeapStatistics } from "node:v8";
import type { Failure, Limits, Target } from "./target.ts";

/**
 * The input being executed, in memory that the supervising thread can read while this thread is
 * stuck. Word 0: number of begun and ended executions, odd while one runs. Word 1: input length.
 */
export class Slot {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(from: number | SharedArrayBuffer) {
    this.buffer = typeof from === "number" ? new SharedArrayBuffer(8 + from) : from;
    this.#words = new Int32Array(this.buffer, 0, 2);
    this.#bytes = new Uint8Array(this.buffer, 8);
  }

  begin(data: Uint8Array): void {
    this.#bytes.set(data);
    this.#words[1] = data.length;
    Atomics.add(this.#words, 0, 1);
  }

  end(): void {
    Atomics.add(this.#words, 0, 1);
  }

  /** Changes with every begin and end; odd while an execution runs. */
  sequence(): number {
    return Atomics.load(this.#words, 0);
  }

  /** How many executions began. */
  count(): number {
    return (this.sequence() + 1) >>> 1;
  }

  input(): Uint8Array {
    return this.#bytes.slice(0, this.#words[1]);
  }
}

/** Bytes held by this thread's heap and array buffers, garbage included. */
export const memory = (): number => {
  const heap = getHeapStatistics();
  return heap.used_heap_size + heap.external_memory;
};

/** Runs one input. Returns how it failed, or undefined when it was accepted or properly refused. */
export function execute(
  target: Target,
  data: Uint8Array,
  slot: Slot,
  limits: Limits,
): Failure | undefined {
  const before = memory();
  const start = performance.now();
  slot.begin(data);
  let failure: Failure | undefined;
  try {
    target.run(data);
  } catch (error) {
    if (!target.expected(error)) failure = failureOf(error);
  }
  slot.end();
  if (failure !== undefined) return failure;
  const elapsed = performance.now() - start;
  if (elapsed > limits.timeoutMs) {
    return { kind: "hang", signature: "hang", detail: `took ${Math.round(elapsed)} ms` };
  }
  const grown = memory() - before;
  if (grown > limits.memoryBytes) {
    const mebibytes = Math.round(grown / 2 ** 20);
    return { kind: "memory", signature: "memory", detail: `took ${mebibytes} MiB of memory` };
  }
  return undefined;
}

/** Names an undeclared error by its class and the place that threw it. */
function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) {
    const detail = `threw ${typeof error}: ${String(error)}`;
    return { kind: "error", signature: detail, detail };
  }
  const lines = (error.stack ?? String(error)).split("\n");
  const detail = lines.filter((line) => !line.includes("/fuzz/engine/")).join("\n");
  const place = /\(?(file:\S+?:\d+:\d+)\)?/.exec(detail)?.[1] ?? "";
  // Where the stack ends is an accident, so a stack overflow is named by its message alone.
  const isOverflow = error instanceof RangeError && error.message.includes("call stack");
  return { kind: "error", signature: `${error.name} ${isOverflow ? "overflow" : place}`, detail };
}
