// SPDX-License-Identifier: Apache-2.0
// What the forms of evidence are called.

import type { Evidence, EvidenceForm } from "@greenlight/core/evidence";

const FORMS: Readonly<Record<EvidenceForm, string>> = {
  report: "attestation report",
  "extended-report": "attestation report with certificate table",
  "azure-hcl-report": "Azure HCL report",
  "azure-snp-json": "Azure SNP evidence (JSON)",
  "tsm-json": "configfs-tsm report (JSON)",
  "trustee-json": "Trustee evidence (JSON)",
  "go-sev-guest-proto": "go-sev-guest attestation (protobuf)",
  "go-sev-guest-textproto": "go-sev-guest attestation (text protobuf)",
  "greenlight-json": "Greenlight evidence bundle (JSON)",
};

/** `attestation report with certificate table, base64 text`. */
export function describeForm({ form, encodings }: Evidence): string {
  const text = encodings.map((encoding) => `, ${encoding} text`).join("");
  return `${FORMS[form]}${text}`;
}
