// SPDX-License-Identifier: Apache-2.0
// Product lines of AMD's SEV-SNP processors: the names the KDS and the certificates know, and the
// CPUs that belong to each.

/** A product line, as AMD's certificates and the KDS spell it. */
export type ProductLine = "Milan" | "Genoa" | "Turin" | "Venice";

/** How the eight bytes of a TCB_VERSION are laid out, see tcb.ts. */
export type TcbLayoutName = "milan" | "turin";

/** What is common to a product line. */
export interface ProductLineFacts {
  readonly line: ProductLine;
  readonly tcbLayout: TcbLayoutName;
  /** Significant bytes of CHIP_ID, which are also the length of the hwID extension. */
  readonly hwIdLength: 64 | 8;
  /** structVersion extension of its VCEK and VLEK certificates. */
  readonly structVersion: 0 | 1;
}

/** The lines, oldest first. Source: AMD 57230 (KDS) section 3 and certificates of each line. */
export const PRODUCT_LINES: Readonly<Record<ProductLine, ProductLineFacts>> = {
  Milan: { line: "Milan", tcbLayout: "milan", hwIdLength: 64, structVersion: 0 },
  Genoa: { line: "Genoa", tcbLayout: "milan", hwIdLength: 64, structVersion: 0 },
  Turin: { line: "Turin", tcbLayout: "turin", hwIdLength: 8, structVersion: 1 },
  Venice: { line: "Venice", tcbLayout: "turin", hwIdLength: 8, structVersion: 1 },
};

/** The line of this name in any case, and of the names of its relatives: `bergamo` is `Genoa`. */
export function productLineNamed(name: string): ProductLine | undefined {
  const wanted = name.toLowerCase();
  return CPU_RANGES.find(({ names }) => names.some((known) => known.toLowerCase() === wanted))
    ?.line;
}

/** A range of CPU models. */
interface CpuRange {
  readonly line: ProductLine;
  /** Names the models are sold or known under. */
  readonly names: readonly string[];
  /** Combined family: extended plus base. */
  readonly family: number;
  /** First and last combined model. */
  readonly models: readonly [first: number, last: number];
}

// Source: AMD 57230, AMD 56860 table ATTESTATION_REPORT (CPUID_FAM_ID, CPUID_MOD_ID), and the PPRs of
// the families. Bergamo and Siena (Zen 4c) are endorsed under the name Genoa.
const CPU_RANGES: readonly CpuRange[] = [
  { line: "Milan", names: ["Milan"], family: 0x19, models: [0x00, 0x0f] },
  { line: "Genoa", names: ["Genoa"], family: 0x19, models: [0x10, 0x1f] },
  { line: "Genoa", names: ["Bergamo", "Siena"], family: 0x19, models: [0xa0, 0xaf] },
  { line: "Turin", names: ["Turin"], family: 0x1a, models: [0x00, 0x11] },
  { line: "Venice", names: ["Venice"], family: 0x1a, models: [0x50, 0x57] },
  { line: "Venice", names: ["Venice"], family: 0x1a, models: [0x90, 0xaf] },
  { line: "Venice", names: ["Venice"], family: 0x1a, models: [0xc0, 0xc7] },
];

/** The CPU a report was made on, as combined family and model (CPUID Fn0000_0001_EAX). */
export interface CpuIdentity {
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
}

/** The product line of a CPU; undefined for one that is not known to have SEV-SNP. */
export function productLineOfCpu({ family, model }: CpuIdentity): ProductLine | undefined {
  return rangeOf(family, model)?.line;
}

/** What the CPU is called: `Bergamo / Siena`; undefined for an unknown one. */
export function cpuName({ family, model }: CpuIdentity): string | undefined {
  return rangeOf(family, model)?.names.join(" / ");
}

function rangeOf(family: number, model: number): CpuRange | undefined {
  return CPU_RANGES.find(
    (range) => range.family === family && model >= range.models[0] && model <= range.models[1],
  );
}
