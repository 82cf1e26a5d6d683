// SPDX-License-Identifier: Apache-2.0
// Talk about the KDS: who listens, and what things are called in sentences.

import { hexEncode } from "@greenlight/core/bytes";
import type { KdsAddress } from "@greenlight/core/endorsement";
import { formatTcb } from "@greenlight/core/evidence";

/** Takes one sentence; `progress` is for those who watch, the rest for everyone. */
export type Say = (message: string, kind?: "progress" | "note") => void;

/** In words, with the beginning of the chip id: `VCEK of Milan chip 0a1b2c3d..., bootloader 3, ...`. */
export function titleOfAddress(address: KdsAddress): string {
  const { kind, line } = address;
  if (kind === "VCEK") {
    const chip = hexEncode(address.hwId.subarray(0, 6));
    return `VCEK of ${line} chip ${chip}... (${formatTcb(address.tcb)})`;
  }
  const key = address.endorser.toUpperCase();
  return kind === "CRL" ? `${key} revocation list of ${line}` : `${key} chain of ${line}`;
}
