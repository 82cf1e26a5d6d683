// SPDX-License-Identifier: Apache-2.0
// Receiving a guest: RECEIVE_START to RECEIVE_FINISH. Whoever can make a session can be the sender.
// Source: AMD SEV API 55766 rev. 3.24, sections 6.19 to 6.22.

import { openReceivePacket } from "@greenlight/core/session";
import type { ReceiveKind } from "@greenlight/core/session";
import { fail } from "../platform/status.ts";
import type { Result } from "../platform/status.ts";
import { endSession } from "./guest.ts";
import type { Guest } from "./guest.ts";
import { VMSA_SIZE } from "./launch.ts";
import { guestFor, unlessSize } from "./machine.ts";
import type { Machine } from "./machine.ts";
import { refusePacket } from "./packet.ts";
import { hasBit } from "./policy.ts";
import type { PacketInput, SevProcessor } from "./processor.ts";
import { acceptSession, addGuest, refuseGuest } from "./start.ts";

type Commands = Pick<
  SevProcessor,
  "receiveStart" | "receiveUpdateData" | "receiveUpdateVmsa" | "receiveFinish"
>;

/** The commands on this machine. */
export function receiveCommands(machine: Machine): Commands {
  return {
    receiveStart: (input) => {
      const refused = refuseGuest(machine, input.handle, input.policy);
      if (refused !== undefined) return refused;
      const keys = acceptSession(machine, input);
      if ("status" in keys) return keys;
      const start = { policy: input.policy, state: "RUPDATE", keys, running: undefined } as const;
      return { status: "SUCCESS", handle: addGuest(machine, input.handle, start).handle };
    },
    receiveUpdateData: (input) => {
      const guest = guestFor(machine, input.handle, "RECEIVE_UPDATE_DATA");
      return "status" in guest ? guest : opened(guest, "data", input);
    },
    receiveUpdateVmsa: (input) => {
      const guest = guestFor(machine, input.handle, "RECEIVE_UPDATE_VMSA");
      if ("status" in guest) return guest;
      if (!hasBit(guest.policy, "ES")) {
        return fail("POLICY_FAILURE", "only guests with ES in their policy have save areas");
      }
      return unlessSize("payload", input.payload, VMSA_SIZE) ?? opened(guest, "vmsa", input);
    },
    receiveFinish: ({ handle }) => {
      const guest = guestFor(machine, handle, "RECEIVE_FINISH");
      if ("status" in guest) return guest;
      endSession(guest);
      guest.state = "RUNNING";
      return { status: "SUCCESS" };
    },
  };
}

function opened(
  { keys }: Guest,
  kind: ReceiveKind,
  input: PacketInput,
): Result<{ readonly plaintext: Uint8Array }> {
  if (keys === undefined) throw new Error("a guest in RUPDATE has transport keys");
  const refused = refusePacket(input);
  if (refused !== undefined) return refused;
  const { header, payload } = input;
  const packet = openReceivePacket({ keys, kind, header, payload });
  if (packet.status === "ok") return { status: "SUCCESS", plaintext: packet.plaintext };
  return fail("BAD_MEASUREMENT", "the packet does not authenticate");
}
