// SPDX-License-Identifier: Apache-2.0
// The CPUID page: what the host says the guest's processors can do, and what firmware does not let it say
// (AMD 56860 rev. 1.58, section 8.17.2.6, table CPUID Page Format).

import { PAGE } from "./digest.ts";

const HEADER = 0x10;
const ENTRY = 0x30;
const MOST_ENTRIES = 64;

/** Offsets of the registers in an entry. */
const REGISTERS = { eax: 0x18, ebx: 0x1c, ecx: 0x20, edx: 0x24 } as const;

/** Bits that firmware wants clear: features whose state the guest could not rely on. */
const CLEARED: readonly {
  readonly leaf: number;
  readonly subleaf: number;
  readonly register: keyof typeof REGISTERS;
  readonly mask: number;
  readonly name: string;
}[] = [
  { leaf: 0x1, subleaf: 0, register: "ecx", mask: 1 << 24, name: "TSC_DEADLINE" },
  { leaf: 0x7, subleaf: 0, register: "ebx", mask: 1 << 1, name: "TSC_ADJUST" },
  { leaf: 0x8000_0008, subleaf: 0, register: "ebx", mask: 1 << 25, name: "VIRT_SSBD" },
];

/**
 * Checks a CPUID page.
 * @returns Undefined when it can stay; else what is wrong and the page as it would be taken.
 */
export function checkCpuidPage(
  page: Uint8Array,
): { readonly reason: string; readonly page: Uint8Array } | undefined {
  const corrected = Uint8Array.from(page);
  const view = new DataView(corrected.buffer);
  let reason: string | undefined;
  const count = view.getUint32(0, true);
  if (count > MOST_ENTRIES) {
    reason = `the CPUID page counts ${count} entries, the most is ${MOST_ENTRIES}`;
    view.setUint32(0, MOST_ENTRIES, true);
  }
  const entries = Math.min(count, MOST_ENTRIES);
  const reserved: readonly (readonly [start: number, end: number])[] = [
    [4, HEADER],
    ...Array.from({ length: entries }, (_, i) => {
      const start = HEADER + i * ENTRY;
      return [start + 0x28, start + ENTRY] as const;
    }),
    [HEADER + entries * ENTRY, PAGE],
  ];
  for (const [start, end] of reserved) {
    if (corrected.subarray(start, end).every((byte) => byte === 0)) continue;
    reason ??= `the CPUID page has reserved bytes set at ${start}`;
    corrected.fill(0, start, end);
  }
  for (let i = 0; i < entries; i++) {
    const start = HEADER + i * ENTRY;
    const leaf = view.getUint32(start, true);
    const subleaf = view.getUint32(start + 4, true);
    for (const rule of CLEARED) {
      if (rule.leaf !== leaf || rule.subleaf !== subleaf) continue;
      const at = start + REGISTERS[rule.register];
      const value = view.getUint32(at, true);
      if ((value & rule.mask) === 0) continue;
      reason ??= `CPUID 0x${leaf.toString(16)} must not have ${rule.name} set`;
      view.setUint32(at, (value & ~rule.mask) >>> 0, true);
    }
  }
  return reason === undefined ? undefined : { reason, page: corrected };
}
