// SPDX-License-Identifier: Apache-2.0
// Sending a guest to another platform: SEND_START to SEND_FINISH.
// Source: AMD SEV API 55766 rev. 3.24, sections 6.15 to 6.18.

import { sealReceivePacket, wrapSession } from "@greenlight/core/session";
import type { ReceiveKind } from "@greenlight/core/session";
import { fail } from "../platform/status.ts";
import type { Failure, Result } from "../platform/status.ts";
import { endSession } from "./guest.ts";
import type { Guest } from "./guest.ts";
import { VMSA_SIZE } from "./launch.ts";
import { guestFor, requireKeys, unlessSize } from "./machine.ts";
import type { Machine } from "./machine.ts";
import { refuseLength } from "./packet.ts";
import { hasBit } from "./policy.ts";
import type { SendStartInput, SentPacket, SevProcessor, UpdateInput } from "./processor.ts";
import { checkTarget } from "./target.ts";

const KEY_SIZE = 16;

type Commands = Pick<
  SevProcessor,
  "sendStart" | "sendUpdateData" | "sendUpdateVmsa" | "sendFinish" | "sendCancel"
>;

/** The commands on this machine. */
export function sendCommands(machine: Machine): Commands {
  return {
    sendStart: (input) => {
      const guest = guestFor(machine, input.handle, "SEND_START");
      return "status" in guest ? guest : sendStart(machine, guest, input);
    },
    sendUpdateData: (input) => {
      const guest = guestFor(machine, input.handle, "SEND_UPDATE_DATA");
      if ("status" in guest) return guest;
      return refuseLength(input.data.length) ?? sealed(machine, guest, "data", input);
    },
    sendUpdateVmsa: (input) => {
      const guest = guestFor(machine, input.handle, "SEND_UPDATE_VMSA");
      if ("status" in guest) return guest;
      if (!hasBit(guest.policy, "ES")) {
        return fail("POLICY_FAILURE", "only guests with ES in their policy have save areas");
      }
      return unlessSize("data", input.data, VMSA_SIZE) ?? sealed(machine, guest, "vmsa", input);
    },
    sendFinish: ({ handle }) => end(guestFor(machine, handle, "SEND_FINISH"), "SENT"),
    sendCancel: ({ handle }) => end(guestFor(machine, handle, "SEND_CANCEL"), "RUNNING"),
  };
}

/** Makes a session for the target, in the role that a guest owner has at LAUNCH_START. */
function sendStart(
  machine: Machine,
  guest: Guest,
  input: SendStartInput,
): Result<{ readonly session: Uint8Array; readonly policy: number }> {
  const { policy } = guest;
  if (hasBit(policy, "NOSEND")) {
    return fail("POLICY_FAILURE", "a guest with NOSEND in its policy is not sent");
  }
  const target = checkTarget(machine, policy, input);
  if ("status" in target) return target;
  const z = requireKeys(machine).pdh.key.sharedX(target.point);
  if (z === undefined) {
    return fail("INVALID_CERTIFICATE", "the point of the target's PDH is not on P-384");
  }
  const { random } = machine.shared;
  const keys = { tek: random.bytes(KEY_SIZE), tik: random.bytes(KEY_SIZE) };
  const nonce = random.bytes(KEY_SIZE);
  const session = wrapSession({ z, nonce, wrapIv: random.bytes(KEY_SIZE), keys, policy });
  guest.keys = keys;
  guest.state = "SUPDATE";
  return { status: "SUCCESS", session, policy };
}

function sealed(
  machine: Machine,
  { keys }: Guest,
  kind: ReceiveKind,
  { data }: UpdateInput,
): Result<SentPacket> {
  if (keys === undefined) throw new Error("a guest in SUPDATE has transport keys");
  const iv = machine.shared.random.bytes(KEY_SIZE);
  return { status: "SUCCESS", ...sealReceivePacket({ keys, kind, page: data, iv }) };
}

function end(guest: Guest | Failure, state: "SENT" | "RUNNING"): Result {
  if ("status" in guest) return guest;
  endSession(guest);
  guest.state = state;
  return { status: "SUCCESS" };
}
