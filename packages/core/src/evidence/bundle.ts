// SPDX-License-Identifier: Apache-2.0
// Greenlight's own file of evidence, `greenlight/snp-evidence/v1`: what configfs-tsm gave, byte for byte,
// as JSON with base64.

import { base64Encode } from "../bytes/index.ts";
import { JsonObject, parseJsonObject } from "./json-object.ts";
import { MAX_CERTIFICATE_TABLE_SIZE, MAX_MANIFEST_SIZE } from "./limits.ts";

/** Value of `schema`. */
export const EVIDENCE_BUNDLE_SCHEMA = "greenlight/snp-evidence/v1";

/** Evidence as it is read in a guest. */
export interface EvidenceBundle {
  /** Attribute `provider` of configfs-tsm: `sev_guest`. */
  readonly provider: string;
  /** Attribute `outblob`: the report, as it was read. */
  readonly report: Uint8Array;
  /** Attribute `auxblob`: the raw certificate table. */
  readonly certificateTable?: Uint8Array;
  /** Attribute `manifestblob` of an SVSM. */
  readonly manifest?: Uint8Array;
  /** Attribute `inblob`: what was asked for as REPORT_DATA; under an SVSM the nonce. */
  readonly reportData?: Uint8Array;
  /** Attribute `privlevel`: the VMPL that was asked for. */
  readonly privilegeLevel?: number;
  /** Attribute `generation` after reading. */
  readonly generation?: number;
  /** Attribute `service_provider`: `svsm`. */
  readonly serviceProvider?: string;
  /** Attribute `service_guid`: the one service asked for. */
  readonly serviceGuid?: string;
  /** Attribute `service_manifest_version`. */
  readonly serviceManifestVersion?: number;
}

/** Most bytes of a report that is carried; a broken one is carried too. */
const MAX_REPORT = 4096;

/** Members of the JSON in their order, with how each is written. */
const BLOBS = {
  report: MAX_REPORT,
  certificateTable: MAX_CERTIFICATE_TABLE_SIZE,
  manifest: MAX_MANIFEST_SIZE,
  reportData: 64,
} as const;
const BLOB_NAMES = ["report", "certificateTable", "manifest", "reportData"] as const;
const TEXTS = ["provider", "serviceProvider", "serviceGuid"] as const;
const NUMBERS = ["generation", "privilegeLevel", "serviceManifestVersion"] as const;

/** The file of a bundle: JSON with a line end behind it. */
export function encodeEvidenceBundle(bundle: EvidenceBundle): string {
  const json: Record<string, string | number> = { schema: EVIDENCE_BUNDLE_SCHEMA };
  for (const name of [...TEXTS, ...NUMBERS]) {
    const value = bundle[name];
    if (value !== undefined) json[name] = value;
  }
  for (const name of BLOB_NAMES) {
    const value = bundle[name];
    if (value !== undefined) json[name] = base64Encode(value);
  }
  return `${JSON.stringify(json, undefined, 2)}\n`;
}

/**
 * Reads the file of a bundle.
 * @throws {LayoutError} `bad-text` for something that is no such JSON, `unsupported-version` for another
 * schema, `not-found` for a missing member, `unknown-value` for one that is not in the schema,
 * `bad-base64`, `bad-length`, `out-of-range` for their values.
 */
export function decodeEvidenceBundle(text: string): EvidenceBundle {
  return evidenceBundleOf(new JsonObject(parseJsonObject(text, STRUCTURE), STRUCTURE));
}

const STRUCTURE = "evidence bundle";

/** Whether JSON says that it is a bundle, of any version. */
export function isEvidenceBundle(json: JsonObject): boolean {
  const schema = json.value("schema");
  return typeof schema === "string" && schema.startsWith("greenlight/snp-evidence/");
}

/** A bundle out of parsed JSON. @throws {LayoutError} as {@link decodeEvidenceBundle}. */
export function evidenceBundleOf(json: JsonObject): EvidenceBundle {
  if (json.text("schema") !== EVIDENCE_BUNDLE_SCHEMA) {
    json.fail("unsupported-version", "schema", `is not ${EVIDENCE_BUNDLE_SCHEMA}`);
  }
  json.allowOnly(["schema", ...BLOB_NAMES, ...TEXTS, ...NUMBERS]);
  const found: Record<string, unknown> = {};
  for (const name of TEXTS) if (json.has(name)) found[name] = json.text(name);
  for (const name of NUMBERS) if (json.has(name)) found[name] = json.number(name, 0xffff_ffff);
  for (const name of BLOB_NAMES) if (json.has(name)) found[name] = json.base64(name, BLOBS[name]);
  return { ...found, provider: json.text("provider"), report: json.base64("report", MAX_REPORT) };
}
