// SPDX-License-Identifier: Apache-2.0
// Running a search in slices: progress on stderr, and Ctrl-C ends the search, not the answer.

import { Search } from "@greenlight/core/diagnose";
import type { SearchOutcome, SearchProgress, SearchRequest } from "@greenlight/core/diagnose";
import type { Io } from "../../output/io.ts";
import { Progress } from "../../output/progress.ts";
import { grouped } from "./numbers.ts";

/** What a search came to, and how long it took. */
export interface TimedOutcome {
  readonly outcome: SearchOutcome;
  readonly seconds: number;
}

/** Digests between two looks at the clock: about 20 ms. */
const SLICE = 20_000;

/**
 * Searches until there is an answer or the person has had enough.
 * @throws {LaunchError} `firmware-unsuitable` when no launch of the space is possible.
 */
export async function runSearch(request: SearchRequest, io: Io): Promise<TimedOutcome> {
  const started = performance.now();
  const search = new Search(request);
  const talk = new Progress(io, { elsewhere: true });
  let stopped = false;
  const stop = (): void => void (stopped = true);
  process.on("SIGINT", stop);
  try {
    while (!stopped && search.advance(SLICE)) {
      talk.show(() => describe(search.progress, (performance.now() - started) / 1000));
      // Signals are delivered between turns of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    process.off("SIGINT", stop);
    talk.clear();
  }
  return { outcome: search.outcome(), seconds: (performance.now() - started) / 1000 };
}

function describe(progress: SearchProgress, seconds: number): string {
  const { compared, distance, comparedHere, totalHere } = progress;
  const percent = totalHere === 0 ? 100 : Math.floor((comparedHere / totalHere) * 100);
  const where = distance === 1 ? "1 difference" : `${distance} differences`;
  const rate = Math.round(compared / Math.max(seconds, 0.001) / 1000);
  return `${grouped(compared)} digests compared, ${where} ${percent} % done, ${rate} k/s`;
}
