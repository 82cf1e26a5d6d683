// SPDX-License-Identifier: Apache-2.0
// runLaunch(): a launch from plan to running guest. Every step is recorded before it has its effect, and
// whatever goes wrong ends the guest: a launch that is not accepted releases nothing.

import type { VerdictOutcome } from "@greenlight/core/appraisal";
import type { Finding } from "@greenlight/core/finding";
import type { LaunchState } from "@greenlight/core/launch-appraisal";
import { inTime } from "./deadline.ts";
import type { Hypervisor } from "./hypervisor.ts";
import { LaunchRun, plainFindings } from "./launch-run.ts";
import type { LaunchContext, Released } from "./launch-run.ts";
import { launchLegacy } from "./legacy.ts";
import type { LaunchMaterials } from "./materials.ts";
import { asRefusal } from "./open-guest.ts";
import { begin, prepare, prepareAgain } from "./prepare.ts";
import { LaunchRecord, openRecordFile } from "./record.ts";
import { Refused } from "./refused.ts";
import { SessionFolder, sessionUsed } from "./session-folder.ts";
import { launchSnp } from "./snp.ts";

/** What a launch came to. */
export interface LaunchResult {
  /** `offered` only when it was to be prepared and no more. */
  readonly state: Extract<LaunchState, "offered" | "running" | "refused" | "failed">;
  /** What was judged last came to this; `undecided` when something failed. */
  readonly outcome: VerdictOutcome;
  /** All findings, in the order in which they were made. */
  readonly findings: readonly Finding[];
  /** One sentence: why it ended as it did. */
  readonly reason: string;
  readonly hint?: string;
  readonly released: Released;
  /** Path of the record. */
  readonly record: string;
  /** Digest of its last line: known elsewhere, it shows that the record was not changed. */
  readonly recordDigest: string;
  /** The guest, when it runs. */
  readonly guest?: Hypervisor;
}

/**
 * Carries a launch out. Everything that the host does or fails to do ends in a result.
 * @throws {GuestLaunchError} `session-used`, `session-folder`, `record-broken`, `record-unwritable`
 * before anything was begun.
 */
export async function runLaunch(
  materials: LaunchMaterials,
  context: LaunchContext,
): Promise<LaunchResult> {
  const session = await SessionFolder.open(context.folder, materials.name);
  await session.requireUnused();
  const unlock = await session.lock();
  try {
    return await recorded(materials, context, session);
  } finally {
    await unlock();
  }
}

async function recorded(
  materials: LaunchMaterials,
  context: LaunchContext,
  session: SessionFolder,
): Promise<LaunchResult> {
  const { store, former } = await openRecordFile(session.record);
  const { store: before = (file) => file, now, onEntry } = context;
  const record = new LaunchRecord(before(store), now, onEntry);
  try {
    const last = former.entries.at(-1);
    // All that can be gone on with is a session that was prepared, and perhaps looked at again.
    const isPrepared = last?.state === "offered" && ["offered", "prepared"].includes(last.step);
    if (last !== undefined && !isPrepared) throw sessionUsed(context.folder);
    record.continueAfter(former);
    const run = new LaunchRun(materials, context, session, record);
    if (last === undefined) await begin(run, materials);
    return await carriedOut(run, materials);
  } finally {
    await record.close();
  }
}

async function carriedOut(run: LaunchRun, materials: LaunchMaterials): Promise<LaunchResult> {
  const { record, context } = run;
  try {
    if (record.state === "planned") await prepare(run, materials);
    else await prepareAgain(run, materials);
    if (context.until === "prepare") {
      return {
        ...common(run),
        state: "offered",
        outcome: run.outcome,
        reason: "The session is ready",
      };
    }
    if (materials.generation === "sev-snp") await launchSnp(run, materials);
    else await launchLegacy(run, materials);
    await record.step("ended", "running", { released: run.released });
    const { guest, end } = run;
    if (end === undefined) context.host.letGo?.();
    return {
      ...common(run),
      state: "running",
      outcome: run.outcome,
      reason: end === undefined ? "The guest runs" : `The guest has run: ${end.reason}`,
      ...(guest === undefined ? {} : { guest }),
    };
  } catch (error) {
    return stopped(run, await asRefusal(run, error));
  }
}

/** Ends what was begun, and tells why. */
async function stopped(run: LaunchRun, error: unknown): Promise<LaunchResult> {
  const { record, context, session } = run;
  const refusal = error instanceof Refused ? error : undefined;
  const state = refusal === undefined ? "failed" : "refused";
  const reason = error instanceof Error ? error.message : String(error);
  const troubles: string[] = [];
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (trouble) {
      troubles.push(trouble instanceof Error ? trouble.message : String(trouble));
    }
  };
  const step = refusal === undefined ? "failing" : "refusing";
  const released = run.released;
  const untold = refusal?.untold ?? [];
  const found = untold.length === 0 ? {} : { findings: plainFindings(untold) };
  await attempt(async () => record.lastStep(step, state, { reason, released, ...found }));
  await attempt(async () => killed(run));
  await attempt(async () => session.forgetKeys());
  await attempt(async () => context.host.close());
  const end = { reason, released, ...(troubles.length === 0 ? {} : { troubles: [...troubles] }) };
  await attempt(async () => record.lastStep("ended", state, end));
  // What no layer throws on purpose is a defect, and is told as one.
  if (refusal === undefined && !(error instanceof Error && "code" in error)) throw error;
  const hint = error instanceof Error && "hint" in error ? error.hint : undefined;
  return {
    ...common(run),
    state,
    outcome: refusal?.outcome ?? "undecided",
    reason: [reason, ...troubles].join("; "),
    ...(typeof hint === "string" ? { hint } : {}),
  };
}

async function killed(run: LaunchRun): Promise<void> {
  const { guest } = run;
  run.guest = undefined;
  if (guest === undefined) return;
  try {
    await inTime(guest.kill(), { what: "the guest's end", milliseconds: run.endDeadline });
  } finally {
    await guest.close();
  }
}

function common({ findings, released, session, record }: LaunchRun) {
  return { findings, released, record: session.record, recordDigest: record.digest };
}
