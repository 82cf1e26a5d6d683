// SPDX-License-Identifier: Apache-2.0
// The VMSA profiles a host may have used, with the FPU area either way, and the addresses a VMSA may
// have been measured at.

import { hexEncode } from "../bytes/index.ts";
import { sha384 } from "#crypto";
import { KVM_VMSA_GPA } from "../launch/parameters.ts";
import { applicationVmsaPage, bootVmsaPage, withFpu } from "../launch/vmsa/build.ts";
import { VMSA_PROFILES } from "../launch/vmsa/profiles.ts";
import type { VmsaProfile } from "../launch/vmsa/profiles.ts";
import type { Offer } from "./axis.ts";

/** A profile row, as it is or with its FPU area replaced. */
export interface ProfileVariant {
  readonly profile: VmsaProfile;
  /** Set when the FPU area is not the row's own. */
  readonly fpu?: "init" | "zero";
}

/** Equal for variants no digest can tell apart: by pages and by rules of order. */
export function profileKey({ profile }: ProfileVariant): string {
  const vmsa = { profile, signature: 0x00a0_0f11, sevFeatures: 1n, entryPoint: 0x0080_b004 };
  const pages = [bootVmsaPage(vmsa), applicationVmsaPage(vmsa)].map((page) => sha384(page));
  const rdx = profile.rdx === "cpu-signature" ? "typed" : "untyped";
  return [rdx, profile.secMem, profile.cpuidLast, ...pages.map(hexEncode)].join(" ");
}

/** A variant in words. */
export function describeProfile({ profile, fpu }: ProfileVariant): string {
  if (fpu === undefined) return profile.id;
  return `${profile.id} with FPU ${fpu === "init" ? "as after INIT" : "zero"}`;
}

/**
 * Profiles for a mode. Another row of the same VMM is an older or newer host; another VMM is less
 * likely, because its owner knows where the guest runs; another FPU area has only been seen as rows.
 */
export function* profileOffers(
  mode: "seves" | "snp",
  expected: VmsaProfile,
): Generator<Offer<ProfileVariant>> {
  const rows = VMSA_PROFILES.filter(({ modes }) => modes.some((known) => known === mode));
  for (const profile of rows) yield offer({ profile }, profile.vmm === expected.vmm ? 1 : 2);
  const known = new Set(rows.map((profile) => profileKey({ profile })));
  for (const profile of rows) {
    for (const fpu of ["init", "zero"] as const) {
      const variant = { profile: withFpu(profile, fpu), fpu };
      if (!known.has(profileKey(variant))) yield offer(variant, 3);
    }
  }
}

function offer(value: ProfileVariant, cost: number): Offer<ProfileVariant> {
  return { value, label: describeProfile(value), cost };
}

/** Where gce-tcb-verifier puts the VMSA for Genoa, whose addresses have 52 bits. */
const GCE_GENOA_VMSA_GPA = 0xf_ffff_ffff_f000;

/** Addresses a VMSA may be measured at. */
export function vmsaGpaOffers(profile: VmsaProfile): readonly Offer<number>[] {
  const other = profile.vmm === "gce" ? 1 : 3;
  return [
    { value: KVM_VMSA_GPA, label: describeVmsaGpa(KVM_VMSA_GPA), cost: 1 },
    { value: GCE_GENOA_VMSA_GPA, label: describeVmsaGpa(GCE_GENOA_VMSA_GPA), cost: other },
  ];
}

/** An address in words. */
export function describeVmsaGpa(gpa: number): string {
  const known = gpa === KVM_VMSA_GPA ? " (KVM)" : gpa === GCE_GENOA_VMSA_GPA ? " (Genoa)" : "";
  return `0x${gpa.toString(16)}${known}`;
}
