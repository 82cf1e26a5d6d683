// SPDX-License-Identifier: Apache-2.0
// SEV_FEATURES a host may have set, those seen in the field first, and the register that goes with
// Secure AVIC.

import { SEV_FEATURES_BITS, sevFeatureNames } from "../launch/guest-features.ts";
import type { LaunchMode, Offer } from "./axis.ts";

/** The features word, and VINTR_CTRL, which KVM sets along with one feature. */
export interface GuestFeatures {
  readonly sevFeatures: bigint;
  readonly vintrCtrl: bigint;
}

/** Equal for equal values. */
export function guestFeaturesKey({ sevFeatures, vintrCtrl }: GuestFeatures): string {
  return `${sevFeatures} ${vintrCtrl}`;
}

/** A features word in words: `0x21 (SNPActive, DebugSwap)`. */
export function describeFeatures(sevFeatures: bigint): string {
  const names = sevFeatureNames(sevFeatures).join(", ");
  return `0x${sevFeatures.toString(16)}${names === "" ? "" : ` (${names})`}`;
}

const word = (...names: readonly (keyof typeof SEV_FEATURES_BITS)[]): bigint =>
  names.reduce((sum, name) => sum | (1n << BigInt(SEV_FEATURES_BITS[name])), 0n);

// Linux arch/x86/kvm/svm/sev.c: 0x1 always for SNP; DebugSwap by default in 6.6 to 6.8 (for SEV-ES
// too), else at the VMM's request, as SecureTSC (6.16) and SecureAVIC (patches); alternate and
// restricted injection in the trees of AMD and coconut-svsm. The others are set by other hypervisors.
const SEEN: Readonly<Record<"seves" | "snp", readonly (readonly [bigint, cost: 1 | 2])[]>> = {
  snp: [
    [word("SNPActive"), 1],
    [word("SNPActive", "DebugSwap"), 1],
    [word("SNPActive", "SecureTSC"), 1],
    [word("SNPActive", "DebugSwap", "SecureTSC"), 1],
    [word("SNPActive", "SecureAVIC"), 2],
    [word("SNPActive", "SecureAVIC", "SecureTSC"), 2],
    [word("SNPActive", "SecureAVIC", "DebugSwap"), 2],
    [word("SNPActive", "SecureAVIC", "SecureTSC", "DebugSwap"), 2],
    [word("SNPActive", "RestrictedInjection"), 2],
    [word("SNPActive", "AlternateInjection"), 2],
    [word("SNPActive", "RestrictedInjection", "DebugSwap"), 2],
    [word("SNPActive", "AlternateInjection", "DebugSwap"), 2],
    [word("SNPActive", "ReflectVC"), 2],
    [word("SNPActive", "vTOM"), 2],
    [word("SNPActive", "SNPBTBIsolation"), 2],
    [word("SNPActive", "VmsaRegProt"), 2],
    [word("SNPActive", "SmtProtection"), 2],
    [0n, 2],
  ],
  seves: [
    [0n, 1],
    [word("DebugSwap"), 1],
  ],
};

/** Bits whose every combination an exhaustive search tries. */
const FREE_BITS = [
  "RestrictedInjection",
  "AlternateInjection",
  "DebugSwap",
  "PreventHostIBS",
  "SNPBTBIsolation",
  "SecureTSC",
  "VmsaRegProt",
  "SmtProtection",
  "SecureAVIC",
] as const;

/** Bits of VINTR_CTRL (APM volume 2, table B-1): V_GIF, V_NMI_ENABLE. */
const V_GIF = 1n << 9n;
const V_NMI_ENABLE = 1n << 26n;

/** Features to try in a mode. */
export function* featureOffers(
  mode: LaunchMode,
  exhaustive: boolean,
): Generator<Offer<GuestFeatures>> {
  if (mode === "sev") return;
  for (const [sevFeatures, cost] of SEEN[mode]) yield* withVintr(sevFeatures, cost);
  if (!exhaustive) return;
  const base = mode === "snp" ? word("SNPActive") : 0n;
  for (let subset = 0; subset < 2 ** FREE_BITS.length; subset++) {
    const chosen = FREE_BITS.filter((_, i) => ((subset >> i) & 1) === 1);
    yield* withVintr(base | word(...chosen), 3);
  }
}

/**
 * A features word with what else a host may set for it: with Secure AVIC, KVM presets VINTR_CTRL,
 * which became part of the measured VMSA in two steps (Linux patches "KVM: SVM: Add Secure AVIC").
 */
function* withVintr(sevFeatures: bigint, cost: number): Generator<Offer<GuestFeatures>> {
  const label = describeFeatures(sevFeatures);
  yield { value: { sevFeatures, vintrCtrl: 0n }, label, cost };
  if ((sevFeatures & word("SecureAVIC")) === 0n) return;
  for (const vintrCtrl of [V_GIF, V_GIF | V_NMI_ENABLE]) {
    const value = { sevFeatures, vintrCtrl };
    yield { value, label: `${label} with VINTR_CTRL 0x${vintrCtrl.toString(16)}`, cost };
  }
}
