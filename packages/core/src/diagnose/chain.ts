// SPDX-License-Identifier: Apache-2.0
// What the search asks of a guest mode: to compute the digests of many similar launches quickly and
// compare them with the observed one.

import type { KernelHashes } from "../launch/kernel-hashes.ts";
import type { FirmwareCandidate } from "./firmware-candidate.ts";

/** One mode's way to go through launches. */
export interface Chain {
  /** Goes on with launches of this firmware, with these hashes or none. */
  enter(firmware: FirmwareCandidate, hashes: KernelHashes | undefined): void;
  /**
   * Compares the digests for `first` to `last` vCPUs of one VMSA combination.
   * @returns the number of vCPUs at which the digest is the observed one, else 0.
   */
  walk(vmsa: number, first: number, last: number): number;
}
