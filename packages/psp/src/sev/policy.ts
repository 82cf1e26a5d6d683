// SPDX-License-Identifier: Apache-2.0
// What a guest's policy demands of a platform, as the firmware checks it before a guest is made.
// Source: AMD SEV API 55766 rev. 3.24, guest policy structure.

import { SEV_POLICY_BITS, compareApi, describeSevPolicy } from "@greenlight/core/session";
import type { SevPolicyBitName } from "@greenlight/core/session";

/** Whether a policy has the bit. */
export function hasBit(policy: number, name: SevPolicyBitName): boolean {
  return (policy & SEV_POLICY_BITS[name]) !== 0;
}

/** The policy with debugging allowed. */
export function withoutNodbg(policy: number): number {
  return (policy & ~SEV_POLICY_BITS.NODBG) >>> 0;
}

/** What a platform offers to a policy. */
export interface Offer {
  readonly major: number;
  readonly minor: number;
  /** Whether it was initialised for SEV-ES. */
  readonly es: boolean;
}

/** Why a platform may not run a guest of this policy; undefined when it may. */
export function policyObstacle(policy: number, offer: Offer): string | undefined {
  const { unknownBits } = describeSevPolicy(policy);
  if (unknownBits.length > 0)
    return `reserved bits of the policy are set: ${unknownBits.join(", ")}`;
  const version = versionObstacle(policy, offer);
  if (version !== undefined) return version;
  if (hasBit(policy, "ES") && !offer.es) return "the platform was not initialised for SEV-ES";
  return undefined;
}

/** Why firmware of this version is too old for the policy; undefined when it is not. */
export function versionObstacle(
  policy: number,
  { major, minor }: Omit<Offer, "es">,
): string | undefined {
  const { minimumApi } = describeSevPolicy(policy);
  if (compareApi({ major, minor }, minimumApi) >= 0) return undefined;
  const wanted = `${minimumApi.major}.${minimumApi.minor}`;
  return `the policy wants API ${wanted} or newer, the platform has ${major}.${minor}`;
}
