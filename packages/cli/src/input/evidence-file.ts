// SPDX-License-Identifier: Apache-2.0
// Evidence and its parts as recognised artefacts.

import { decodeSvsmManifest, parseCertificateTable, readEvidence } from "@greenlight/core/evidence";
import type { CertificateTable, Evidence, SvsmManifest } from "@greenlight/core/evidence";

/** A report, or evidence with a report in it. */
export interface EvidenceArtefact {
  readonly kind: "report" | "evidence";
  readonly evidence: Evidence;
  /** The file, freed from text around it where `recognise` took that off. */
  readonly bytes: Uint8Array;
}

/** A certificate table without a report. */
export interface CertificateTableArtefact {
  readonly kind: "certificate-table";
  readonly table: CertificateTable;
  readonly bytes: Uint8Array;
}

/** A services manifest without a report. */
export interface SvsmManifestArtefact {
  readonly kind: "svsm-manifest";
  readonly manifest: SvsmManifest;
  readonly bytes: Uint8Array;
}

/** @throws {LayoutError} when the bytes are no evidence. */
export function readEvidenceFile(kind: "report" | "evidence", bytes: Uint8Array): EvidenceArtefact {
  return { kind, evidence: readEvidence(bytes), bytes };
}

/** @throws {LayoutError} when the bytes are no table. */
export function readTableFile(bytes: Uint8Array): CertificateTableArtefact {
  return { kind: "certificate-table", table: parseCertificateTable(bytes), bytes };
}

/** @throws {LayoutError} when the bytes are no manifest of all services. */
export function readManifestFile(bytes: Uint8Array): SvsmManifestArtefact {
  return { kind: "svsm-manifest", manifest: decodeSvsmManifest(bytes), bytes };
}
