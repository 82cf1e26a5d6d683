// SPDX-License-Identifier: Apache-2.0
// What an endorser misses, as addresses of the KDS and in words.

import type { KdsAddress, Need } from "@greenlight/core/endorsement";
import { titleOfAddress } from "../../kds/words.ts";

/** Where it is likeliest to be. */
export function addressOfNeed(need: Need): KdsAddress {
  if (need.kind === "VCEK") {
    const { line, hwId, tcb } = need;
    return { kind: "VCEK", line, hwId, tcb };
  }
  const { line, endorser } = need;
  return { kind: need.kind === "CRL" ? "CRL" : "cert_chain", line, endorser };
}

/** `VCEK of Milan chip 0a1b2c3d4e5f... (bootloader 3, ...)`. */
export function titleOfNeed(need: Need): string {
  return titleOfAddress(addressOfNeed(need));
}
