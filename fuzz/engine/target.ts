// SPDX-License-Identifier: Apache-2.0
// What a fuzz target is, and what is said about one execution of it.

/** A decoder under test, with what the fuzzer needs to know about its input. */
export interface Target {
  readonly name: string;
  /** Starting inputs; may be empty. All of them stay in the corpus. */
  seeds(): Uint8Array[];
  /** Byte strings worth inserting whole: magic numbers, GUIDs, keywords. */
  readonly dictionary?: readonly Uint8Array[];
  /** Longest input tried, in bytes; 4096 if not given. A longer seed raises it. */
  readonly maxLength?: number;
  /** The input is text (JSON, hex, base64, argument lists): use the text mutators as well. */
  readonly text?: boolean;
  /** Scripts whose blocks guide the search, by URL. Default: packages/<any>/src. */
  readonly covers?: RegExp;
  /** Feeds one input to the decoder. Must not keep state between calls. */
  run(data: Uint8Array): void;
  /** True for the errors the decoder declares; anything else thrown by run() is a crash. */
  expected(error: unknown): boolean;
}

/** What a module of targets exports: one loader a subject, so that a run loads one subject. */
export interface TargetIndex {
  readonly subjects: Readonly<Record<string, () => Promise<{ targets: readonly Target[] }>>>;
}

/** How an execution failed: an undeclared error, no answer in time, or too much memory. */
export type CrashKind = "error" | "hang" | "memory";

/** A failure, without its input. Two failures with one signature are taken for one defect. */
export interface Failure {
  readonly kind: CrashKind;
  readonly signature: string;
  readonly detail: string;
}

/** Limits of one execution. */
export interface Limits {
  readonly timeoutMs: number;
  /** Growth of heap and array buffers by one execution that counts as a crash, in bytes. */
  readonly memoryBytes: number;
}

/** Everything a worker needs to run one target. */
export interface Job extends Limits {
  /** URL of the module that exports `subjects`. */
  readonly index: string;
  readonly subject: string;
  readonly target: string;
  readonly seed: number;
  /** Stop after this many executions; Infinity: by time only. */
  readonly runs: number;
  readonly seconds: number;
  readonly maxLength?: number | undefined;
  /** Folder of the kept corpus; entries are read from and written to <folder>/<target>/. */
  readonly corpus?: string | undefined;
}

/** State of a run, sent every few seconds and at its end. */
export interface Progress {
  readonly executions: number;
  readonly seconds: number;
  readonly corpus: number;
  readonly covered: number;
  readonly known: number;
}

/** Loads one target of an index; undefined when the subject has no target of that name. */
export async function loadTarget(
  job: Pick<Job, "index" | "subject" | "target">,
): Promise<Target | undefined> {
  const index = (await import(job.index)) as TargetIndex;
  const subject = await index.subjects[job.subject]?.();
  return subject?.targets.find((target) => target.name === job.target);
}
