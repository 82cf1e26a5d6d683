// SPDX-License-Identifier: Apache-2.0
// The CPUID page of an SEV-SNP guest: a few leaves that every processor of the family has. Its contents
// are not measured, and the emulated guest does not look at them.
// Source: AMD 56860 rev. 1.58, table CPUID Page Format.

const HEADER = 0x10;
const ENTRY = 0x30;

/** Leaf, and EAX, EBX, ECX, EDX. */
type Row = readonly [leaf: number, ...registers: number[]];

/** @param signature CPUID Fn0000_0001_EAX. @returns 4096 bytes. */
export function cpuidPage(signature: number): Uint8Array {
  // "AuthenticAMD" in EBX, EDX, ECX.
  const vendor = [0x6874_7541, 0x444d_4163, 0x6974_6e65] as const;
  const rows: readonly Row[] = [
    [0x0000_0000, 0x10, ...vendor],
    [0x0000_0001, signature],
    [0x8000_0000, 0x8000_0021, ...vendor],
    // SME, SEV, page flush MSR, SEV-ES, SEV-SNP; the encryption bit is 51, one address bit is lost.
    [0x8000_001f, 0b1_1011, 51 | (1 << 6)],
  ];
  const page = new Uint8Array(4096);
  const view = new DataView(page.buffer);
  view.setUint32(0, rows.length, true);
  for (const [index, [leaf, ...registers]] of rows.entries()) {
    const start = HEADER + index * ENTRY;
    view.setUint32(start, leaf, true);
    for (const [number, value] of registers.entries()) {
      view.setUint32(start + 0x18 + 4 * number, value, true);
    }
  }
  return page;
}
