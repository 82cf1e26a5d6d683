// SPDX-License-Identifier: Apache-2.0
// The bits of a guest policy under the names that policies call them by.

import { describeGuestPolicy } from "../../launch/guest-policy.ts";
import type { GuestPolicyBitName } from "./types.ts";

/** A bit: its number, AMD's name, and what either value means. */
export interface GuestPolicyBitFacts {
  readonly bit: number;
  readonly amdName: string;
  readonly clear: string;
  readonly set: string;
}

/** Names of the bits, in ascending order of their numbers. */
export const GUEST_POLICY_NAMES = [
  "smt",
  "migrateMa",
  "debug",
  "singleSocket",
  "cxlAllow",
  "memAes256Xts",
  "raplDis",
  "ciphertextHidingDram",
  "pageSwapDisable",
] as const satisfies readonly GuestPolicyBitName[];

const none = describeGuestPolicy(0n).bits;
const all = describeGuestPolicy(0xffff_ffff_ffff_ffffn).bits;

function factsOf(bit: number): GuestPolicyBitFacts {
  const index = none.findIndex((known) => known.bit === bit);
  const clear = none[index];
  const set = all[index];
  if (clear === undefined || set === undefined)
    throw new Error(`guest policy bit ${bit} has no name`);
  return { bit, amdName: clear.name, clear: clear.meaning, set: set.meaning };
}

/** The bits. Source: AMD 56860, section 4.3, Table 9. */
export const GUEST_POLICY_BITS: Readonly<Record<GuestPolicyBitName, GuestPolicyBitFacts>> = {
  smt: factsOf(16),
  migrateMa: factsOf(18),
  debug: factsOf(19),
  singleSocket: factsOf(20),
  cxlAllow: factsOf(21),
  memAes256Xts: factsOf(22),
  raplDis: factsOf(23),
  ciphertextHidingDram: factsOf(24),
  pageSwapDisable: factsOf(25),
};
