// SPDX-License-Identifier: Apache-2.0
// What a platform does wrong on purpose, by name. Each is something that a broken or malicious platform,
// or the host in front of it, can do to a guest owner.

import type { SnpFaults } from "../snp/faults.ts";

/** The faults of a platform; absent means as it should be. */
export interface Faults {
  /**
   * PDH_CERT_EXPORT gives: the certificate of a PDH that this platform does not hold, though its PEK
   * signed it (`other`); one whose point is not on the curve, signed by the PEK (`off-curve`); one
   * without a signature (`unsigned`); one that lacks its last byte (`truncated`).
   */
  readonly pdh?: "other" | "off-curve" | "unsigned" | "truncated";
  /**
   * The chain beside it: has one bit of the PEK's signed part turned (`flipped-bit`), the CEK of
   * another chip (`other-cek`), or lacks its last byte (`truncated`).
   */
  readonly chain?: "flipped-bit" | "other-cek" | "truncated";
  /** LAUNCH_START launches with NODBG taken out of the policy and does not check the policy's MAC. */
  readonly policy?: "debug-allowed";
  /** The first bytes that LAUNCH_UPDATE_DATA measures have one bit turned. */
  readonly data?: "flipped-bit";
  /** PLATFORM_STATUS states the next higher build; LAUNCH_MEASURE covers the true one. */
  readonly api?: "overstated";
  /** LAUNCH_MEASURE draws the same nonce every time. */
  readonly mnonce?: "repeated";
  /** LAUNCH_MEASURE gives a measurement of which one bit is turned. */
  readonly measurement?: "flipped-bit";
  /** ATTESTATION signs with a key that is not the PEK. */
  readonly attestation?: "other-key";
  /** What the SEV-SNP processor does wrong. */
  readonly snp?: SnpFaults;
}
