// SPDX-License-Identifier: Apache-2.0
// How a guest came to its end, where an error says that it may have.

import { inTime } from "./deadline.ts";
import { GuestLaunchError } from "./error.ts";
import type { GuestEnd, Hypervisor } from "./hypervisor.ts";

/** A connection is cut a moment before its process is known to be gone; libvirt is asked every second. */
const END_MS = 5000;

/** Waits a little for the guest's end; undefined when it is not known to be gone. */
export async function knownEnd(guest: Hypervisor): Promise<GuestEnd | undefined> {
  try {
    return await inTime(guest.ended, { what: "the guest's end", milliseconds: END_MS });
  } catch (error) {
    if (error instanceof GuestLaunchError) return undefined;
    throw error;
  }
}

/** The guest's end, where an error says that the connection to it was cut or that it is gone. */
export async function endBehind(
  guest: Hypervisor | undefined,
  error: unknown,
): Promise<GuestEnd | undefined> {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const isSign = code === "closed" || code === "guest-ended";
  return guest === undefined || !isSign ? undefined : knownEnd(guest);
}
