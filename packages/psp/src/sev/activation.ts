// SPDX-License-Identifier: Apache-2.0
// Which guest has which ASID, and what must be flushed before an ASID is used again: ACTIVATE,
// DEACTIVATE, DECOMMISSION, GUEST_STATUS, DF_FLUSH.
// Source: AMD SEV API 55766 rev. 3.24, sections 5.12 and 6.2 to 6.6.

import { fail } from "../platform/status.ts";
import { endSession } from "./guest.ts";
import { guestOf, unlessIn } from "./machine.ts";
import type { Machine } from "./machine.ts";
import type { SevProcessor } from "./processor.ts";

/** Highest ASID: what processors of the lines from Rome on have (CPUID 0x8000001f, ECX). */
const LAST_ASID = 509;

type Commands = Pick<
  SevProcessor,
  "activate" | "deactivate" | "decommission" | "guestStatus" | "dfFlush" | "wbinvd"
>;

/** The commands on this machine. */
export function activationCommands(machine: Machine): Commands {
  return {
    activate: ({ handle, asid }) => {
      const guest = guestOf(machine, handle);
      if ("status" in guest) return guest;
      if (guest.asid !== 0) return fail("ACTIVE", `guest ${handle} has ASID ${guest.asid}`);
      if (!Number.isInteger(asid) || asid < 1 || asid > LAST_ASID) {
        return fail("INVALID_ASID", `ASIDs are 1 to ${LAST_ASID}`);
      }
      // Guests of one memory key may share an ASID; others would read each other's memory.
      const owner = [...machine.guests.values()].find(
        (each) => each.asid === asid && each.keyOf !== guest.keyOf,
      );
      if (owner !== undefined) return fail("ASID_OWNED", `guest ${owner.handle} has ASID ${asid}`);
      if (machine.unflushed.has(asid)) {
        return fail("DFFLUSH_REQUIRED", `ASID ${asid} was in use since the last DF_FLUSH`);
      }
      guest.asid = asid;
      return { status: "SUCCESS" };
    },
    deactivate: ({ handle }) => {
      const guest = guestOf(machine, handle);
      if ("status" in guest) return guest;
      if (guest.asid === 0) return fail("INACTIVE", `guest ${handle} is bound to no ASID`);
      machine.unflushed.add(guest.asid);
      machine.needsWbinvd = true;
      guest.asid = 0;
      return { status: "SUCCESS" };
    },
    decommission: ({ handle }) => {
      const guest = guestOf(machine, handle);
      if ("status" in guest) return guest;
      if (guest.asid !== 0) return fail("ACTIVE", `guest ${handle} has ASID ${guest.asid}`);
      endSession(guest);
      machine.guests.delete(handle);
      if (machine.guests.size === 0) machine.state = "INIT";
      return { status: "SUCCESS" };
    },
    guestStatus: ({ handle }) => {
      const guest = guestOf(machine, handle);
      if ("status" in guest) return guest;
      const { policy, asid, state } = guest;
      return { status: "SUCCESS", policy, asid, state };
    },
    dfFlush: () => {
      const refused = unlessIn(machine, "INIT", "WORKING");
      if (refused !== undefined) return refused;
      if (machine.needsWbinvd) {
        return fail("WBINVD_REQUIRED", "a guest was deactivated since the last WBINVD");
      }
      machine.unflushed.clear();
      return { status: "SUCCESS" };
    },
    wbinvd: () => {
      machine.needsWbinvd = false;
    },
  };
}
