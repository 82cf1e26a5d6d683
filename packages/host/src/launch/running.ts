// SPDX-License-Identifier: Apache-2.0
// Whether a guest that was let run does so, or did: one that had little to do is gone before anybody can
// ask.

import { guestEnded } from "./deadline.ts";
import { GuestLaunchError } from "./error.ts";
import { endBehind, knownEnd } from "./guest-end.ts";
import type { GuestEnd, Hypervisor } from "./hypervisor.ts";
import type { LaunchRun } from "./launch-run.ts";

/**
 * Lets the guest run and records that it does, or that it did and ended itself.
 * @param letRun What lets it run, where it does not run yet.
 * @throws {GuestLaunchError} `guest-ended` when it crashed, was ended, or still waits.
 */
export async function recordRunning(
  run: LaunchRun,
  guest: Hypervisor,
  letRun?: () => Promise<void>,
): Promise<void> {
  try {
    await letRun?.();
    run.end = await requireRunning(run, guest);
  } catch (error) {
    const end = await endBehind(guest, error);
    if (end?.byGuest !== true) throw error;
    run.end = end;
  }
  const { end } = run;
  await run.record.step("running", "running", end === undefined ? {} : { ended: end.reason });
}

/** @returns how it ended, when it has run already. */
async function requireRunning(run: LaunchRun, guest: Hypervisor): Promise<GuestEnd | undefined> {
  const state = await run.inTime("the state of the guest", guest.runState());
  if (state === "running") return undefined;
  if (state !== "shutdown") {
    throw new GuestLaunchError("guest-ended", `the guest was let run and is ${state}`);
  }
  const end = await knownEnd(guest);
  if (end !== undefined && end.byGuest !== true) throw guestEnded(end, "once it was let run");
  return end ?? { reason: "the guest is shut down" };
}
