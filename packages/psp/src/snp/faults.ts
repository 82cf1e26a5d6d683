// SPDX-License-Identifier: Apache-2.0
// What the SEV-SNP processor, or the host in front of it, does wrong on purpose, by name.

/** The faults; absent means as it should be. */
export interface SnpFaults {
  /**
   * Reports: have one bit of the signed part turned after signing (`flipped-bit`), are signed with a key
   * that nothing endorses (`other-key`), name another chip (`other-chip`), or are the guest's first one
   * again (`replayed`).
   */
  readonly report?: "flipped-bit" | "other-key" | "other-chip" | "replayed";
  /** The first byte that LAUNCH_UPDATE measures has one bit turned: the host loads something else. */
  readonly data?: "flipped-bit";
  /** LAUNCH_START launches with debugging allowed, whatever the policy says. */
  readonly policy?: "debug-allowed";
  /**
   * Answers to guest requests: have one bit turned on their way (`flipped-bit`), or are the first answer
   * again (`replayed`).
   */
  readonly response?: "flipped-bit" | "replayed";
}
