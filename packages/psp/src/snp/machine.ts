// SPDX-License-Identifier: Apache-2.0
// What the SEV-SNP firmware has in hand: its settings, its guests, its ASIDs. The commands of the other
// modules of this folder work on it.

import type { TcbVersion } from "@greenlight/core/evidence";
import type { ApiVersion } from "../platform/api-version.ts";
import type { SharedSnpPlatform } from "../platform/shared.ts";
import type { FailureName } from "../platform/status.ts";
import type { SigningKeys } from "./endorsement.ts";
import type { SnpGuest } from "./guest.ts";
import type { SnpSetup } from "./options.ts";
import type { SnpRefusal } from "./types.ts";

/** The state of the firmware. */
export interface SnpMachine {
  readonly shared: SharedSnpPlatform;
  readonly keys: SigningKeys;
  readonly setup: SnpSetup;
  isInitialised: boolean;
  committedTcb: TcbVersion;
  committedVersion: ApiVersion;
  /** Undefined: follows CURRENT_TCB. */
  reportedTcb: TcbVersion | undefined;
  maskChipId: boolean;
  maskChipKey: boolean;
  vlek: { readonly cspId: string | undefined } | undefined;
  readonly guests: Map<number, SnpGuest>;
  /** ASIDs of decommissioned guests, which need SNP_DF_FLUSH first. */
  readonly dirtyAsids: Set<number>;
  nextGctx: number;
}

/** REPORTED_TCB. */
export function reportedTcb({ reportedTcb: set, setup }: SnpMachine): TcbVersion {
  return set ?? setup.currentTcb;
}

/** A refusal. */
export function refuse(status: FailureName, reason: string): SnpRefusal {
  return { status, reason };
}

/** The guest of a context on an initialised platform, or why there is none. */
export function guestOf(machine: SnpMachine, gctx: number): SnpGuest | SnpRefusal {
  if (!machine.isInitialised) {
    return refuse("INVALID_PLATFORM_STATE", "the platform is not initialised");
  }
  const guest = machine.guests.get(gctx);
  return guest ?? refuse("INVALID_GUEST", `${gctx} is no guest context`);
}

/** Whether it is a refusal. */
export function isRefusal(value: object): value is SnpRefusal {
  return "status" in value;
}
