// SPDX-License-Identifier: Apache-2.0
// What a demand of a policy is tested by, and demands of the same kind.

import type { FindingId, Outcome } from "../../../src/finding/index.ts";
import { bytesOf, digitsOf } from "../support.ts";
import type { Case, Patch } from "../support.ts";

/** A demand, and what comes of it with different reports. */
export interface Row {
  /** Field of the policy. */
  readonly field: string;
  readonly id: FindingId;
  readonly policy: Patch;
  readonly cases: readonly (readonly [outcome: Outcome, given: Omit<Case, "policy">])[];
}

const guestPolicy = (bit: number): bigint => 0x20000n | (1n << BigInt(bit));
export const VLEK = 1 << 2;

/** A bit of the guest policy, demanded 0 and demanded 1. */
export const policyBit = (name: string, id: FindingId, bit: number): readonly Row[] =>
  [0, 1].map((demanded) => ({
    field: `guest.policy.${name}`,
    id,
    policy: { guest: { policy: { [name]: demanded } } },
    cases: [
      [demanded === 1 ? "pass" : "fail", { report: { policy: guestPolicy(bit) } }],
      [demanded === 1 ? "fail" : "pass", { report: { policy: 0x20000n } }],
    ],
  }));

export const infoBit = (name: string, id: FindingId, bit: number): readonly Row[] =>
  [0, 1].map((demanded) => ({
    field: `platform.info.${name}`,
    id,
    policy: { platform: { info: { [name]: demanded } } },
    cases: [
      [demanded === 1 ? "pass" : "fail", { report: { platformInfo: 1n << BigInt(bit) } }],
      [demanded === 1 ? "fail" : "pass", { report: { platformInfo: 0n } }],
    ],
  }));

/** A byte string that the policy lists. */
export const pinned = (
  field: string,
  id: FindingId,
  length: number,
  member: string,
  more: object = {},
): Row => {
  const [section = "", ...rest] = field.split(".");
  const list = [digitsOf(1, length), { value: digitsOf(2, length), label: "second" }];
  const inner = rest.reduceRight<unknown>((value, name) => ({ [name]: value }), list);
  return {
    field,
    id,
    policy: { [section]: inner },
    cases: [
      ["pass", { report: { [member]: bytesOf(1, length), ...more } }],
      ["pass", { report: { [member]: bytesOf(2, length), ...more } }],
      ["fail", { report: { [member]: bytesOf(3, length), ...more } }],
      ["fail", { report: { [member]: bytesOf(0, length), ...more } }],
    ],
  };
};

export const answer = (
  field: string,
  id: FindingId,
  given: Omit<Case, "policy">,
): readonly Row[] => {
  const outcomes = { refuse: "fail", warn: "warn", allow: "pass" } as const;
  const [section = "", ...rest] = field.split(".");
  return (["refuse", "warn", "allow"] as const).map((word) => ({
    field,
    id,
    policy: { [section]: rest.reduceRight<unknown>((value, name) => ({ [name]: value }), word) },
    cases: [
      [outcomes[word], given],
      ["pass", {}],
    ],
  }));
};
