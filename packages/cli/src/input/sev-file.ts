// SPDX-License-Identifier: Apache-2.0
// Artefacts of SEV and SEV-ES launches as recognised artefacts: certificates, sessions, measurements,
// packets, secret tables, legacy attestation reports.

import { LayoutError } from "@greenlight/core/bytes";
import type { FoundSevCertificate } from "@greenlight/core/sev-endorsement";
import type { ExportedGuest, SecretTable } from "@greenlight/core/session";

/** One or more certificates, one after the other. */
export interface SevCertificatesArtefact {
  readonly kind: "sev-certificates";
  readonly certificates: readonly FoundSevCertificate[];
  readonly bytes: Uint8Array;
}

/** A table of secrets in the clear. Its data is never shown. */
export interface SevSecretTableArtefact {
  readonly kind: "sev-secret-table";
  readonly table: SecretTable;
  readonly bytes: Uint8Array;
}

/** A guest that its owner sends whole. */
export interface ExportedGuestArtefact {
  readonly kind: "exported-guest";
  readonly guest: ExportedGuest;
  readonly bytes: Uint8Array;
}

/** A structure of one size. */
export interface SevStructureArtefact {
  readonly kind:
    | "sev-session"
    | "sev-report"
    | "sev-packet-header"
    | "sev-measurement"
    | "firmware-statement";
  readonly bytes: Uint8Array;
}

/** Bytes of each structure. */
export const SEV_STRUCTURE_SIZES: Readonly<Record<SevStructureArtefact["kind"], number>> = {
  "sev-session": 128,
  "sev-report": 208,
  "sev-packet-header": 52,
  "sev-measurement": 48,
  "firmware-statement": 176,
};

/** @throws {LayoutError} for anything but certificates one after the other. */
export async function readSevCertificates(bytes: Uint8Array): Promise<SevCertificatesArtefact> {
  const { splitSevCertificates } = await import("@greenlight/core/sev-endorsement");
  return { kind: "sev-certificates", certificates: splitSevCertificates(bytes), bytes };
}

/** @throws {LayoutError} for bytes that are no table. */
export async function readSecretTableFile(bytes: Uint8Array): Promise<SevSecretTableArtefact> {
  const { parseSecretTable } = await import("@greenlight/core/session");
  return { kind: "sev-secret-table", table: parseSecretTable(bytes), bytes };
}

/** @throws {LayoutError} for bytes that are no exported guest. */
export async function readExportedGuest(bytes: Uint8Array): Promise<ExportedGuestArtefact> {
  const { parseExportedGuest } = await import("@greenlight/core/session");
  return { kind: "exported-guest", guest: parseExportedGuest(bytes), bytes };
}

/** @throws {LayoutError} for bytes of another length. */
export function readSevStructure(
  kind: SevStructureArtefact["kind"],
  bytes: Uint8Array,
): SevStructureArtefact {
  const size = SEV_STRUCTURE_SIZES[kind];
  if (bytes.length === size) return { kind, bytes };
  throw new LayoutError({
    code: bytes.length < size ? "truncated" : "trailing-bytes",
    structure: kind,
    reason: `has ${bytes.length} bytes, must have ${size}`,
  });
}
