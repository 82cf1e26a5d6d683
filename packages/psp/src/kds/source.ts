// SPDX-License-Identifier: Apache-2.0
// What a KDS of simulated platforms has: certificates of the chips it knows, and of everything above.

import type { Hierarchy } from "../hierarchy/index.ts";
import type { Platform } from "../platform/platform.ts";
import type { SevAuthorities } from "../sev/authorities.ts";

/** Chips of one product line. */
export interface KdsSubject {
  /** As the KDS spells it. */
  readonly line: string;
  /** X.509 certificates of SEV-SNP; undefined on lines without it. */
  readonly hierarchy: Hierarchy | undefined;
  /** The only chip, 64 bytes; undefined: every chip id has a VCEK. */
  readonly chipId?: Uint8Array;
  /** The chip's CEK, signed by the ASK, 2084 bytes. */
  readonly signedCek?: () => Uint8Array;
  /** ARK and ASK in AMD's own format. */
  readonly authorities?: Pick<SevAuthorities, "ark" | "ask">;
}

/** The subjects of platforms: their own chips and no others. */
export function subjectsOf(platforms: readonly Platform[]): readonly KdsSubject[] {
  return platforms.map((platform) => {
    const { line, hierarchy, chipId, authorities } = platform;
    return { line, hierarchy, chipId, authorities, signedCek: () => platform.signedCek() };
  });
}

/** A hierarchy on its own: it endorses every chip id. */
export function subjectOf(hierarchy: Hierarchy): KdsSubject {
  return { line: hierarchy.line, hierarchy };
}
