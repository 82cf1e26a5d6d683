// SPDX-License-Identifier: Apache-2.0
// The launch: LAUNCH_START to LAUNCH_FINISH, and ATTESTATION.
// Source: AMD SEV API 55766 rev. 3.24, sections 6.8 to 6.14.

import { createHash } from "node:crypto";
import { launchMeasurement } from "@greenlight/core/launch";
import { openSecret } from "@greenlight/core/session";
import type { SessionKeys } from "@greenlight/core/session";
import { fail } from "../platform/status.ts";
import type { Result } from "../platform/status.ts";
import { REPORT_SIZE, attestationReport } from "./attestation.ts";
import { endSession } from "./guest.ts";
import type { Guest } from "./guest.ts";
import { guestFor, requireKeys, unlessRoom, unlessSize } from "./machine.ts";
import type { Machine } from "./machine.ts";
import { refusePacket } from "./packet.ts";
import { hasBit, withoutNodbg } from "./policy.ts";
import type { SevProcessor, UpdateInput } from "./processor.ts";
import { acceptSession, addGuest, refuseGuest } from "./start.ts";

/** Bytes that LAUNCH_MEASURE gives: measurement and nonce. */
export const MEASURE_SIZE = 48;

/** Bytes of a VMSA. */
export const VMSA_SIZE = 4096;

const NONCE_SIZE = 16;
const KEY_SIZE = 16;

type Commands = Pick<
  SevProcessor,
  | "launchStart"
  | "launchUpdateData"
  | "launchUpdateVmsa"
  | "launchMeasure"
  | "launchSecret"
  | "launchFinish"
  | "attestation"
>;

/** The commands on this machine. */
export function launchCommands(machine: Machine): Commands {
  const { shared, chip } = machine;
  return {
    launchStart: ({ handle, policy, godh, session }) => {
      const refused = refuseGuest(machine, handle, policy);
      if (refused !== undefined) return refused;
      const keys =
        godh === undefined
          ? ownKeys(machine)
          : acceptSession(machine, { policy, godh, session: session ?? new Uint8Array(0) });
      if ("status" in keys) return keys;
      const lied = shared.faults.policy === "debug-allowed";
      const guest = addGuest(machine, handle, {
        policy: lied ? withoutNodbg(policy) : policy,
        state: "LUPDATE",
        keys,
        running: createHash("sha256"),
      });
      return { status: "SUCCESS", handle: guest.handle };
    },
    launchUpdateData: (input) => {
      const guest = guestFor(machine, input.handle, "LAUNCH_UPDATE_DATA");
      if ("status" in guest) return guest;
      if (input.data.length === 0 || input.data.length % 16 !== 0) {
        return fail("INVALID_LENGTH", `${input.data.length} bytes are no whole blocks of 16`);
      }
      return absorb(guest, input, machine);
    },
    launchUpdateVmsa: (input) => {
      const guest = guestFor(machine, input.handle, "LAUNCH_UPDATE_VMSA");
      if ("status" in guest) return guest;
      if (!hasBit(guest.policy, "ES")) {
        return fail("POLICY_FAILURE", "only guests with ES in their policy have save areas");
      }
      return unlessSize("data", input.data, VMSA_SIZE) ?? absorb(guest, input, machine);
    },
    launchMeasure: ({ handle, length }) => {
      const guest = guestFor(machine, handle, "LAUNCH_MEASURE");
      if ("status" in guest) return guest;
      const short = unlessRoom("blob", length, MEASURE_SIZE);
      if (short !== undefined) return short;
      const { running, keys } = requireLaunch(guest);
      const mnonce =
        shared.faults.mnonce === "repeated"
          ? new Uint8Array(NONCE_SIZE).fill(0x5a)
          : shared.random.bytes(NONCE_SIZE);
      const digest = Uint8Array.from(running.digest());
      const measure = launchMeasurement({
        tik: keys.tik,
        apiMajor: shared.api.major,
        apiMinor: shared.api.minor,
        buildId: shared.api.build,
        policy: guest.policy,
        digest,
        mnonce,
      });
      Object.assign(guest, { running: undefined, digest, measure, state: "LSECRET" });
      const blob = new Uint8Array(MEASURE_SIZE);
      blob.set(measure);
      blob.set(mnonce, measure.length);
      if (shared.faults.measurement === "flipped-bit") blob[0]! ^= 1;
      return { status: "SUCCESS", blob };
    },
    launchSecret: (input) => {
      const guest = guestFor(machine, input.handle, "LAUNCH_SECRET");
      if ("status" in guest) return guest;
      const refused = refusePacket(input);
      if (refused !== undefined) return refused;
      const { keys, measure } = guest;
      if (keys === undefined || measure === undefined) throw new Error("a measured guest has none");
      const { header, payload } = input;
      const opened = openSecret({ keys, measure, api: shared.api, header, payload });
      if (opened.status === "ok") return { status: "SUCCESS", plaintext: opened.plaintext };
      return fail("BAD_MEASUREMENT", "the packet does not authenticate");
    },
    launchFinish: ({ handle }) => {
      const guest = guestFor(machine, handle, "LAUNCH_FINISH");
      if ("status" in guest) return guest;
      endSession(guest);
      guest.measure = undefined;
      guest.state = "RUNNING";
      return { status: "SUCCESS" };
    },
    attestation: ({ handle, mnonce, length }) => {
      const guest = guestFor(machine, handle, "ATTESTATION");
      if ("status" in guest) return guest;
      const refused =
        unlessSize("mnonce", mnonce, NONCE_SIZE) ?? unlessRoom("report", length, REPORT_SIZE);
      if (refused !== undefined) return refused;
      const { policy, digest } = guest;
      if (digest === undefined) {
        return fail("INVALID_GUEST_STATE", `guest ${handle} was received and has no launch digest`);
      }
      const { pek } = requireKeys(machine);
      const report = attestationReport(
        { mnonce, digest, policy },
        pek.key,
        chip.random,
        shared.faults,
      );
      return { status: "SUCCESS", report };
    },
  };
}

/** Keys that nobody else knows: no owner takes part in the launch. */
function ownKeys({ shared }: Machine): SessionKeys {
  return { tek: shared.random.bytes(KEY_SIZE), tik: shared.random.bytes(KEY_SIZE) };
}

function absorb(guest: Guest, { data }: UpdateInput, { shared }: Machine): Result {
  const { running } = requireLaunch(guest);
  if (shared.faults.data === "flipped-bit" && guest.measured === 0) {
    running.update(Uint8Array.of(data[0]! ^ 1)).update(data.subarray(1));
  } else {
    running.update(data);
  }
  guest.measured += data.length;
  return { status: "SUCCESS" };
}

function requireLaunch({ running, keys }: Guest): Required<{
  readonly running: NonNullable<Guest["running"]>;
  readonly keys: SessionKeys;
}> {
  if (running === undefined || keys === undefined) throw new Error("a guest in LUPDATE has both");
  return { running, keys };
}
