// SPDX-License-Identifier: Apache-2.0
// The rules by which VMMs measure the sections before the VMSA pages, numbered.

import type { VmsaProfile } from "../launch/vmsa/profiles.ts";

/** Rules of profiles about the sections before the VMSA pages. */
export type SectionRules = Pick<VmsaProfile, "secMem" | "cpuidLast">;

/** All rules there can be; {@link rulesOf} gives the place of a profile's. */
export const RULES: readonly SectionRules[] = [
  { secMem: "ZERO", cpuidLast: false },
  { secMem: "ZERO", cpuidLast: true },
  { secMem: "UNMEASURED", cpuidLast: false },
  { secMem: "UNMEASURED", cpuidLast: true },
];

/** Index into {@link RULES}. */
export function rulesOf({ secMem, cpuidLast }: SectionRules): number {
  return (secMem === "ZERO" ? 0 : 2) + (cpuidLast ? 1 : 0);
}
