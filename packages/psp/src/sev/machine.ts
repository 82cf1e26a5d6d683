// SPDX-License-Identifier: Apache-2.0
// What the legacy processor keeps between commands, and the checks that many commands begin with.

import type { SharedPlatform } from "../platform/shared.ts";
import { fail } from "../platform/status.ts";
import type { Failure } from "../platform/status.ts";
import { ALLOWED_IN, NEEDS_ACTIVE } from "./guest.ts";
import type { Guest, GuestCommand } from "./guest.ts";
import type { Chip, PlatformKeys } from "./keys.ts";
import type { GuestStateName, PlatformStateName } from "./processor.ts";

/** The processor's memory. */
export interface Machine {
  readonly shared: SharedPlatform;
  readonly chip: Chip;
  state: PlatformStateName;
  /** Whether it was initialised for SEV-ES. */
  es: boolean;
  /** OCA, PEK and PDH; absent before the first INIT and after PLATFORM_RESET. */
  keys: PlatformKeys | undefined;
  /** The store of INIT_EX, while the platform was initialised by it. */
  nv: Uint8Array | undefined;
  readonly guests: Map<number, Guest>;
  /** Handle of the next guest. */
  nextHandle: number;
  /** ASIDs of guests that were deactivated since the last DF_FLUSH. */
  readonly unflushed: Set<number>;
  /** Whether a guest was deactivated since the last WBINVD. */
  needsWbinvd: boolean;
}

/** Keys of a platform that is initialised and so has some. */
export function requireKeys({ keys }: Machine): PlatformKeys {
  if (keys === undefined) throw new Error("an initialised platform has no keys");
  return keys;
}

/** The refusal of a command that wants one of these platform states. */
export function unlessIn(
  { state }: Machine,
  ...allowed: readonly PlatformStateName[]
): Failure | undefined {
  if (allowed.includes(state)) return undefined;
  return fail(
    "INVALID_PLATFORM_STATE",
    `the platform is in ${state}, not in ${allowed.join(" or ")}`,
  );
}

/** The guest of a handle, or the refusal where there is none. */
export function guestOf(machine: Machine, handle: number): Guest | Failure {
  const refused = unlessIn(machine, "WORKING");
  if (refused !== undefined) return refused;
  return machine.guests.get(handle) ?? fail("INVALID_GUEST", `there is no guest ${handle}`);
}

/** The guest of a handle for a command that wants it in some states, and active for some commands. */
export function guestFor(machine: Machine, handle: number, command: GuestCommand): Guest | Failure {
  const guest = guestOf(machine, handle);
  if ("status" in guest) return guest;
  const allowed: readonly GuestStateName[] = ALLOWED_IN[command];
  if (!allowed.includes(guest.state)) {
    const wanted = allowed.join(" or ");
    return fail("INVALID_GUEST_STATE", `guest ${handle} is in ${guest.state}, not in ${wanted}`);
  }
  if (NEEDS_ACTIVE.has(command) && guest.asid === 0) {
    return fail("INACTIVE", `guest ${handle} is bound to no ASID`);
  }
  return guest;
}

/** The refusal of a buffer that must have exactly this length. */
export function unlessSize(what: string, bytes: Uint8Array, size: number): Failure | undefined {
  if (bytes.length === size) return undefined;
  return fail("INVALID_LENGTH", `the ${what} has ${bytes.length} bytes, must have ${size}`, {
    [what]: size,
  });
}

/** The refusal of an output buffer that is too short; without a length it is long enough. */
export function unlessRoom(
  what: string,
  length: number | undefined,
  size: number,
): Failure | undefined {
  if (length === undefined || length >= size) return undefined;
  return fail("INVALID_LENGTH", `the buffer for the ${what} has ${length} bytes, needs ${size}`, {
    [what]: size,
  });
}
