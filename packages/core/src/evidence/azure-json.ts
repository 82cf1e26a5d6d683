// SPDX-License-Identifier: Apache-2.0
// Evidence of Azure's vTPM as Confidential Containers and others put it into JSON: an HCL report, the
// VCEK, and a quote of the TPM, which is not read here.

import type { SuppliedCertificate } from "./evidence.ts";
import type { JsonObject } from "./json-object.ts";
import { MAX_CERTIFICATE_ENTRY_SIZE, MAX_RUNTIME_DATA_SIZE } from "./limits.ts";
import { suppliedCertificates } from "./supplied.ts";

/** What such JSON carries. */
export interface AzureJson {
  readonly hclReport: Uint8Array;
  readonly certificates: readonly SuppliedCertificate[];
  readonly notes: readonly string[];
}

const MAX_HCL = MAX_RUNTIME_DATA_SIZE + 0x1000;

/** Whether JSON is such evidence. */
export function isAzureJson(json: JsonObject): boolean {
  return json.has("hcl_report") || (json.has("report") && json.has("vcek"));
}

/** Reads it. @throws {LayoutError} for members that are missing or do not fit. */
export function readAzureJson(json: JsonObject): AzureJson {
  const name = json.has("hcl_report") ? "hcl_report" : "report";
  const hasQuote = json.has("tpm_quote") || json.has("quote");
  return {
    hclReport: json.bytes(name, MAX_HCL),
    certificates: json.has("vcek") ? vcekOf(json) : [],
    notes: hasQuote
      ? ["the TPM quote beside the HCL report was not looked at; freshness rests on it"]
      : [],
  };
}

function vcekOf(json: JsonObject): readonly SuppliedCertificate[] {
  const value = json.value("vcek");
  const isPem = typeof value === "string" && value.includes("-----BEGIN ");
  const bytes = isPem
    ? new TextEncoder().encode(value)
    : json.bytes("vcek", MAX_CERTIFICATE_ENTRY_SIZE);
  const origin = { structure: "Azure evidence", field: "vcek", from: "member vcek" };
  return suppliedCertificates(bytes, "VCEK", origin);
}
