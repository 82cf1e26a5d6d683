// SPDX-License-Identifier: Apache-2.0
// The inverse of build.ts: which VMSA profile a page comes from, of which processor, and what the
// page says about the parameters of the launch.

import { annotate } from "../../bytes/index.ts";
import type { Annotation } from "../../bytes/index.ts";
import { CPU_MODELS } from "../cpu-models-other.ts";
import { cpuSignature } from "../cpu-models.ts";
import { applicationVmsaPage, bootVmsaPage } from "./build.ts";
import { VMSA } from "./layout.ts";
import type { Vmsa } from "./layout.ts";
import { VMSA_PROFILES } from "./profiles.ts";
import type { VmsaProfile } from "./profiles.ts";

/** The x86 reset vector, where the boot processor starts. */
const RESET_VECTOR = 0xffff_fff0;

/** A field in which a page differs from what a profile makes. Values as annotate() prints them. */
export interface VmsaDifference {
  /** Dotted path in the VMSA: `cs.attrib`. */
  readonly path: string;
  readonly offset: number;
  readonly size: number;
  readonly expected: string;
  readonly actual: string;
}

/** A profile and what of a page it does not explain. */
export interface ProfileMatch {
  readonly profile: VmsaProfile;
  /** Empty when the profile makes exactly this page. */
  readonly differences: readonly VmsaDifference[];
}

/** What a VMSA page tells about the launch it belongs to. */
export interface RecognisedVmsa {
  /** SEV-SNP when SEV_FEATURES has SNPActive, else SEV-ES. */
  readonly mode: "seves" | "snp";
  /**
   * `boot` when it starts at the reset vector; `every` for a page of a profile that starts all
   * processors at one entry point.
   */
  readonly role: "boot" | "application" | "every";
  /** Where it starts: CS.base and RIP joined, modulo 2^32. */
  readonly entryPoint: number;
  /** Low 32 bits of RDX, the CPUID signature on QEMU. */
  readonly signature: number;
  /** CPU models of QEMU with that signature. */
  readonly models: readonly string[];
  /** The profile that explains most of the page. */
  readonly nearest: ProfileMatch;
  /** Every profile of the mode, the nearest first. */
  readonly matches: readonly ProfileMatch[];
}

/**
 * Recognises a VMSA page. What a profile takes from the launch (CPU signature, SEV_FEATURES, entry
 * point) is read from the page itself; everything else is compared.
 * @throws {LayoutError} when the page does not have 4096 bytes.
 */
export function recogniseVmsa(page: Uint8Array): RecognisedVmsa {
  const vmsa = VMSA.decode(page);
  const mode = (vmsa.sevFeatures & 1n) === 1n ? "snp" : "seves";
  const entryPoint = Number(BigInt.asUintN(32, vmsa.cs.base + vmsa.rip));
  const signature = Number(BigInt.asUintN(32, vmsa.rdx));
  const actual = annotate(VMSA, page);
  const matches = VMSA_PROFILES.filter(({ modes }) =>
    modes.some((known) => (known === "svsm" ? "snp" : known) === mode),
  )
    .map((profile) => ({ profile, differences: compare(profile, vmsa, actual) }))
    .toSorted((a, b) => a.differences.length - b.differences.length);
  // There is a profile for every mode, so the list is never empty.
  const nearest = matches[0]!;
  const isFlat = nearest.profile.entry === "flat" && nearest.differences.length === 0;
  return {
    mode,
    role: isFlat ? "every" : entryPoint === RESET_VECTOR ? "boot" : "application",
    entryPoint,
    signature,
    models: modelsWithSignature(signature),
    nearest,
    matches,
  };
}

/** Names of QEMU's CPU models that have this CPUID signature, without version suffixes. */
export function modelsWithSignature(signature: number): readonly string[] {
  return CPU_MODELS.filter(
    ([, family, model, stepping]) => cpuSignature(family, model, stepping) === signature,
  ).map(([name]) => name);
}

function compare(
  profile: VmsaProfile,
  vmsa: Vmsa,
  actual: readonly Annotation[],
): readonly VmsaDifference[] {
  const flat = profile.entry === "flat";
  // In real mode an entry point is 64 KiB of CS.base and an offset in it.
  const realMode = Number(BigInt.asUintN(32, (vmsa.cs.base & 0xffff_0000n) | (vmsa.rip & 0xffffn)));
  const entryPoint = flat ? Number(BigInt.asUintN(32, vmsa.rip)) : realMode;
  const parameters = {
    profile,
    signature: Number(BigInt.asUintN(32, vmsa.rdx)),
    sevFeatures: vmsa.sevFeatures,
    entryPoint,
  };
  const isBoot = flat || entryPoint === RESET_VECTOR;
  const page = isBoot ? bootVmsaPage(parameters) : applicationVmsaPage(parameters);
  const expected = annotate(VMSA, page);
  return actual.flatMap(({ path, offset, size, text }, i) => {
    const wanted = expected[i]!.text;
    return text === wanted ? [] : [{ path, offset, size, expected: wanted, actual: text }];
  });
}
