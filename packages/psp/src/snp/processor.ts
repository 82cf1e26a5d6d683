// SPDX-License-Identifier: Apache-2.0
// The SEV-SNP half of the secure processor: the commands of the platform, and all others put together.

import { LayoutError } from "@greenlight/core/bytes";
import { encodeTcb, tcbPartsBelow } from "@greenlight/core/evidence";
import type { SharedSnpPlatform } from "../platform/shared.ts";
import { SigningKeys } from "./endorsement.ts";
import { launchFinish, launchStart, launchUpdate } from "./launch.ts";
import { guestOf, isRefusal, refuse, reportedTcb } from "./machine.ts";
import type { SnpMachine } from "./machine.ts";
import { setupOf } from "./options.ts";
import { HOST_VMPL, makeReport, selectKey } from "./report.ts";
import { answer } from "./requests.ts";
import { readSaved, writeSaved } from "./saved.ts";
import type { SnpConfig, SnpProcessor, SnpResult } from "./types.ts";

export type { SnpProcessor } from "./types.ts";

/** The last ASID of SEV-SNP guests. Which ones legacy guests have is not looked at. */
const LAST_ASID = 509;

/** Contexts are pages of the host's memory; this bounds ours. */
const MOST_GUESTS = 1024;

const DONE: SnpResult = { status: "SUCCESS" };

/**
 * The SEV-SNP commands of a platform.
 * @throws {LayoutError} for TCB versions that are none of the platform's line. @throws {PlatformError}
 * `bad-state` for a stored state that is none.
 */
export function createSnpProcessor(shared: SharedSnpPlatform): SnpProcessor {
  const { saved, line, api } = shared;
  const setup = setupOf(
    line,
    api,
    saved === undefined ? (shared.snp ?? {}) : readSaved(saved, line),
  );
  const machine: SnpMachine = {
    shared,
    setup,
    keys: new SigningKeys(shared),
    isInitialised: false,
    committedTcb: setup.committedTcb,
    committedVersion: setup.committedVersion,
    reportedTcb: undefined,
    maskChipId: false,
    maskChipKey: false,
    vlek: undefined,
    guests: new Map(),
    dirtyAsids: new Set(),
    nextGctx: 1,
  };
  /** The command when the platform is initialised. */
  const initialised = <T extends object>(command: () => SnpResult<T>): SnpResult<T> =>
    machine.isInitialised
      ? command()
      : refuse("INVALID_PLATFORM_STATE", "the platform is not initialised");

  return {
    snpInit() {
      if (machine.isInitialised) {
        return refuse("INVALID_PLATFORM_STATE", "the platform is initialised already");
      }
      machine.isInitialised = true;
      return DONE;
    },
    snpShutdown() {
      if (machine.dirtyAsids.size > 0) {
        return refuse("DFFLUSH_REQUIRED", "ASIDs of ended guests wait for SNP_DF_FLUSH");
      }
      for (const gctx of machine.guests.keys()) machine.guests.delete(gctx);
      machine.isInitialised = false;
      return DONE;
    },
    platformStatus: () => ({
      status: "SUCCESS",
      apiMajor: api.major,
      apiMinor: api.minor,
      build: api.build,
      state: machine.isInitialised ? "INIT" : "UNINIT",
      isRmpInitialised: machine.isInitialised,
      maskChipId: machine.maskChipId,
      maskChipKey: machine.maskChipKey,
      vlekLoaded: machine.vlek !== undefined,
      guestCount: machine.guests.size,
      currentTcb: setup.currentTcb,
      reportedTcb: reportedTcb(machine),
      committedTcb: machine.committedTcb,
    }),
    dfFlush() {
      machine.dirtyAsids.clear();
      return DONE;
    },
    config: (request) => config(machine, request),
    commit() {
      machine.committedTcb = setup.currentTcb;
      machine.committedVersion = api;
      return DONE;
    },
    vlekLoad: ({ cspId } = {}) =>
      initialised(() => {
        machine.vlek = { cspId };
        return DONE;
      }),
    gctxCreate: () =>
      initialised(() => {
        if (machine.guests.size >= MOST_GUESTS) {
          return refuse("RESOURCE_LIMIT", `there are ${MOST_GUESTS} guests`);
        }
        const gctx = machine.nextGctx++;
        machine.guests.set(gctx, { gctx, state: "INIT", asid: 0, launch: undefined });
        return { status: "SUCCESS", gctx };
      }),
    launchStart: (request) => launchStart(machine, request),
    activate: (request) => activate(machine, request),
    launchUpdate: (request) => launchUpdate(machine, request),
    launchFinish: (request) => launchFinish(machine, request),
    decommission({ gctx }) {
      const guest = guestOf(machine, gctx);
      if (isRefusal(guest)) return guest;
      if (guest.asid !== 0) machine.dirtyAsids.add(guest.asid);
      machine.guests.delete(gctx);
      return DONE;
    },
    guestStatus({ gctx }) {
      const guest = guestOf(machine, gctx);
      if (isRefusal(guest)) return guest;
      const { state, asid, launch } = guest;
      const vcekDisabled = launch?.identity.vcekDisabled ?? false;
      return { status: "SUCCESS", policy: launch?.policy ?? 0n, asid, state, vcekDisabled };
    },
    guestRequest({ gctx, message }) {
      const guest = runningGuest(machine, gctx);
      return isRefusal(guest) ? guest : answer(machine, guest, message);
    },
    hostReport({ gctx, keySelection = 0 }) {
      const guest = runningGuest(machine, gctx);
      if (isRefusal(guest)) return guest;
      const selected = selectKey(machine, guest, keySelection);
      if ("problem" in selected) {
        return refuse(selected.problem, `key selection ${keySelection} has no key`);
      }
      const wish = { reportData: new Uint8Array(64), vmpl: HOST_VMPL };
      return { status: "SUCCESS", report: makeReport(machine, guest, selected, wish) };
    },
    launchDigest: (gctx) => machine.guests.get(gctx)?.launch?.digest.slice(),
    certificateTable() {
      const { keys, vlek } = machine;
      const tcb = reportedTcb(machine);
      return keys.table(vlek === undefined ? keys.vcek(tcb) : keys.vlek(tcb, vlek.cspId));
    },
    toJson: () => writeSaved(machine),
  };
}

