// SPDX-License-Identifier: Apache-2.0
// What the processors of one platform, legacy SEV and SEV-SNP, have in common. Modules of either import
// this file, never platform.ts or index.ts, which import them.

import type { Hierarchy, NameStyle } from "../hierarchy/index.ts";
import type { ApiVersion } from "./api-version.ts";
import type { SnpOptions } from "../snp/options.ts";
import type { Faults } from "./faults.ts";
import type { RandomSource } from "./random.ts";

/** Product lines with legacy SEV. */
export const PLATFORM_LINES = ["Naples", "Rome", "Milan", "Genoa", "Turin"] as const;

/** A product line with legacy SEV. */
export type PlatformLine = (typeof PLATFORM_LINES)[number];

/** Lines that have SEV-SNP as well, and so a hierarchy of X.509 certificates. */
export type SnpLine = Exclude<PlatformLine, "Naples" | "Rome">;

/** Anything that JSON can say. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** What both processors work with. */
export interface SharedPlatform {
  readonly line: PlatformLine;
  /** What the root keys and the chip's keys follow from. */
  readonly seed: string;
  readonly names: NameStyle;
  /** 64 bytes, as GET_ID and reports have it. */
  readonly chipId: Uint8Array;
  readonly api: ApiVersion;
  /** Whether the hardware has SEV-ES. */
  readonly es: boolean;
  readonly random: RandomSource;
  readonly faults: Faults;
}

/** What the SEV-SNP processor works with. */
export interface SharedSnpPlatform extends SharedPlatform {
  readonly line: SnpLine;
  readonly hierarchy: Hierarchy;
  /** How SEV-SNP is set up, where not as usual; absent too when `saved` is there. */
  readonly snp?: SnpOptions;
  /** What its toJson() gave when the platform was stored; absent on a new platform. */
  readonly saved?: JsonValue;
}
