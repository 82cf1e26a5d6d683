// SPDX-License-Identifier: Apache-2.0
// What a file turned out to be, with all that its view needs.

import type { Certificate, RevocationList } from "@greenlight/core/endorsement";
import type { Evidence, SuppliedCertificate } from "@greenlight/core/evidence";
import type { FirmwareImage } from "@greenlight/core/firmware";
import type { Policy } from "@greenlight/core/policy";

/** A certificate or revocation list of a file, decoded where that was possible. */
export type EndorsementPart = SuppliedCertificate &
  (
    | { readonly certificate: Certificate }
    | { readonly list: RevocationList }
    | { readonly problem: string }
  );

/** What a file is. */
export type Content =
  | { readonly kind: "evidence"; readonly evidence: Evidence }
  | { readonly kind: "certificates"; readonly parts: readonly EndorsementPart[] }
  | { readonly kind: "firmware"; readonly image: FirmwareImage }
  | { readonly kind: "policy"; readonly policy: Policy }
  /** `looksLike` is set for what has a use here, but not by itself. */
  | {
      readonly kind: "unreadable";
      readonly reason: string;
      readonly hint?: string;
      readonly looksLike?: "kernel" | "initrd";
    };

/** A file that was given to the page. */
export interface GivenFile {
  /** Unique on the page; a file that is given again is a new one. */
  readonly id: string;
  readonly name: string;
  readonly size: number;
  /** SHA-256, hexadecimal. */
  readonly sha256: string;
  /** The file; empty when it is larger than anything the page decodes. */
  readonly bytes: Uint8Array;
  readonly content: Content;
}

/** What evidence forms are called. */
const FORM_WORDS: Readonly<Record<Evidence["form"], string>> = {
  report: "SEV-SNP attestation report",
  "extended-report": "extended report (report and certificate table)",
  "azure-hcl-report": "Azure HCL report",
  "azure-snp-json": "Azure evidence (JSON)",
  "tsm-json": "configfs-tsm evidence (JSON)",
  "trustee-json": "Trustee evidence (JSON)",
  "go-sev-guest-proto": "go-sev-guest attestation (protobuf)",
  "go-sev-guest-textproto": "go-sev-guest attestation (textproto)",
  "greenlight-json": "Greenlight evidence bundle (JSON)",
};

/** What a file is, in a few words. */
export function describeContent(content: Content): string {
  switch (content.kind) {
    case "evidence": {
      const { form, encodings } = content.evidence;
      const around = encodings.length === 0 ? "" : `, as ${encodings.join(" in ")}`;
      return `${FORM_WORDS[form]}${around}`;
    }
    case "certificates": {
      const lists = content.parts.filter((part) => "list" in part).length;
      const certificates = content.parts.length - lists;
      const words = [
        ...(certificates === 0
          ? []
          : [certificates === 1 ? "certificate" : `${certificates} certificates`]),
        ...(lists === 0 ? [] : [lists === 1 ? "revocation list" : `${lists} revocation lists`]),
      ];
      return words.join(" and ");
    }
    case "firmware":
      return content.image.svsmLaunchOffset === null ? "OVMF firmware" : "SVSM binary";
    case "policy":
      return `policy "${content.policy.name}"`;
    case "unreadable":
      return "not readable here";
  }
}
