// SPDX-License-Identifier: Apache-2.0
// The search: all launches of a space in order of their distance from the expectation, until one has
// the observed digest. It runs in slices and knows no clock, so that a page can stay responsive and a
// terminal can show progress.

import { LaunchError } from "../launch/error.ts";
import { either } from "./axis.ts";
import type { Histogram } from "./axis.ts";
import { Candidates, hashesOf, sizeOf } from "./candidates.ts";
import type { CountRange, SetAside, Table, UsableFirmware } from "./candidates.ts";
import type { Chain } from "./chain.ts";
import { launchDigest } from "./launch.ts";
import type { CandidateLaunch } from "./launch.ts";
import { SevChain } from "./sev-chain.ts";
import type { MeasurementSession } from "./sev-chain.ts";
import { SnpChain } from "./snp-chain.ts";
import type { SearchSpace } from "./space.ts";
import { equalBytes } from "../crypto/equal.ts";

/** What to search for, and where. */
export interface SearchRequest {
  /** 48 bytes for SEV-SNP, 32 for SEV and SEV-ES: the digest, or with `session` the measurement. */
  readonly observed: Uint8Array;
  /** One space for each mode to try. */
  readonly spaces: readonly SearchSpace[];
  /** The mode that was expected; undefined when any is as good. */
  readonly expectedMode?: SearchSpace["mode"];
  /** Turns digests into measurements (SEV and SEV-ES). */
  readonly session?: MeasurementSession;
  /** Ids of firmware findings to live with. */
  readonly accept?: ReadonlySet<string>;
  /** Stop after so many digests; unlimited when absent. */
  readonly limit?: number;
}

/** How far a search is. */
export interface SearchProgress {
  /** Digests compared so far. */
  readonly compared: number;
  /** Digests in the whole space. */
  readonly total: number;
  /** Distance being searched: 0 for the expectation itself. */
  readonly distance: number;
  /** Digests at that distance, compared and in all. */
  readonly comparedHere: number;
  readonly totalHere: number;
}

/** What a search came to. */
export interface SearchOutcome {
  /**
   * `exhausted`: no launch of the space has the digest. `limit` and `stopped`: it was given up before
   * the end; everything up to `completed` is excluded.
   */
  readonly status: "found" | "exhausted" | "limit" | "stopped";
  /** The launch that has the digest. */
  readonly launch?: CandidateLaunch;
  readonly progress: SearchProgress;
  /** Greatest distance that was searched completely; -1 when none was. */
  readonly completed: number;
  readonly setAside: readonly SetAside[];
}

/** A search in progress. */
export class Search {
  readonly #request: SearchRequest;
  readonly #parts: readonly Candidates[];
  readonly #counts: Histogram;
  readonly #run: Generator<void, void, void>;
  #status: SearchOutcome["status"] | "running" = "running";
  #launch: CandidateLaunch | undefined;
  #compared = 0;
  #comparedBefore = 0;
  #distance = 0;
  #pauseAt = 0;

