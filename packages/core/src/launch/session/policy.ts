// SPDX-License-Identifier: Apache-2.0
// The guest policy of SEV and SEV-ES, 32 bits: given at LAUNCH_START, bound to the session and covered
// by the measurement. SEV-SNP's is another (guest-policy.ts of the folder above).

import { LayoutError } from "../../bytes/index.ts";
import type { ApiVersion } from "../api-forms.ts";
import { SessionError } from "./error.ts";

/** Where the bits are defined. */
export const SEV_POLICY_SOURCE = "AMD SEV API 55766, guest policy structure";

/** Rows: bit, AMD's name, meaning when clear, meaning when set. */
const BITS = [
  [0, "NODBG", "the host may debug (read) the guest", "the host may not debug the guest"],
  [1, "NOKS", "the memory key may be shared", "the memory key is not shared with other guests"],
  [2, "ES", "registers are in the clear", "SEV-ES is required"],
  [3, "NOSEND", "the guest may be sent elsewhere", "the guest may not be sent elsewhere"],
  [4, "DOMAIN", "sent to platforms of any owner", "sent only to platforms of the same owner"],
  [5, "SEV", "sent to any platform", "sent only to platforms AMD vouches for"],
] as const;

/** AMD's name of a bit of the policy. */
export type SevPolicyBitName = (typeof BITS)[number][1];

/** Mask of the bits with a name. */
export const SEV_POLICY_BITS: Readonly<Record<SevPolicyBitName, number>> = {
  NODBG: 1,
  NOKS: 2,
  ES: 4,
  NOSEND: 8,
  DOMAIN: 16,
  SEV: 32,
};

const RESERVED = 0xffc0;

/** A named bit of the policy. */
export interface SevPolicyBit {
  readonly bit: number;
  readonly name: SevPolicyBitName;
  readonly set: boolean;
  /** What the bit's present value means. */
  readonly meaning: string;
}

/** A policy in words. */
export interface SevPolicyDescription {
  readonly policy: number;
  /** Every bit that has a name, set or not, in ascending order. */
  readonly bits: readonly SevPolicyBit[];
  /** Numbers of reserved bits (6 to 15) that are set. */
  readonly unknownBits: readonly number[];
  /** Lowest version of the SEV API the guest may run under; 0.0 demands nothing. */
  readonly minimumApi: ApiVersion;
}

/**
 * A policy as named bits, unknown bits and the minimum API version. Judges nothing.
 * @throws {LayoutError} `out-of-range` when it is not a 32-bit value.
 */
export function describeSevPolicy(policy: number): SevPolicyDescription {
  requireU32(policy);
  const isSet = (bit: number): boolean => ((policy >>> bit) & 1) === 1;
  const reserved = [6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
  return {
    policy,
    bits: BITS.map(([bit, name, clear, set]) => ({
      bit,
      name,
      set: isSet(bit),
      meaning: isSet(bit) ? set : clear,
    })),
    unknownBits: reserved.filter(isSet),
    minimumApi: { major: (policy >>> 16) & 0xff, minor: policy >>> 24 },
  };
}

/**
 * A policy on one line: `0x37010007 (API 1.55 or newer, NODBG, NOKS, ES)`.
 * @throws {LayoutError} `out-of-range` when it is not a 32-bit value.
 */
export function formatSevPolicy(policy: number): string {
  const { bits, unknownBits, minimumApi } = describeSevPolicy(policy);
  const { major, minor } = minimumApi;
  const words = [
    ...(major === 0 && minor === 0 ? [] : [`API ${major}.${minor} or newer`]),
    ...bits.filter(({ set }) => set).map(({ name }) => name),
    ...unknownBits.map((bit) => `unknown bit ${bit}`),
  ];
  return `0x${policy.toString(16)}${words.length === 0 ? "" : ` (${words.join(", ")})`}`;
}

/**
 * A policy from what people write: a number (decimal, or hexadecimal with 0x), or names of bits with
 * commas between them and the minimum version as `api=1.55`: `NODBG,NOKS,ES,api=1.55`.
 * @throws {SessionError} `bad-policy` for anything else, and for reserved bits.
 */
export function parseSevPolicy(text: string): number {
  const trimmed = text.trim();
  const policy = /^(0x[0-9a-f]{1,8}|[0-9]{1,10})$/i.test(trimmed)
    ? Number(trimmed)
    : trimmed.split(",").reduce((value, word) => value + wordValue(word.trim(), value), 0);
  if (policy > 0xffffffff) throw badPolicy(text, "a policy has 32 bits");
  return requireSevPolicy(policy);
}

/**
 * The policy, checked as one that a session may be made for.
 * @throws {SessionError} `bad-policy` for reserved bits: firmware is free to refuse or ignore them.
 * @throws {LayoutError} `out-of-range` when it is not a 32-bit value.
 */
export function requireSevPolicy(policy: number): number {
  requireU32(policy);
  if ((policy & RESERVED) === 0) return policy;
  throw new SessionError(
    "bad-policy",
    `the policy ${formatSevPolicy(policy)} has reserved bits set`,
    "bits 6 to 15 must be zero; the minimum API version is in bits 16 to 23 (major) and 24 to 31 (minor)",
  );
}

/** What a word adds to a policy that does not say it yet. */
function wordValue(word: string, sofar: number): number {
  const version = /^api\s*>?=\s*([0-9]{1,3})\.([0-9]{1,3})$/i.exec(word);
  if (version !== null) {
    const [major, minor] = [Number(version[1]), Number(version[2])];
    if (major > 255 || minor > 255) throw badPolicy(word, "versions go up to 255.255");
    if (sofar >= 0x10000) throw badPolicy(word, "the minimum API version is given twice");
    return major * 0x10000 + minor * 0x1000000;
  }
  const row = BITS.find(([, name]) => name === word.toUpperCase());
  if (row === undefined) {
    const known = BITS.map(([, name]) => name).join(", ");
    throw badPolicy(word, `give a number, or names: ${known}, api=MAJOR.MINOR`);
  }
  return ((sofar >>> row[0]) & 1) === 1 ? 0 : 2 ** row[0];
}

function badPolicy(text: string, hint: string): SessionError {
  return new SessionError("bad-policy", `the policy is ${JSON.stringify(text.slice(0, 60))}`, hint);
}

/** @throws {LayoutError} `out-of-range` when a policy is not a 32-bit value. */
export function requireU32(policy: number): void {
  if (Number.isInteger(policy) && policy >= 0 && policy <= 0xffffffff) return;
  throw new LayoutError({
    code: "out-of-range",
    structure: "SEV policy",
    reason: `${policy} is not a 32-bit value`,
    source: SEV_POLICY_SOURCE,
  });
}
