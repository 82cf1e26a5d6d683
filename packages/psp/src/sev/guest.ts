// SPDX-License-Identifier: Apache-2.0
// A guest of the legacy processor: what is kept of it, and which command its state allows.
// Source: AMD SEV API 55766 rev. 3.24, section 6.1.

import type { Hash } from "node:crypto";
import type { SessionKeys } from "@greenlight/core/session";
import type { GuestStateName } from "./processor.ts";

/** A guest. */
export interface Guest {
  readonly handle: number;
  /** u32, as it was launched with. */
  readonly policy: number;
  state: GuestStateName;
  /** 0 when not active. */
  asid: number;
  /** Handle of the guest whose memory key this is: its own, or the one it shares with. */
  readonly keyOf: number;
  /** Transport keys, while there is a session; zeroed when it ends. */
  keys: SessionKeys | undefined;
  /** The launch digest while it grows. */
  running: Hash | undefined;
  /** Bytes that the digest covers so far. */
  measured: number;
  /** The launch digest; ATTESTATION needs it for as long as the guest lives. */
  digest: Uint8Array | undefined;
  /** MEASURE without the nonce, which binds secrets. */
  measure: Uint8Array | undefined;
}

/** Commands to a guest that depend on its state, and the states they want. */
export const ALLOWED_IN = {
  LAUNCH_UPDATE_DATA: ["LUPDATE"],
  LAUNCH_UPDATE_VMSA: ["LUPDATE"],
  LAUNCH_MEASURE: ["LUPDATE"],
  LAUNCH_SECRET: ["LSECRET"],
  LAUNCH_FINISH: ["LSECRET"],
  ATTESTATION: ["LSECRET", "RUNNING"],
  SEND_START: ["RUNNING"],
  SEND_UPDATE_DATA: ["SUPDATE"],
  SEND_UPDATE_VMSA: ["SUPDATE"],
  SEND_FINISH: ["SUPDATE"],
  SEND_CANCEL: ["SUPDATE"],
  RECEIVE_UPDATE_DATA: ["RUPDATE"],
  RECEIVE_UPDATE_VMSA: ["RUPDATE"],
  RECEIVE_FINISH: ["RUPDATE"],
  DBG_DECRYPT: ["RUNNING"],
  DBG_ENCRYPT: ["RUNNING"],
} as const satisfies Readonly<Record<string, readonly GuestStateName[]>>;

/** A command of {@link ALLOWED_IN}. */
export type GuestCommand = keyof typeof ALLOWED_IN;

/** Commands that touch memory, for which the guest must be bound to an ASID. */
export const NEEDS_ACTIVE: ReadonlySet<GuestCommand> = new Set([
  "LAUNCH_UPDATE_DATA",
  "LAUNCH_UPDATE_VMSA",
  "LAUNCH_SECRET",
  "SEND_UPDATE_DATA",
  "SEND_UPDATE_VMSA",
  "RECEIVE_UPDATE_DATA",
  "RECEIVE_UPDATE_VMSA",
  "DBG_DECRYPT",
  "DBG_ENCRYPT",
]);

/** Ends the session: its keys are overwritten, not only forgotten. */
export function endSession(guest: Guest): void {
  guest.keys?.tek.fill(0);
  guest.keys?.tik.fill(0);
  guest.keys = undefined;
}
