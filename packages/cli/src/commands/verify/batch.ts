// SPDX-License-Identifier: Apache-2.0
// Many pieces of evidence: several at a time, told in their order as they come, and summed up.

import type { Io } from "../../output/io.ts";
import { toJsonLine } from "../../output/json.ts";
import { Progress } from "../../output/progress.ts";
import { inOrder } from "./concurrent.ts";
import { BatchDocument, resultToJson } from "./json.ts";
import { verifyOne } from "./one.ts";
import type { VerifyContext } from "./one.ts";
import type { VerifyOptions } from "./options.ts";
import { NO_RESULTS, counted, exitCodeOf } from "./result.ts";
import type { Result, Tally } from "./result.ts";
import type { Source } from "./sources.ts";
import { formatLine, formatTally } from "./text.ts";

/** How a batch is run and told. */
export interface BatchSetup {
  readonly options: VerifyOptions;
  readonly jobs: number;
  readonly at: number;
}

/** Pieces of evidence begun for each job, so that no thread waits for the next. */
const AHEAD = 16;

/** Verifies all sources. @returns the exit code for the worst outcome. */
export async function runBatch(
  sources: AsyncIterable<Source>,
  context: VerifyContext,
  { options, jobs, at }: BatchSetup,
  io: Io,
): Promise<number> {
  const started = performance.now();
  const progress = new Progress(io, { elsewhere: false });
  const document =
    options.json && !options.quiet ? new BatchDocument((text) => io.out(text)) : undefined;
  let tally: Tally = NO_RESULTS;
  const work = (source: Source): Promise<Result> => verifyOne(source, context);
  for await (const result of inOrder(sources, jobs === 1 ? 1 : jobs * AHEAD, work)) {
    tally = counted(tally, result);
    if (result.kind !== "passed-over" || options.verbose) {
      if (document !== undefined) document.add(resultToJson(result, at));
      else if (!options.quiet) {
        progress.clear();
        io.out(
          options.ndjson
            ? toJsonLine(resultToJson(result, at))
            : formatLine(result, { colour: io.colour, verbose: options.verbose }),
        );
      }
    }
    progress.show(() => formatTally(tally, secondsSince(started)).trimEnd());
  }
  progress.clear();
  document?.close(tally);
  const last = formatTally(tally, secondsSince(started));
  if (options.quiet || options.json) return exitCodeOf(tally);
  if (options.ndjson) io.err(last);
  else io.out(last);
  return exitCodeOf(tally);
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}
