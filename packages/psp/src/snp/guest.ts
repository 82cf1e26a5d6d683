// SPDX-License-Identifier: Apache-2.0
// A guest context (GCTX): what the firmware knows of one guest (AMD 56860 rev. 1.58, section 4.2, table
// Guest Context Page).

import type { TcbVersion } from "@greenlight/core/evidence";
import type { RandomSource } from "../platform/random.ts";
import type { SnpGuestState } from "./types.ts";

/** A guest context. What changes in a guest's life is changed in place, by the command that does it. */
export interface SnpGuest {
  readonly gctx: number;
  state: SnpGuestState;
  /** 0: not active. */
  asid: number;
  /** What SNP_LAUNCH_START gave it; undefined before. */
  launch: LaunchedGuest | undefined;
}

/** A guest from SNP_LAUNCH_START on. */
export interface LaunchedGuest {
  readonly policy: bigint;
  /** 16 bytes. */
  readonly gosvw: Uint8Array;
  readonly imi: boolean;
  /** VMPCK0 to VMPCK3. */
  readonly vmpcks: readonly Uint8Array[];
  /** VM root key. */
  readonly vmrk: Uint8Array;
  /** 32 bytes. */
  readonly reportId: Uint8Array;
  readonly launchTcb: TcbVersion;
  readonly launchMitVector: bigint;
  /** LD, 48 bytes. */
  digest: Uint8Array;
  /** Messages exchanged with each VMPCK, both ways. */
  readonly messageCounts: [bigint, bigint, bigint, bigint];
  /** What SNP_LAUNCH_FINISH said. */
  identity: GuestIdentity;
  /** First answer and first report, for the faults that replay them. */
  firstAnswer: Uint8Array | undefined;
  firstReport: Uint8Array | undefined;
}

/** What SNP_LAUNCH_FINISH says of a guest. */
export interface GuestIdentity {
  readonly familyId: Uint8Array;
  readonly imageId: Uint8Array;
  readonly guestSvn: number;
  /** 48 bytes each. */
  readonly idKeyDigest: Uint8Array;
  readonly authorKeyDigest: Uint8Array;
  readonly authorKeyEnabled: boolean;
  readonly vcekDisabled: boolean;
  readonly hostData: Uint8Array;
}

/** A guest without ID block. */
export const NO_IDENTITY: GuestIdentity = {
  familyId: new Uint8Array(16),
  imageId: new Uint8Array(16),
  guestSvn: 0,
  idKeyDigest: new Uint8Array(48),
  authorKeyDigest: new Uint8Array(48),
  authorKeyEnabled: false,
  vcekDisabled: false,
  hostData: new Uint8Array(32),
};

/** What a launch begins with. */
export function launchedGuest(
  fields: Pick<LaunchedGuest, "policy" | "gosvw" | "imi" | "launchTcb" | "launchMitVector">,
  random: RandomSource,
): LaunchedGuest {
  return {
    ...fields,
    vmpcks: [0, 1, 2, 3].map(() => random.bytes(32)),
    vmrk: random.bytes(32),
    reportId: random.bytes(32),
    digest: new Uint8Array(48),
    messageCounts: [0n, 0n, 0n, 0n],
    identity: NO_IDENTITY,
    firstAnswer: undefined,
    firstReport: undefined,
  };
}
