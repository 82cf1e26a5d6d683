// SPDX-License-Identifier: Apache-2.0
// What a SEV or SEV-ES platform states about a guest.

export {
  SEV_ATTESTATION_REPORT,
  SEV_ATTESTATION_REPORT_SIGNED_SIZE,
  parseSevAttestationReport,
} from "./attestation-report.ts";
export type { SevAttestationReport } from "./attestation-report.ts";
