// SPDX-License-Identifier: Apache-2.0
// The attestation report of SEV and SEV-ES (firmware command ATTESTATION): 208 bytes that say that a
// guest of the platform has a launch digest and a policy. Layout only; nothing is judged.

import { at, bytes, labelled, mbz, struct, u32 } from "../../bytes/index.ts";
import type { Infer } from "../../bytes/index.ts";
import { SEV_ALGORITHM, SEV_USAGE } from "../../endorsement/sev/layout.ts";

/** Bytes that the signature covers: all before SIGNATURE_USAGE. */
export const SEV_ATTESTATION_REPORT_SIGNED_SIZE = 0x34;

/**
 * The report. To make one, encode it with zeros as R and S, sign the first
 * {@link SEV_ATTESTATION_REPORT_SIGNED_SIZE} bytes, and encode it again. R and S are little-endian in 72 bytes, of which P-384 uses the first 48.
 */
export const SEV_ATTESTATION_REPORT = struct(
  "SEV_ATTESTATION_REPORT",
  { size: 0xd0, source: "AMD SEV API 55766, ATTESTATION" },
  {
    mnonce: at(0x00, bytes(16), "MNONCE: what the caller asked with"),
    launchDigest: at(0x10, bytes(32), "LAUNCH_DIGEST: SHA-256 of all that was loaded at launch"),
    policy: at(0x30, u32, "POLICY of the guest"),
    signatureUsage: at(0x34, labelled(u32, SEV_USAGE), "SIG_USAGE: PEK"),
    signatureAlgorithm: at(0x38, labelled(u32, SEV_ALGORITHM), "SIG_ALGO"),
    reserved: at(0x3c, mbz(4)),
    signatureR: at(0x40, bytes(48), "R, little-endian"),
    signatureRHigh: at(0x70, mbz(24), "R: zero extension"),
    signatureS: at(0x88, bytes(48), "S, little-endian"),
    signatureSHigh: at(0xb8, mbz(24), "S: zero extension"),
  },
);

/** A decoded report, with its bytes. */
export type SevAttestationReport = Infer<typeof SEV_ATTESTATION_REPORT> & {
  /** The report as it stands. */
  readonly bytes: Uint8Array;
  /** What the signature is over. */
  readonly signed: Uint8Array;
};

/**
 * Reads a report. AMD SEV API 55766, ATTESTATION.
 * @throws {LayoutError} for another length and for reserved bytes that are not zero.
 */
export function parseSevAttestationReport(report: Uint8Array): SevAttestationReport {
  return {
    ...SEV_ATTESTATION_REPORT.decode(report),
    bytes: report,
    signed: report.subarray(0, SEV_ATTESTATION_REPORT_SIGNED_SIZE),
  };
}