function config(machine: SnpMachine, request: SnpConfig): SnpResult {
  const { shared, setup } = machine;
  const { reportedTcb: tcb } = request;
  if (tcb !== undefined && tcb !== null) {
    try {
      encodeTcb(tcb, shared.line);
    } catch (error) {
      if (error instanceof LayoutError) return refuse("INVALID_PARAM", error.message);
      throw error;
    }
    if (tcbPartsBelow(setup.currentTcb, tcb).length > 0) {
      return refuse("INVALID_PARAM", "REPORTED_TCB is above CURRENT_TCB");
    }
  }
  if (tcb !== undefined) machine.reportedTcb = tcb ?? undefined;
  if (request.maskChipId !== undefined) machine.maskChipId = request.maskChipId;
  if (request.maskChipKey !== undefined) machine.maskChipKey = request.maskChipKey;
  return DONE;
}

function activate(
  machine: SnpMachine,
  { gctx, asid }: { readonly gctx: number; readonly asid: number },
): SnpResult {
  const guest = guestOf(machine, gctx);
  if (isRefusal(guest)) return guest;
  if (guest.state === "INIT") {
    return refuse("INVALID_GUEST_STATE", "the guest has not been started");
  }
  if (!Number.isInteger(asid) || asid < 1 || asid > LAST_ASID) {
    return refuse("INVALID_ASID", `ASIDs are 1 to ${LAST_ASID}`);
  }
  if (guest.asid !== 0) return refuse("ACTIVE", `the guest has ASID ${guest.asid}`);
  if ([...machine.guests.values()].some((other) => other.asid === asid)) {
    return refuse("ASID_OWNED", `ASID ${asid} is another guest's`);
  }
  if (machine.dirtyAsids.has(asid)) {
    return refuse("DFFLUSH_REQUIRED", `ASID ${asid} waits for SNP_DF_FLUSH`);
  }
  guest.asid = asid;
  return DONE;
}

function runningGuest(machine: SnpMachine, gctx: number) {
  const guest = guestOf(machine, gctx);
  if (isRefusal(guest)) return guest;
  if (guest.state !== "RUNNING" || guest.launch === undefined) {
    return refuse("INVALID_GUEST_STATE", `the guest is in state ${guest.state}`);
  }
  return guest.launch;
}
