// SPDX-License-Identifier: Apache-2.0
// Commands of the platform's life: INIT, SHUTDOWN, PLATFORM_RESET, PLATFORM_STATUS and the like.
// Source: AMD SEV API 55766 rev. 3.24, chapter 5.

import { fail } from "../platform/status.ts";
import type { Failure } from "../platform/status.ts";
import { endSession } from "./guest.ts";
import { makeKeys } from "./keys.ts";
import { unlessIn, unlessRoom, unlessSize } from "./machine.ts";
import type { Machine } from "./machine.ts";
import { NV_SIZE, emptyNv, readNv, writeNv } from "./nv.ts";
import type { SevProcessor } from "./processor.ts";

/** Bytes of what GET_ID gives for a processor. */
const ID_SIZE = 64;

type Commands = Pick<
  SevProcessor,
  | "init"
  | "initEx"
  | "shutdown"
  | "platformReset"
  | "platformStatus"
  | "getId"
  | "nop"
  | "downloadFirmware"
  | "nv"
>;

/** The commands on this machine. */
export function platformCommands(machine: Machine): Commands {
  return {
    init: ({ es = false } = {}) => {
      const refused = unlessIn(machine, "UNINIT") ?? unlessEs(machine, es);
      if (refused !== undefined) return refused;
      machine.keys ??= makeKeys(machine.chip);
      start(machine, es);
      return { status: "SUCCESS" };
    },
    initEx: ({ es = false, nv }) => {
      const refused = unlessIn(machine, "UNINIT") ?? unlessEs(machine, es);
      if (refused !== undefined) return refused;
      if (nv !== undefined) {
        const invalid = unlessSize("nv", nv, NV_SIZE) ?? adopt(machine, nv);
        if (invalid !== undefined) return invalid;
      }
      machine.keys ??= makeKeys(machine.chip);
      start(machine, es);
      if (nv !== undefined) machine.nv = writeNv(machine.keys, machine.chip);
      return { status: "SUCCESS" };
    },
    shutdown: () => {
      const refused = unlessIn(machine, "INIT", "WORKING");
      if (refused !== undefined) return refused;
      for (const guest of machine.guests.values()) endSession(guest);
      machine.guests.clear();
      machine.unflushed.clear();
      machine.needsWbinvd = false;
      machine.state = "UNINIT";
      machine.es = false;
      machine.nv = undefined;
      return { status: "SUCCESS" };
    },
    platformReset: () => {
      const refused = unlessIn(machine, "UNINIT");
      if (refused !== undefined) return refused;
      machine.keys = undefined;
      return { status: "SUCCESS" };
    },
    platformStatus: () => {
      const { api, faults } = machine.shared;
      return {
        status: "SUCCESS",
        apiMajor: api.major,
        apiMinor: api.minor,
        build: faults.api === "overstated" ? (api.build + 1) & 0xff : api.build,
        state: machine.state,
        externallyOwned: machine.keys !== undefined && machine.keys.oca.key === undefined,
        es: machine.es,
        guestCount: machine.guests.size,
      };
    },
    getId: ({ length } = {}) =>
      unlessRoom("id", length, ID_SIZE) ?? {
        status: "SUCCESS",
        id: machine.shared.chipId.slice(),
      },
    nop: () => ({ status: "SUCCESS" }),
    downloadFirmware: () => fail("UNSUPPORTED", "this platform's firmware is not replaced"),
    nv: () => machine.nv?.slice(),
  };
}

function unlessEs({ shared }: Machine, wanted: boolean): Failure | undefined {
  if (!wanted || shared.es) return undefined;
  return fail("INVALID_CONFIG", "SEV-ES was asked for, which the platform does not have");
}

/**
 * Takes keys out of a store. One that is not this chip's is refused once: the platform then begins anew
 * and the host is to try again with an empty store, as Linux does after SECURE_DATA_INVALID.
 */
function adopt(machine: Machine, nv: Uint8Array): Failure | undefined {
  const content = readNv(nv, machine.chip);
  if (content.kind === "keys") machine.keys = content.keys;
  if (content.kind === "empty") machine.keys = undefined;
  if (content.kind !== "invalid") return undefined;
  nv.set(emptyNv());
  return fail("SECURE_DATA_INVALID", "the store was not written by this platform; it is now empty");
}

function start(machine: Machine, es: boolean): void {
  machine.state = "INIT";
  machine.es = es;
}
