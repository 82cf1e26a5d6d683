// SPDX-License-Identifier: Apache-2.0
// Evidence out of JSON of any known form, with or without the {platform, evidence} some put around it.

import { LayoutError } from "../bytes/index.ts";
import { isAzureJson, readAzureJson } from "./azure-json.ts";
import { evidenceBundleOf, isEvidenceBundle } from "./bundle.ts";
import { parseCertificateTable } from "./certificate-table.ts";
import type { Evidence } from "./evidence.ts";
import { hclEvidence } from "./hcl-evidence.ts";
import { JsonObject, isRecord, parseJsonObject } from "./json-object.ts";
import { isTrusteeJson, trusteeEvidenceOf } from "./trustee-json.ts";
import { isTsmJson, readTsmJson } from "./tsm-json.ts";

type Found = Omit<Evidence, "encodings">;

const STRUCTURE = "evidence JSON";

/**
 * Reads evidence out of JSON text.
 * @throws {LayoutError} `bad-text` when it is no JSON, `unknown-value` when it is of no known form, and what
 * the readers of the forms throw.
 */
export function readJsonEvidence(text: string): Found {
  const outer = new JsonObject(parseJsonObject(text, STRUCTURE), STRUCTURE);
  const inner = outer.value("evidence");
  const isWrapped = isRecord(inner) && !isEvidenceBundle(outer);
  const json = isWrapped ? new JsonObject(inner, STRUCTURE, "evidence") : outer;
  if (isEvidenceBundle(json)) return fromParts("greenlight-json", evidenceBundleOf(json));
  if (isTsmJson(json)) return fromParts("tsm-json", readTsmJson(json));
  if (isAzureJson(json)) return fromAzure(json);
  if (isTrusteeJson(json)) return { form: "trustee-json", ...trusteeEvidenceOf(json) };
  throw new LayoutError({
    code: "unknown-value",
    structure: STRUCTURE,
    reason: `is of no known form${likeness(json)}`,
    hint:
      "known are {outblob, auxblob}, {attestation_report, cert_chain}, {hcl_report, vcek} and " +
      "greenlight/snp-evidence/v1",
  });
}

function fromParts(
  form: "tsm-json" | "greenlight-json",
  parts: {
    readonly report: Uint8Array;
    readonly certificateTable?: Uint8Array;
    readonly manifest?: Uint8Array;
  },
): Found {
  const { report, certificateTable, manifest } = parts;
  const { certificates, extras } = parseCertificateTable(certificateTable ?? new Uint8Array(0));
  return {
    form,
    report,
    certificates,
    extras,
    // Without an SVSM the attribute is not there, or is empty.
    ...(manifest === undefined || manifest.length === 0 ? {} : { manifest }),
    notes: [],
  };
}

function fromAzure(json: JsonObject): Found {
  const { hclReport, certificates, notes } = readAzureJson(json);
  const hcl = hclEvidence(hclReport);
  return { ...hcl, form: "azure-snp-json", certificates, notes: [...hcl.notes, ...notes] };
}

/** What other JSON may be, by its members. */
const OTHERS: readonly (readonly [members: readonly string[], what: string])[] = [
  [["quote", "cc_eventlog"], "Intel TDX evidence of Confidential Containers"],
  [["td_quote"], "Intel TDX evidence"],
  [["MetadataItems"], "a firmware descriptor"],
  [["eat_profile"], "an attestation result (EAR)"],
  [["vcekCert", "certificateChain"], "the certificates of Azure's THIM service without a report"],
  [["keys", "vm-configuration"], "the runtime data of an HCL report without the report"],
];

function likeness(json: JsonObject): string {
  const found = OTHERS.find(([members]) => members.every((name) => json.has(name)));
  return found === undefined ? "" : `; it looks like ${found[1]}`;
}