  /** @throws {LaunchError} `firmware-unsuitable` when no launch of the spaces is possible at all. */
  constructor(request: SearchRequest) {
    const { spaces, expectedMode } = request;
    this.#request = request;
    this.#parts = spaces.map((space) => {
      const other = expectedMode !== undefined && expectedMode !== space.mode;
      return new Candidates(space, other ? 1 : 0);
    });
    this.#counts = this.#parts.map(({ counts }) => counts).reduce(either, []);
    this.#requireFirmware();
    this.#run = this.#search();
  }

  /** Compares about `budget` more digests. @returns whether there is more to do. */
  advance(budget: number): boolean {
    if (this.#status !== "running") return false;
    this.#pauseAt = this.#compared + budget;
    this.#run.next();
    return this.#status === "running";
  }

  /** How far it is. */
  get progress(): SearchProgress {
    return {
      compared: this.#compared,
      total: this.#counts.reduce((sum, count) => sum + count, 0),
      distance: this.#distance,
      comparedHere: this.#compared - this.#comparedBefore,
      totalHere: this.#counts[this.#distance] ?? 0,
    };
  }

  /** What it has come to; a search that still runs counts as stopped. */
  outcome(): SearchOutcome {
    const status = this.#status === "running" ? "stopped" : this.#status;
    return {
      status,
      ...(this.#launch === undefined ? {} : { launch: this.#launch }),
      progress: this.progress,
      completed: status === "exhausted" ? this.#counts.length - 1 : this.#distance - 1,
      setAside: this.#parts.flatMap(({ setAside }) => setAside),
    };
  }

  *#search(): Generator<void, void, void> {
    const chains = this.#parts.map((part) => this.#chainOf(part));
    for (let distance = 0; distance < this.#counts.length; distance++) {
      this.#distance = distance;
      this.#comparedBefore = this.#compared;
      for (const [i, part] of this.#parts.entries()) {
        yield* this.#searchAt(distance - part.cost, part, chains[i]!);
        if (this.#status !== "running") return;
      }
    }
    this.#status = "exhausted";
  }

  /** Everything in one space at one distance from its own expectation. */
  *#searchAt(distance: number, part: Candidates, chain: Chain): Generator<void, void, void> {
    for (const firmware of part.firmware) {
      const left = distance - firmware.choice.cost;
      for (let cost = 0; cost <= left; cost++) {
        const near = { vmsas: part.vmsasAt(left - cost), counts: part.near(firmware) };
        const far = { vmsas: part.vmsasAt(left - cost - 1), counts: part.far(firmware) };
        const visits = [near, far].filter(
          ({ vmsas, counts }) => vmsas.length > 0 && sizeOf(counts) > 0,
        );
        if (visits.length === 0) continue;
        for (const table of part.tablesAt(cost, firmware.kernelHashes)) {
          chain.enter(firmware.choice.value, hashesOf(table));
          for (const { vmsas, counts } of visits) {
            yield* this.#walk(vmsas, counts, { part, firmware, table, chain });
            if (this.#status !== "running") return;
          }
        }
      }
    }
  }

  *#walk(vmsas: Uint32Array, counts: CountRange, at: Place): Generator<void, void, void> {
    const size = sizeOf(counts);
    const limit = this.#request.limit ?? Number.POSITIVE_INFINITY;
    for (const vmsa of vmsas) {
      const vcpus = at.chain.walk(vmsa, counts.first, counts.last);
      if (vcpus > 0) {
        this.#compared += vcpus - counts.first + 1;
        this.#found(at, vmsa, vcpus);
        return;
      }
      this.#compared += size;
      if (this.#compared >= limit) {
        this.#status = "limit";
        return;
      }
      if (this.#compared >= this.#pauseAt) yield;
    }
  }

  #found({ part, firmware, table }: Place, vmsa: number, vcpus: number): void {
    const { observed, accept = new Set<string>(), session } = this.#request;
    const launch: CandidateLaunch = {
      mode: part.space.mode,
      firmware: firmware.choice,
      table,
      vmsa: part.pages?.choice(vmsa),
      vcpus,
    };
    // The shortcuts above are only ever trusted to point to a launch.
    if (!equalBytes(launchDigest(launch, accept, session), observed)) {
      throw new Error("the launch that was found does not have the observed digest");
    }
    this.#launch = launch;
    this.#status = "found";
  }

  #chainOf({ space, pages }: Candidates): Chain {
    const { observed, session } = this.#request;
    if (space.mode === "snp" && pages !== undefined) return new SnpChain(observed, pages);
    return new SevChain(observed, session, pages);
  }

  #requireFirmware(): void {
    if (this.#counts.some((count) => count > 0)) return;
    const first = this.#parts.flatMap(({ setAside }) => setAside)[0];
    const why = first === undefined ? "" : `: ${first.firmware}: ${first.title} [${first.finding}]`;
    throw new LaunchError("firmware-unsuitable", `nothing that was given can be launched${why}`, {
      hint: first?.hint ?? "give the firmware the host launched with --ovmf",
    });
  }
}

/** Where in a space the search is. */
interface Place {
  readonly part: Candidates;
  readonly firmware: UsableFirmware;
  readonly table: Table | undefined;
  readonly chain: Chain;
}

/** How a caller follows and ends a search. */
export interface SearchControl {
  /** Called after every slice. */
  readonly onProgress?: (progress: SearchProgress) => void;
  /** Asked after every slice; true gives the search up. */
  readonly shouldStop?: () => boolean;
  /** Digests in a slice; about 0.1 s worth by default. */
  readonly slice?: number;
}

const DEFAULT_SLICE = 100_000;

/**
 * Searches to the end in one call. To stay responsive, use {@link Search} in slices instead.
 * @throws {LaunchError} `firmware-unsuitable` when no firmware can be launched.
 */
export function diagnose(request: SearchRequest, control: SearchControl = {}): SearchOutcome {
  const search = new Search(request);
  while (search.advance(control.slice ?? DEFAULT_SLICE)) {
    control.onProgress?.(search.progress);
    if (control.shouldStop?.() === true) break;
  }
  return search.outcome();
}
