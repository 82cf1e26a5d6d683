// SPDX-License-Identifier: Apache-2.0
// Having the guest started, or attaching to it; and what it means when that fails.

import type { Finding } from "@greenlight/core/finding";
import { guestEnded } from "./deadline.ts";
import { GuestLaunchError } from "./error.ts";
import { endBehind } from "./guest-end.ts";
import type { OfferedFiles } from "./host.ts";
import type { Hypervisor } from "./hypervisor.ts";
import type { LaunchRun } from "./launch-run.ts";
import { Refused } from "./refused.ts";
import { startFailure } from "./start-failure.ts";

/**
 * Opens the guest, which is the run's from then on.
 * @throws {Refused} when the secure processor refused the launch; whatever the host throws.
 */
export async function openGuest(
  run: LaunchRun,
  files: OfferedFiles | undefined,
): Promise<Hypervisor> {
  const { host, signal } = run.context;
  await run.record.step("starting", "offered", host.describe(files));
  const giveUp = new AbortController();
  const opening = host.open(
    files,
    signal === undefined ? giveUp.signal : AbortSignal.any([giveUp.signal, signal]),
  );
  try {
    const guest = await run.inTime("the guest", opening);
    run.guest = guest;
    await run.record.step("launched", "launched", { kind: guest.kind, version: guest.version });
  } catch (error) {
    giveUp.abort();
    // A guest that comes too late is ended as soon as it is there.
    if (run.guest === undefined) {
      opening.then(async (late) => late.kill()).catch(() => undefined);
    }
    throw error;
  }
  return run.guest;
}

/** What is wrong with the guest's configuration as it runs now. */
export async function checkOpened(run: LaunchRun): Promise<readonly Finding[]> {
  const checking = run.context.host.checkOpened?.();
  if (checking === undefined) return [];
  return run.inTime("the guest's configuration", checking);
}

/**
 * What an error means when the guest is gone: the secure processor may have refused its launch, and
 * the hypervisor's last words say so.
 * @returns a refusal or the guest's end in place of the error, or the error itself.
 */
export async function asRefusal(run: LaunchRun, error: unknown): Promise<unknown> {
  const end = isCut(error) ? await endBehind(run.guest, error) : undefined;
  // Not known to be gone: the cut connection is all there is to tell.
  const cause = end === undefined ? error : guestEnded(end, "when the connection to it was cut");
  if (!(cause instanceof GuestLaunchError) || cause.code !== "guest-ended") return cause;
  const finding = startFailure(cause.message);
  if (finding === undefined) return cause;
  run.add([finding]);
  return new Refused("rejected", [finding], false);
}

function isCut(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "closed";
}
