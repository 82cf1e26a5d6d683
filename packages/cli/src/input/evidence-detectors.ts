// SPDX-License-Identifier: Apache-2.0
// The detectors of evidence and its parts: rows of the table in artefact.ts.

import { evidenceBeginning } from "./evidence-beginning.ts";
import type {
  CertificateTableArtefact,
  EvidenceArtefact,
  SvsmManifestArtefact,
} from "./evidence-file.ts";

type EvidencePart = EvidenceArtefact | CertificateTableArtefact | SvsmManifestArtefact;

/** A row of the table, as far as evidence needs it. */
interface EvidenceDetector {
  readonly kind: EvidencePart["kind"];
  readonly title: string;
  readonly refuse: (bytes: Uint8Array) => string | undefined;
  readonly decode: (bytes: Uint8Array) => Promise<EvidencePart>;
}

/** In no particular order: the beginning of a file is that of one of them at most. */
export const EVIDENCE_DETECTORS: readonly EvidenceDetector[] = [
  {
    kind: "report",
    title: "SEV-SNP attestation report",
    refuse: (bytes) =>
      evidenceBeginning(bytes) === "report"
        ? undefined
        : `${bytes.length} bytes, must be 1184 that begin with a version`,
    decode: async (bytes) => (await import("./evidence-file.ts")).readEvidenceFile("report", bytes),
  },
  {
    kind: "evidence",
    title: "SEV-SNP evidence",
    refuse: (bytes) =>
      evidenceBeginning(bytes) === "evidence"
        ? undefined
        : "no report with something around it, and no JSON or message of a known form",
    decode: async (bytes) =>
      (await import("./evidence-file.ts")).readEvidenceFile("evidence", bytes),
  },
  {
    kind: "certificate-table",
    title: "certificate table",
    refuse: (bytes) =>
      evidenceBeginning(bytes) === "certificate-table"
        ? undefined
        : "the GUID at its start is none of a certificate table",
    decode: async (bytes) => (await import("./evidence-file.ts")).readTableFile(bytes),
  },
  {
    kind: "svsm-manifest",
    title: "SVSM services manifest",
    refuse: (bytes) =>
      evidenceBeginning(bytes) === "svsm-manifest"
        ? undefined
        : "the GUID at its start is not that of the manifest",
    decode: async (bytes) => (await import("./evidence-file.ts")).readManifestFile(bytes),
  },
];
