// SPDX-License-Identifier: Apache-2.0
// A hierarchy as something to trust. Its origin says that nothing it endorses ran on AMD's hardware.

import { parseCertificate } from "@greenlight/core/endorsement";
import type { TrustRoot } from "@greenlight/core/endorsement";
import type { ProductLine } from "@greenlight/core/evidence";
import type { Authority } from "./authority.ts";

/** The authorities of a hierarchy. */
export interface Authorities {
  readonly line: ProductLine;
  readonly ark: Authority;
  readonly ask: Authority;
  readonly asvk: Authority;
}

/**
 * The certificates of authorities as a root of trust for its product line.
 * @param carried Which signing keys it carries beside the root; others must come with the evidence.
 * @throws {LayoutError} when edits made a certificate that cannot be read.
 */
export function trustRoot(
  authorities: Authorities,
  carried: readonly ("ASK" | "ASVK")[],
): TrustRoot {
  const { line, ark } = authorities;
  return {
    line,
    origin: "simulator",
    ark: parseCertificate(ark.der),
    ...(carried.includes("ASK") ? { ask: parseCertificate(authorities.ask.der) } : {}),
    ...(carried.includes("ASVK") ? { asvk: parseCertificate(authorities.asvk.der) } : {}),
  };
}
