// SPDX-License-Identifier: Apache-2.0
// The CPUID signatures a vCPU may have had: QEMU's models, and those of real processors, which a
// guest gets with `-cpu host`.

import { CPU_MODELS } from "../launch/cpu-models-other.ts";
import { cpuSignature } from "../launch/cpu-models.ts";
import type { Offer } from "./axis.ts";

type SiliconRow = readonly [signature: number, name: string, cost: 1 | 2];

// CPUID Fn0000_0001_EAX of server processors with SEV. Sources: AMD's revision guides (56683, 57095,
// 58015, 58251, 58730), Linux arch/x86/kernel/cpu/microcode/amd.c, AMD openSIL. Shipped revisions
// cost 1, those only ever sampled 2. (Genoa B0 and Turin A0 are QEMU's EPYC-Genoa and EPYC-Turin.)
const SILICON: readonly SiliconRow[] = [
  [0x00800f12, "Naples", 1],
  [0x00830f10, "Rome", 1],
  [0x00a00f10, "Milan B0", 1],
  [0x00a00f11, "Milan B1", 1],
  [0x00a00f12, "Milan-X", 1],
  [0x00a10f11, "Genoa B1", 1],
  [0x00a10f12, "Genoa-X", 1],
  [0x00aa0f01, "Bergamo A1", 1],
  [0x00aa0f02, "Bergamo and Siena A2", 1],
  [0x00b00f20, "Turin C0", 1],
  [0x00b00f21, "Turin C1", 1],
  [0x00b10f10, "Turin Dense B0", 1],
  [0x00a00f00, "Milan A0", 2],
  [0x00a10f00, "Genoa A0", 2],
  [0x00aa0f00, "Bergamo A0", 2],
  [0x00b00f10, "Turin B0", 2],
  [0x00b00f11, "Turin B1", 2],
  [0x00b10f00, "Turin Dense A0", 2],
];

/** What QEMU gives a guest when nobody chose a model (x86 machine default). */
const QEMU_DEFAULT = "qemu64";

/** Models no SEV host is likely to give, tried only in an exhaustive search. */
const RARE = 3;

/**
 * Signatures to try, the likely ones first.
 * @param hostSignature Signature of the CPU a report was made on, when it says so.
 * @param exhaustive Also every other model QEMU knows.
 */
export function* signatureOffers(
  hostSignature: number | undefined,
  exhaustive: boolean,
): Generator<Offer<number>> {
  for (const [name, ...numbers] of CPU_MODELS) {
    const likely = name.startsWith("EPYC") || name === QEMU_DEFAULT;
    const cost = likely ? 1 : name === "Dhyana" ? 2 : RARE;
    if (cost < RARE || exhaustive) yield { value: cpuSignature(...numbers), label: name, cost };
  }
  for (const [value, name, cost] of SILICON) yield { value, label: hostLabel(value, name), cost };
  if (hostSignature !== undefined) {
    const label = hostLabel(hostSignature, "the CPU in the report");
    yield { value: hostSignature, label, cost: 1 };
  }
}

function hostLabel(signature: number, name: string): string {
  return `0x${signature.toString(16)} (-cpu host on ${name})`;
}
