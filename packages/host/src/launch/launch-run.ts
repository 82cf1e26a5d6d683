// SPDX-License-Identifier: Apache-2.0
// A launch that is being carried out: what all its steps share.

import { outcomeOf } from "@greenlight/core/appraisal";
import type { VerdictOutcome } from "@greenlight/core/appraisal";
import type { Finding } from "@greenlight/core/finding";
import type {
  JsonValue,
  LaunchRecordEntry,
  LaunchState,
  LaunchStep,
} from "@greenlight/core/launch-appraisal";
import { inTime } from "./deadline.ts";
import type { LaunchHost } from "./host.ts";
import type { GuestEnd, Hypervisor } from "./hypervisor.ts";
import type { LaunchMaterials } from "./materials.ts";
import type { LaunchRecord, RecordStore } from "./record.ts";
import { Refused } from "./refused.ts";
import type { SessionFolder } from "./session-folder.ts";

/** What a launch needs besides its materials. */
export interface LaunchContext {
  readonly host: LaunchHost;
  /** Folder of this launch: session, keys, record. Made when it is not there. */
  readonly folder: string;
  /** `prepare` ends when the session is made; `launch` goes on from there, or from the beginning. */
  readonly until: "prepare" | "launch";
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Random bytes, of the system's. */
  readonly random: (length: number) => Uint8Array;
  readonly signal?: AbortSignal | undefined;
  /** Called with every line of the record that is on the disk. */
  readonly onEntry?: (entry: LaunchRecordEntry) => void;
  /** Stands before the record's store, which is the file `record.jsonl` of the folder. */
  readonly store?: (file: RecordStore) => RecordStore;
}

/** Whether the secrets left the owner; `unknown`: they were on their way when something failed. */
export type Released = "yes" | "no" | "unknown";

const END_MS = 30_000;

type Detail = Readonly<Record<string, JsonValue>>;

/** A launch, from its first step to its last. */
export class LaunchRun {
  readonly context: LaunchContext;
  readonly session: SessionFolder;
  readonly record: LaunchRecord;
  readonly #deadline: number;
  /** How long a guest may take to end once it is told to, in milliseconds. */
  readonly endDeadline: number;
  readonly #findings: Finding[] = [];
  #outcome: VerdictOutcome = "undecided";
  /** The guest, as long as it is there. */
  guest: Hypervisor | undefined;
  released: Released = "no";
  /** How the guest ended, when it has run and ended itself already. */
  end: GuestEnd | undefined;

  constructor(
    { deadlines }: LaunchMaterials,
    context: LaunchContext,
    session: SessionFolder,
    record: LaunchRecord,
  ) {
    this.#deadline = deadlines.start;
    this.endDeadline = deadlines.end ?? END_MS;
    this.context = context;
    this.session = session;
    this.record = record;
  }

  /** All findings, in the order in which they were made. */
  get findings(): readonly Finding[] {
    return this.#findings;
  }

  /** Adds findings that were made outside of a judgement. */
  add(findings: readonly Finding[]): void {
    this.#findings.push(...findings);
  }

  /** What was judged last came to this. */
  get outcome(): VerdictOutcome {
    return this.#outcome;
  }

  /** Waits for the host: in time, as long as the guest is there, and until it is interrupted. */
  async inTime<T>(what: string, work: Promise<T>, milliseconds?: number): Promise<T> {
    return inTime(work, {
      what,
      milliseconds: milliseconds ?? this.#deadline,
      signal: this.context.signal,
      ended: this.guest?.ended,
    });
  }

  /**
   * Records findings with what they come to.
   * @param accepted How far the launch is when they are accepted.
   * @throws {Refused} when they are not.
   * @throws {GuestLaunchError} `record-unwritable`.
   */
  async judge(
    step: LaunchStep,
    accepted: LaunchState,
    findings: readonly Finding[],
    detail: Detail = {},
  ): Promise<void> {
    const outcome = outcomeOf(findings);
    this.#findings.push(...findings);
    this.#outcome = outcome;
    const state = outcome === "accepted" ? accepted : this.record.state;
    await this.record.step(step, state, { ...detail, outcome, findings: plainFindings(findings) });
    if (outcome !== "accepted") throw new Refused(outcome, findings, true);
  }
}

/** Findings as plain data. */
export function plainFindings(findings: readonly Finding[]): JsonValue {
  return findings.map(({ where, ...finding }) => ({
    ...finding,
    ...(where === undefined ? {} : { where: { ...where } }),
  }));
}
