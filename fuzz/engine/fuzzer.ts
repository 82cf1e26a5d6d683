// SPDX-License-Identifier: Apache-2.0
// The search: batches of mutated inputs; those that reach new blocks become parents of others.

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { constantsOf } from "./constants.ts";
import type { Coverage } from "./coverage.ts";
import { execute, memory, Slot } from "./execute.ts";
import { Mutator } from "./mutate.ts";
import { Random } from "./random.ts";
import type { Failure, Job, Progress, Target } from "./target.ts";

/** A batch shrinks when it finds something, so that the find is used soon, and else grows. */
const BATCH = { smallest: 64, largest: 1024 };
/** A target with this many distinct defects needs mending, not more fuzzing. */
const ENOUGH_CRASHES = 20;

/** Lines of a stack trace that people get to see. */
export const STACK_LINES = 12;
const PROGRESS_MS = 5000;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

export interface Listener {
  progress(progress: Progress): void;
  crash(failure: Failure, data: Uint8Array): void;
}

/** One run of one target. Without `--seconds` everything depends on the job and the code only. */
export class Fuzzer {
  readonly slot: Slot;
  readonly #target: Target;
  readonly #coverage: Coverage;
  readonly #job: Job;
  readonly #listener: Listener;
  readonly #random: Random;
  readonly #maxLength: number;
  readonly #seeds: readonly Uint8Array[];
  readonly #corpus: Uint8Array[] = [];
  readonly #signatures = new Set<string>();
  #executions = 0;
  #baseline = 0;
  #corpusBytes = 0;

  constructor(target: Target, coverage: Coverage, job: Job, listener: Listener) {
    this.#target = target;
    this.#coverage = coverage;
    this.#job = job;
    this.#listener = listener;
    this.#random = new Random(job.seed, target.name);
    this.#seeds = target.seeds();
    const lengths = this.#seeds.map((seed) => seed.length);
    this.#maxLength = job.maxLength ?? Math.max(target.maxLength ?? 4096, ...lengths);
    this.slot = new Slot(this.#maxLength);
  }

  /** Fuzzes until the job's end. Returns a hash over the corpus, which tells runs apart. */
  run(): string {
    const started = performance.now();
    let reported = started;
    const seconds = (): number => (performance.now() - started) / 1000;
    this.#coverage.forget();
    this.#plant();
    const mutator = this.#mutator();
    this.#baseline = memory();
    let size = BATCH.smallest;
    while (
      this.#executions < this.#job.runs &&
      seconds() < this.#job.seconds &&
      this.#signatures.size < ENOUGH_CRASHES
    ) {
      const count = Math.min(size, this.#job.runs - this.#executions);
      const batch = Array.from({ length: count }, () =>
        mutator.mutate(this.#parent(), this.#random.pick(this.#corpus)),
      );
      const found = this.#try(batch);
      this.#executions += count;
      if (this.#hoards()) break;
      size = Math.max(BATCH.smallest, Math.min(BATCH.largest, found ? size / 2 : size * 2));
      if (performance.now() - reported > PROGRESS_MS) {
        reported = performance.now();
        this.#listener.progress(this.#progress(seconds()));
      }
    }
    this.#listener.progress(this.#progress(seconds()));
    const hash = createHash("sha256");
    for (const data of this.#corpus) hash.update(`${data.length}:`).update(data);
    return hash.digest("hex");
  }

  /** True (and reported) if executions leave ever more memory behind. */
  #hoards(): boolean {
    const grown = (): number => memory() - this.#baseline - this.#corpusBytes;
    if (grown() <= this.#job.memoryBytes) return false;
    collectGarbage();
    collectGarbage(); // the second one waits for the first one's array buffers to be freed
    if (grown() <= this.#job.memoryBytes) return false;
    const detail = `${Math.round(grown() / 2 ** 20)} MiB are still held after the executions so far`;
    this.#listener.crash({ kind: "memory", signature: "hoard", detail }, new Uint8Array(0));
    return true;
  }

  #progress(seconds: number): Progress {
    const corpus = this.#corpus.length;
    return { executions: this.#executions, seconds, corpus, ...this.#coverage.blocks() };
  }

  /** Runs the first inputs: none at all, the target's seeds, and what earlier runs kept. */
  #plant(): void {
    const fits = (data: Uint8Array): boolean => data.length <= this.#maxLength;
    const first = [new Uint8Array(0), ...this.#seeds].filter(fits);
    for (const data of first) {
      this.#executions++;
      this.#execute(data);
      this.#coverage.commit(this.#coverage.take());
    }
    this.#corpus.push(...first);
    const folder = this.#folder();
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    const kept = readdirSync(folder).toSorted();
    const inputs = kept
      .map((name) => new Uint8Array(readFileSync(join(folder, name))))
      .filter(fits);
    for (const data of inputs) this.#try([data]);
    this.#executions += inputs.length;
  }

  /** Made after the first executions, because only then the sources under test are known. */
  #mutator(): Mutator {
    return new Mutator(this.#random, this.#maxLength, {
      dictionary: this.#target.dictionary ?? [],
      text: this.#target.text ?? false,
      ...constantsOf(this.#coverage.sources()),
    });
  }

  /** The later of two random entries: what was found last is likeliest to lead further. */
  #parent(): Uint8Array {
    const { length } = this.#corpus;
    const index = Math.max(this.#random.below(length), this.#random.below(length));
    return this.#corpus[index] ?? new Uint8Array(0);
  }

  /** Runs a batch. When it reached something new, finds by halving which inputs did. */
  #try(batch: readonly Uint8Array[]): boolean {
    const crashed = batch.map((data) => this.#execute(data));
    const fresh = this.#coverage.take();
    if (fresh.length === 0) return false;
    if (batch.length === 1) {
      this.#coverage.commit(fresh);
      if (batch[0] !== undefined && crashed[0] === false) this.#keep(batch[0]);
      return true;
    }
    const half = batch.length >> 1;
    this.#try(batch.slice(0, half));
    this.#try(batch.slice(half));
    // What the halves do not show again (code that runs once only) must not be searched for again.
    this.#coverage.commit(fresh);
    return true;
  }

  #keep(data: Uint8Array): void {
    this.#corpus.push(data);
    this.#corpusBytes += data.length;
    const folder = this.#folder();
    if (folder === undefined) return;
    const name = createHash("sha256").update(data).digest("hex").slice(0, 16);
    writeFileSync(join(folder, `${name}.bin`), data);
  }

  #folder(): string | undefined {
    return this.#job.corpus === undefined ? undefined : join(this.#job.corpus, this.#target.name);
  }

  /** Runs one input, reports its defect if it is the first of its kind; true if it crashed. */
  #execute(data: Uint8Array): boolean {
    // Stack traces cost more than small decoders do; they are taken on a second execution.
    Error.stackTraceLimit = 0;
    const failure = execute(this.#target, data, this.slot, this.#job);
    if (failure === undefined) return false;
    Error.stackTraceLimit = STACK_LINES;
    const isError = failure.kind === "error";
    const again = (isError && execute(this.#target, data, this.slot, this.#job)) || failure;
    if (!this.#signatures.has(again.signature)) {
      this.#signatures.add(again.signature);
      this.#listener.crash(again, data);
    }
    return true;
  }
}
