// SPDX-License-Identifier: Apache-2.0
// The host's access to a guest's memory, where the guest's policy allows it: DBG_DECRYPT, DBG_ENCRYPT.
// Memory is not encrypted here, so both give back what they are given; what they decide is whether.
// Source: AMD SEV API 55766 rev. 3.24, sections 6.23 and 6.24.

import { fail } from "../platform/status.ts";
import type { Result } from "../platform/status.ts";
import { guestFor } from "./machine.ts";
import type { Machine } from "./machine.ts";
import { hasBit } from "./policy.ts";
import type { SevProcessor, UpdateInput } from "./processor.ts";

type Commands = Pick<SevProcessor, "dbgDecrypt" | "dbgEncrypt" | "copy" | "swapOut" | "swapIn">;

/** The commands on this machine. */
export function debugCommands(machine: Machine): Commands {
  const access = (
    command: "DBG_DECRYPT" | "DBG_ENCRYPT",
    { handle, data }: UpdateInput,
  ): Result<{ readonly data: Uint8Array }> => {
    const guest = guestFor(machine, handle, command);
    if ("status" in guest) return guest;
    if (hasBit(guest.policy, "NODBG")) {
      return fail("POLICY_FAILURE", `guest ${handle} has NODBG in its policy`);
    }
    if (data.length === 0 || data.length % 16 !== 0) {
      return fail("INVALID_LENGTH", `${data.length} bytes are no whole blocks of 16`);
    }
    return { status: "SUCCESS", data: data.slice() };
  };
  const unsupported = (): Result => fail("UNSUPPORTED", "copying and swapping are not there");
  return {
    dbgDecrypt: (input) => access("DBG_DECRYPT", input),
    dbgEncrypt: (input) => access("DBG_ENCRYPT", input),
    copy: unsupported,
    swapOut: unsupported,
    swapIn: unsupported,
  };
}
