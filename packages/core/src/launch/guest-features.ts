// SPDX-License-Identifier: Apache-2.0
// SEV_FEATURES, the guest features word of the VMSA.
// Source: AMD APM volume 2 (24593), table B-4 and section 15.34.10 "SEV_FEATURES".

/** Bit numbers of SEV_FEATURES by AMD's names. Bits 11 and 13 are reserved. */
export const SEV_FEATURES_BITS = {
  SNPActive: 0,
  vTOM: 1,
  ReflectVC: 2,
  RestrictedInjection: 3,
  AlternateInjection: 4,
  DebugSwap: 5,
  PreventHostIBS: 6,
  SNPBTBIsolation: 7,
  VmplSSS: 8,
  SecureTSC: 9,
  VmgexitParameter: 10,
  IbsVirtualization: 12,
  VmsaRegProt: 14,
  SmtProtection: 15,
  SecureAVIC: 16,
} as const;

/** Names of the bits set in a features word, lowest first; a bit without a name is `bit n`. */
export function sevFeatureNames(features: bigint): readonly string[] {
  const names = new Map<number, string>(
    Object.entries(SEV_FEATURES_BITS).map(([name, bit]) => [bit, name]),
  );
  const found: string[] = [];
  for (let bit = 0; bit < 64; bit++) {
    if (((features >> BigInt(bit)) & 1n) === 1n) found.push(names.get(bit) ?? `bit ${bit}`);
  }
  return found;
}
