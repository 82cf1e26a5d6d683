// SPDX-License-Identifier: Apache-2.0
// What is missing, exactly which file that is, and the address a person can get it from.

import { KDS_BASE, certChainPath, crlPath, vcekPath } from "@greenlight/core/endorsement";
import type { Need } from "@greenlight/core/endorsement";

/** A file that would help. */
export interface MissingFile {
  readonly title: string;
  readonly about: string;
  /** Addresses to try, the likeliest first. */
  readonly addresses: readonly string[];
}

/** The file that a need stands for. */
export function missingFile(need: Need): MissingFile {
  switch (need.kind) {
    case "VCEK":
      return {
        title: `VCEK certificate of this chip (${need.line})`,
        about: "Without it nothing says that the report was signed by an AMD processor.",
        addresses: [need, ...need.alternatives].map((facts) => KDS_BASE + vcekPath(facts)),
      };
    case "CRL":
      return {
        title: `Revocation list for ${need.line} (${need.endorser.toUpperCase()})`,
        about: "Without it nothing says whether AMD has revoked a certificate of the chain.",
        addresses: [KDS_BASE + crlPath(need.line, need.endorser)],
      };
    case "intermediate":
      return {
        title: `${need.endorser === "vlek" ? "ASVK" : "ASK"} certificate of ${need.line}`,
        about: "It stands between AMD's root and the key that signed the report.",
        addresses: [KDS_BASE + certChainPath(need.line, need.endorser)],
      };
  }
}
