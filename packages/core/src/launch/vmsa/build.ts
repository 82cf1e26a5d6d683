// SPDX-License-Identifier: Apache-2.0
// Building the VMSA pages of a launch from a profile row.

import { LaunchError } from "../error.ts";
import { SEGMENT, VMSA } from "./layout.ts";
import type { Segment, Vmsa } from "./layout.ts";
import { FPU_INIT, FPU_ZERO, VMSA_PROFILES } from "./profiles.ts";
import type { VmsaProfile, VmsaRegisters } from "./profiles.ts";

/** The x86 reset vector, where the boot processor starts. */
const RESET_VECTOR = 0xffff_fff0;

/** A save area with every register zero. */
const BLANK: Vmsa = VMSA.decode(new Uint8Array(VMSA.size));

/** What the VMSA pages of a launch depend on. */
export interface VmsaParameters {
  readonly profile: VmsaProfile;
  /** CPUID signature; ignored by profiles with a fixed RDX. */
  readonly signature: number;
  /** SEV_FEATURES. */
  readonly sevFeatures: bigint;
  /** Entry point of application processors; for a flat profile of all processors. */
  readonly entryPoint: number;
}

/**
 * The profile with this id.
 * @throws {LaunchError} `unknown-profile`.
 */
export function vmsaProfile(id: string): VmsaProfile {
  const profile = VMSA_PROFILES.find((row) => row.id === id);
  if (profile !== undefined) return profile;
  throw new LaunchError("unknown-profile", `no VMSA profile is called ${JSON.stringify(id)}`, {
    hint: `known: ${VMSA_PROFILES.map((row) => row.id).join(", ")}`,
  });
}

/** The profile with its FPU area as after INIT or all zero, whatever the row says. */
export function withFpu(profile: VmsaProfile, fpu: "init" | "zero"): VmsaProfile {
  const area = fpu === "init" ? FPU_INIT : FPU_ZERO;
  return { ...profile, registers: { ...profile.registers, ...area } };
}

/** The page of the boot processor (vCPU 0). */
export function bootVmsaPage(parameters: VmsaParameters): Uint8Array {
  const { profile, entryPoint } = parameters;
  const entry = profile.entry === "flat" ? entryPoint : RESET_VECTOR;
  return build(parameters, { ...profile.registers, ...profile.bootRegisters }, entry);
}

/** The page of every other processor. */
export function applicationVmsaPage(parameters: VmsaParameters): Uint8Array {
  // EC2 chooses CS by the entry point, so an AP that starts at the reset vector looks like the BSP.
  if (parameters.entryPoint === RESET_VECTOR) return bootVmsaPage(parameters);
  return build(parameters, parameters.profile.registers, parameters.entryPoint);
}

function build(
  { profile, signature, sevFeatures }: VmsaParameters,
  registers: VmsaRegisters,
  entry: number,
): Uint8Array {
  const code: Segment = registers.cs ?? SEGMENT.decode(new Uint8Array(SEGMENT.size));
  const flat = profile.entry === "flat";
  return VMSA.encode({
    ...BLANK,
    ...registers,
    cs: flat ? code : { ...code, base: BigInt((entry & 0xffff_0000) >>> 0) },
    rip: BigInt(flat ? entry : entry & 0xffff),
    rdx: profile.rdx === "cpu-signature" ? BigInt(signature) : profile.rdx,
    sevFeatures,
  });
}
