// SPDX-License-Identifier: Apache-2.0
// Evidence: what came out of a guest, freed from the container it came in. Everything but the report is
// a hint of whoever supplied it and is trusted by nobody until it has been verified.

import type { Guid } from "../bytes/index.ts";

/** What a supplied certificate or list claims to be. */
export type SuppliedRole = "ARK" | "ASK" | "ASVK" | "VCEK" | "VLEK" | "CRL";

/** A certificate or revocation list that came with the evidence, as DER. */
export interface SuppliedCertificate {
  /** What its carrier says it is. ASK and ASVK share one GUID in certificate tables: `ASK`. */
  readonly role?: SuppliedRole;
  readonly der: Uint8Array;
  /** Where it stood: `certificate table, entry 2`. */
  readonly from: string;
}

/** Something else out of a certificate table. */
export interface ExtraEntry {
  readonly guid: Guid;
  readonly bytes: Uint8Array;
}

/** Forms evidence comes in. */
export type EvidenceForm =
  | "report"
  | "extended-report"
  | "azure-hcl-report"
  | "azure-snp-json"
  | "tsm-json"
  | "trustee-json"
  | "go-sev-guest-proto"
  | "go-sev-guest-textproto"
  | "greenlight-json";

/** Text encoding around the form, which was taken off. */
export type EvidenceEncoding = "hex" | "base64" | "base64url";

/** What Azure's paravisor put around the report: the text REPORT_DATA is the hash of. */
export interface HclRuntimeData {
  /** Exactly the bytes that are hashed. */
  readonly bytes: Uint8Array;
  /** HASH_TYPE of the header: 1 is SHA-256. */
  readonly hashType: number;
}

/** SNP evidence. Byte strings are the original bytes, never re-encoded ones, where there were any. */
export interface Evidence {
  readonly form: EvidenceForm;
  readonly encodings: readonly EvidenceEncoding[];
  /** The attestation report; not decoded, and not necessarily 1184 bytes long or well formed. */
  readonly report: Uint8Array;
  readonly certificates: readonly SuppliedCertificate[];
  readonly extras: readonly ExtraEntry[];
  readonly runtimeData?: HclRuntimeData;
  /** SVSM services manifest (configfs-tsm manifestblob). */
  readonly manifest?: Uint8Array;
  /** What the reader should know about how it was read, one sentence each. */
  readonly notes: readonly string[];
}
