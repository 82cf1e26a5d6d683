// SPDX-License-Identifier: Apache-2.0
// GUEST_POLICY: what the guest owner demands of the platform, 64 bits given at SNP_LAUNCH_START,
// repeated in the ID block and in every attestation report.

import { LayoutError, bits, u64 } from "../bytes/index.ts";

/** Where the bits are defined. */
export const GUEST_POLICY_SOURCE =
  "AMD 56860 (SEV-SNP Firmware ABI) rev. 1.58, section 4.3, Table 9";

const POSITIONS = {
  abiMinor: [7, 0],
  abiMajor: [15, 8],
  smt: 16,
  reservedOne: 17,
  migrateMa: 18,
  debug: 19,
  singleSocket: 20,
  cxlAllow: 21,
  memAes256Xts: 22,
  raplDis: 23,
  ciphertextHidingDram: 24,
  pageSwapDisable: 25,
} as const;

/**
 * Codec of a guest policy in which unknown bits are an error. Where they are to be shown instead,
 * keep the raw u64 and use {@link describeGuestPolicy}.
 */
export const GUEST_POLICY = bits(u64, POSITIONS);

/** SMT allowed, everything else at its default: what QEMU and the peers' tools start from. */
export const DEFAULT_GUEST_POLICY = 0x30000n;

/** Bit 17: reserved, must be one. */
const GUEST_POLICY_RESERVED_ONE = 1n << 17n;

/** A named bit of the guest policy. */
export interface GuestPolicyBit {
  readonly bit: number;
  /** AMD's name. */
  readonly name: string;
  readonly set: boolean;
  /** What the bit's present value means. */
  readonly meaning: string;
}

/** A guest policy in words. */
export interface GuestPolicyDescription {
  readonly policy: bigint;
  /** Lowest firmware ABI version the guest may run under. */
  readonly minimumAbi: { readonly major: number; readonly minor: number };
  /** Every bit that has a name, set or not, in ascending order. */
  readonly bits: readonly GuestPolicyBit[];
  /** Numbers of the bits that are set and have no name in this table. */
  readonly unknownBits: readonly number[];
  /** Whether bit 17, which must be one, is one. */
  readonly reservedOne: boolean;
}

/** Rows: bit, AMD's name, meaning when clear, meaning when set. */
const BITS: readonly (readonly [bit: number, name: string, clear: string, set: string])[] = [
  [16, "SMT", "host SMT must be off", "host SMT is allowed"],
  [18, "MIGRATE_MA", "no migration agent", "a migration agent is allowed"],
  [19, "DEBUG", "debugging is not allowed", "the host may debug (read) the guest"],
  [20, "SINGLE_SOCKET", "any number of sockets", "one socket only"],
  [21, "CXL_ALLOW", "CXL must not be populated", "CXL devices and memory are allowed"],
  [22, "MEM_AES_256_XTS", "AES-128-XEX or AES-256-XTS", "AES-256-XTS is required"],
  [23, "RAPL_DIS", "RAPL is allowed", "RAPL must be disabled"],
  [24, "CIPHERTEXT_HIDING_DRAM", "ciphertext hiding is optional", "ciphertext hiding is required"],
  [25, "PAGE_SWAP_DISABLE", "page move and swap are allowed", "page move and swap are refused"],
];

const KNOWN = BITS.reduce((mask, [bit]) => mask | (1n << BigInt(bit)), 0x2ffffn);

/**
 * A guest policy as named bits, unknown bits and the minimum ABI version. Judges nothing.
 * @throws {LayoutError} `out-of-range` when it is not a 64-bit value.
 */
export function describeGuestPolicy(policy: bigint): GuestPolicyDescription {
  requireU64(policy);
  const isSet = (bit: number): boolean => ((policy >> BigInt(bit)) & 1n) === 1n;
  return {
    policy,
    minimumAbi: { major: Number((policy >> 8n) & 0xffn), minor: Number(policy & 0xffn) },
    bits: BITS.map(([bit, name, clear, set]) => ({
      bit,
      name,
      set: isSet(bit),
      meaning: isSet(bit) ? set : clear,
    })),
    unknownBits: setBits(policy & ~KNOWN),
    reservedOne: (policy & GUEST_POLICY_RESERVED_ONE) !== 0n,
  };
}

/**
 * A guest policy on one line: `0x30000 (SMT)`, `0xb0137 (ABI 1.55 or newer, SMT, DEBUG)`.
 * @throws {LayoutError} `out-of-range` when it is not a 64-bit value.
 */
export function formatGuestPolicy(policy: bigint): string {
  const { minimumAbi, bits: named, unknownBits, reservedOne } = describeGuestPolicy(policy);
  const { major, minor } = minimumAbi;
  const words = [
    ...(major === 0 && minor === 0 ? [] : [`ABI ${major}.${minor} or newer`]),
    ...named.filter(({ set }) => set).map(({ name }) => name),
    ...unknownBits.map((bit) => `unknown bit ${bit}`),
    ...(reservedOne ? [] : ["bit 17 is not one"]),
  ];
  return `0x${policy.toString(16)}${words.length === 0 ? "" : ` (${words.join(", ")})`}`;
}

/**
 * The policy, checked as one that firmware can accept at all. Bits without a name are let through:
 * newer firmware may know them.
 * @throws {LayoutError} `out-of-range` when it is not a 64-bit value or bit 17 is not one.
 */
export function requireGuestPolicy(policy: bigint): bigint {
  requireU64(policy);
  if ((policy & GUEST_POLICY_RESERVED_ONE) === 0n) {
    throw new LayoutError({
      code: "out-of-range",
      structure: "GUEST_POLICY",
      reason: `0x${policy.toString(16)} has bit 17 clear, which must be one`,
      hint: `did you mean 0x${(policy | GUEST_POLICY_RESERVED_ONE).toString(16)}?`,
      source: GUEST_POLICY_SOURCE,
    });
  }
  return policy;
}

function setBits(value: bigint): readonly number[] {
  const found: number[] = [];
  for (let bit = 0; bit < 64; bit++) if (((value >> BigInt(bit)) & 1n) === 1n) found.push(bit);
  return found;
}

function requireU64(policy: bigint): void {
  if (policy >= 0n && policy < 1n << 64n) return;
  throw new LayoutError({
    code: "out-of-range",
    structure: "GUEST_POLICY",
    reason: `${policy} is not a 64-bit value`,
    source: GUEST_POLICY_SOURCE,
  });
}
