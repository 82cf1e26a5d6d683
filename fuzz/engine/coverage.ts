// SPDX-License-Identifier: Apache-2.0
// Which blocks of the code under test have run: V8's precise block coverage, read through the
// inspector of this thread.
//
// Reading the counters costs about 0.3 ms, hundreds of executions of a small decoder, so the fuzzer
// reads once a batch. V8 merges neighbouring ranges of equal count, so the set of ranges in an
// answer varies with the counts. Therefore ranges are not compared as such: each answer is painted
// over the source text, outer ranges first, and what counts is the offsets never seen executed.

import { readFileSync } from "node:fs";
import { Session, type Profiler } from "node:inspector";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";

interface Script {
  readonly url: string;
  readonly source: string;
  /** Per source offset: has it ever been executed? */
  readonly hit: Uint8Array;
  /** Per source offset: did the last answer say it was executed? Valid inside answered ranges. */
  readonly paint: Uint8Array;
  /** Per source offset: does a block begin or end here? */
  readonly edge: Uint8Array;
  /** Per source offset: is it inside a function that has been entered (module level left out)? */
  readonly entered: Uint8Array;
}

/** Executed stretches of source never executed before. Empty: nothing new. */
export type Fresh = readonly { script: Script; start: number; end: number }[];

/** The counters of this thread. Create it before the code under test is imported. */
export class Coverage {
  readonly #session = new Session();
  readonly #scripts = new Map<string, Script>();
  readonly #covers: (url: string) => boolean;

  /** Counts blocks of the scripts whose URL is accepted. One Coverage a thread. */
  constructor(covers: (url: string) => boolean) {
    this.#covers = covers;
    setFlagsFromString("--no-flush-bytecode"); // flushed functions would lose their block counters
    this.#session.connect();
    this.#post("Profiler.enable");
    this.#post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** What ran since the last take() and never before, without remembering it. */
  take(): Fresh {
    const fresh: { script: Script; start: number; end: number }[] = [];
    const answers = this.#post("Profiler.takePreciseCoverage");
    const { result } = answers as Profiler.TakePreciseCoverageReturnType;
    for (const answer of result) {
      const script = this.#script(answer);
      if (script === undefined) continue;
      // V8 lists functions, and the ranges of a function, outermost first.
      for (const { functionName, ranges } of answer.functions) {
        const [whole] = ranges;
        if (whole === undefined) continue;
        const isModule = functionName === "" && whole.startOffset === 0;
        if (!isModule && whole.count > 0) {
          script.entered.fill(1, whole.startOffset, whole.endOffset);
        }
        for (const { startOffset, endOffset, count } of ranges) {
          script.paint.fill(count > 0 ? 1 : 0, startOffset, endOffset);
          script.edge[startOffset] = script.edge[endOffset] = 1;
        }
      }
      let done = 0; // nested functions lie inside stretches already searched
      for (const { ranges } of answer.functions) {
        const end = ranges[0]?.endOffset ?? 0;
        for (let at = Math.max(done, ranges[0]?.startOffset ?? 0); at < end; at++) {
          if (script.paint[at] === 0 || script.hit[at] === 1) continue;
          const start = at;
          while (at < end && script.paint[at] === 1 && script.hit[at] === 0) at++;
          fresh.push({ script, start, end: at });
        }
        done = Math.max(done, end);
      }
    }
    return fresh;
  }

  /** Remembers stretches as executed. */
  commit(fresh: Fresh): void {
    for (const { script, start, end } of fresh) script.hit.fill(1, start, end);
  }

  /** Drops what ran so far: loading a module or making seeds does not test anything. */
  forget(): void {
    this.take();
    for (const script of this.#scripts.values()) script.entered.fill(0);
  }

  /** Blocks executed and blocks known, in the functions that have been entered at least once. */
  blocks(): { covered: number; known: number } {
    let [covered, known] = [0, 0];
    for (const block of this.#blocks()) {
      known++;
      if (block.hit) covered++;
    }
    return { covered, known };
  }

  /** The known blocks never executed, as "path:first-last" in lines, for people to read. */
  uncovered(): string[] {
    const lines = new Set<string>();
    for (const { script, start, end, hit } of this.#blocks()) {
      const text = script.source.slice(start, end);
      if (hit || !/\w/.test(text)) continue;
      const skipped = text.length - text.trimStart().length;
      const first = script.source.slice(0, start + skipped).split("\n").length;
      const last = first + text.trim().split("\n").length - 1;
      lines.add(`${fileURLToPath(script.url)}:${first}${last > first ? `-${last}` : ""}`);
    }
    return [...lines];
  }

  /** The source texts seen so far, in a fixed order. */
  sources(): string[] {
    const scripts = [...this.#scripts.values()].toSorted((a, b) => (a.url < b.url ? -1 : 1));
    return scripts.map((script) => script.source);
  }

  *#blocks(): Generator<{ script: Script; start: number; end: number; hit: boolean }> {
    for (const script of this.#scripts.values()) {
      for (let start = 0, end = 0; start < script.source.length; start = end) {
        end = script.edge.indexOf(1, start + 1);
        if (end === -1) end = script.source.length;
        if (script.entered[start] === 1) yield { script, start, end, hit: script.hit[start] === 1 };
      }
    }
  }

  #script({ scriptId, url }: Profiler.ScriptCoverage): Script | undefined {
    const known = this.#scripts.get(scriptId);
    if (known !== undefined || !url.startsWith("file:") || !this.#covers(url)) return known;
    // Type stripping keeps offsets: the file is the text that V8 counts in.
    const source = readFileSync(fileURLToPath(url), "utf8");
    const bytes = (): Uint8Array => new Uint8Array(source.length + 1);
    const script = { url, source, hit: bytes(), paint: bytes(), edge: bytes(), entered: bytes() };
    this.#scripts.set(scriptId, script);
    return script;
  }

  #post(method: string, parameters: object = {}): unknown {
    let failure: Error | null = null;
    let answer: object | undefined;
    // The session lives in this thread, so the callback runs before post() returns.
    this.#session.post(method, parameters, (error, result) => {
      failure = error;
      answer = result;
    });
    if (failure !== null) throw failure as Error;
    return answer;
  }
}
