// SPDX-License-Identifier: Apache-2.0
// PLATFORM_INFO: what was switched on when the report was made. Unknown bits are kept and named as
// such; whether they are acceptable is for a policy to say.

/** Where PLATFORM_INFO is defined. */
export const PLATFORM_INFO_SOURCE =
  "AMD 56860 (SEV-SNP Firmware ABI) rev. 1.58, table PLATFORM_INFO";

/** Name of a bit of PLATFORM_INFO, as policies spell it. */
export type PlatformInfoBit =
  | "smt"
  | "tsme"
  | "ecc"
  | "raplDis"
  | "ciphertextHidingDram"
  | "aliasCheckComplete"
  | "iommuWriteSafe"
  | "tio";

/** A bit: its number, AMD's name, and what either value means. */
export interface PlatformInfoBitFacts {
  readonly bit: number;
  readonly amdName: string;
  readonly clear: string;
  readonly set: string;
}

/** The bits in ascending order. */
export const PLATFORM_INFO_BITS: Readonly<Record<PlatformInfoBit, PlatformInfoBitFacts>> = {
  smt: { bit: 0, amdName: "SMT_EN", clear: "SMT is off", set: "SMT is on" },
  tsme: {
    bit: 1,
    amdName: "TSME_EN",
    clear: "transparent memory encryption is off",
    set: "all memory is encrypted transparently (TSME)",
  },
  ecc: { bit: 2, amdName: "ECC_EN", clear: "memory has no ECC", set: "memory has ECC" },
  raplDis: {
    bit: 3,
    amdName: "RAPL_DIS",
    clear: "the host can read power consumption (RAPL)",
    set: "RAPL is off",
  },
  ciphertextHidingDram: {
    bit: 4,
    amdName: "CIPHERTEXT_HIDING_DRAM_EN",
    clear: "the host can read ciphertext of guest memory",
    set: "ciphertext of guest memory is hidden from the host",
  },
  aliasCheckComplete: {
    bit: 5,
    amdName: "ALIAS_CHECK_COMPLETE",
    clear: "memory was not checked for aliases (BadRAM) since the last reset",
    set: "memory was checked for aliases (BadRAM) since the last reset",
  },
  iommuWriteSafe: {
    bit: 6,
    amdName: "IOMMU_WRITE_SAFE",
    clear: "IOMMU buffers are not known to be protected",
    set: "the IOMMU cannot be made to write into guest memory",
  },
  tio: { bit: 7, amdName: "TIO_EN", clear: "trusted I/O is off", set: "trusted I/O (TIO) is on" },
};

/** Names of the bits, in ascending order of their numbers. */
export const PLATFORM_INFO_NAMES = [
  "smt",
  "tsme",
  "ecc",
  "raplDis",
  "ciphertextHidingDram",
  "aliasCheckComplete",
  "iommuWriteSafe",
  "tio",
] as const satisfies readonly PlatformInfoBit[];

/** Mask of the bits that have a name. */
export const PLATFORM_INFO_KNOWN = 0xffn;

/** Whether a bit of PLATFORM_INFO is set. */
export function platformInfoHas(info: bigint, name: PlatformInfoBit): boolean {
  return ((info >> BigInt(PLATFORM_INFO_BITS[name].bit)) & 1n) === 1n;
}

/** On one line: `0x25 (SMT_EN, ECC_EN, ALIAS_CHECK_COMPLETE)`. */
export function formatPlatformInfo(info: bigint): string {
  const words: string[] = PLATFORM_INFO_NAMES.filter((name) => platformInfoHas(info, name)).map(
    (name) => PLATFORM_INFO_BITS[name].amdName,
  );
  for (let bit = 0; bit < 64; bit++) {
    if ((((info & ~PLATFORM_INFO_KNOWN) >> BigInt(bit)) & 1n) === 1n) {
      words.push(`unknown bit ${bit}`);
    }
  }
  return `0x${info.toString(16)}${words.length === 0 ? "" : ` (${words.join(", ")})`}`;
}
