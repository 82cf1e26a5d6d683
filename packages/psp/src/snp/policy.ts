// SPDX-License-Identifier: Apache-2.0
// Whether a guest may be launched here under its policy (AMD 56860 rev. 1.58, section 4.3, table Guest
// Policy; SNP_LAUNCH_START).

import { describeGuestPolicy } from "@greenlight/core/launch";
import type { ApiVersion } from "../platform/api-version.ts";
import type { FailureName } from "../platform/status.ts";
import type { SnpFacts } from "./options.ts";

/** A bit of the policy that can be in the way. */
interface Rule {
  readonly bit: number;
  /** Value of the bit for which the platform has to satisfy the rule. */
  readonly when: boolean;
  readonly satisfied: (facts: SnpFacts) => boolean;
  readonly reason: string;
}

const RULES: readonly Rule[] = [
  {
    bit: 16,
    when: false,
    satisfied: ({ smt }) => !smt,
    reason: "the policy does not allow SMT and SMT is on",
  },
  {
    bit: 20,
    when: true,
    satisfied: ({ sockets }) => sockets === 1,
    reason: "the policy wants a single socket and there are more",
  },
  {
    bit: 21,
    when: false,
    satisfied: ({ cxl }) => !cxl,
    reason: "the policy does not allow CXL and CXL is populated",
  },
  {
    bit: 22,
    when: true,
    satisfied: ({ aes256Xts }) => aes256Xts,
    reason: "the policy wants AES-256-XTS",
  },
  {
    bit: 23,
    when: true,
    satisfied: ({ raplDis }) => raplDis,
    reason: "the policy wants RAPL disabled and it is on",
  },
  {
    bit: 24,
    when: true,
    satisfied: ({ ciphertextHidingDram }) => ciphertextHidingDram,
    reason: "the policy wants ciphertext hiding and it is off",
  },
];

/** Lowest ABI minor, under major 1, whose firmware knows PAGE_SWAP_DISABLE. */
const PAGE_SWAP_MINOR = 58;

/** Why a guest with this policy cannot be launched; undefined when it can. */
export function policyProblem(
  policy: bigint,
  api: ApiVersion,
  facts: SnpFacts,
): { readonly status: FailureName; readonly reason: string } | undefined {
  const { minimumAbi, unknownBits, reservedOne } = describeGuestPolicy(policy);
  const has = (bit: number): boolean => ((policy >> BigInt(bit)) & 1n) === 1n;
  if (!reservedOne) return { status: "POLICY_FAILURE", reason: "bit 17 of the policy is not one" };
  const reserved = [...unknownBits, ...(has(25) && isOlder(api, PAGE_SWAP_MINOR) ? [25] : [])];
  if (reserved.length > 0) {
    return { status: "INVALID_PARAM", reason: `bit ${reserved[0]} of the policy is reserved` };
  }
  const { major, minor } = minimumAbi;
  if (major > api.major || (major === api.major && minor > api.minor)) {
    const reason = `the policy wants ABI ${major}.${minor}, this is ${api.major}.${api.minor}`;
    return { status: "POLICY_FAILURE", reason };
  }
  const broken = RULES.find(({ bit, when, satisfied }) => has(bit) === when && !satisfied(facts));
  return broken === undefined ? undefined : { status: "POLICY_FAILURE", reason: broken.reason };
}

function isOlder({ major, minor }: ApiVersion, than: number): boolean {
  return major < 1 || (major === 1 && minor < than);
}
