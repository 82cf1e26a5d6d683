// SPDX-License-Identifier: Apache-2.0
// What a launch is carried out with: the plan, and what was read of the files that it names.

import type { ReportDataBinding, Verdict } from "@greenlight/core/appraisal";
import type { Evidence } from "@greenlight/core/evidence";
import type { Finding } from "@greenlight/core/finding";
import type {
  AcceptedFirmware,
  FirmwareApi,
  JsonValue,
  LaunchExpectation,
  PlannedIdBlock,
} from "@greenlight/core/launch-appraisal";
import type { SecretEntry } from "@greenlight/core/session";
import type { SevCertificate } from "@greenlight/core/sev-endorsement";
import type { PlatformExport } from "./hypervisor.ts";

/** What the platform's certificates come to. */
export interface PlatformVerdict {
  readonly findings: readonly Finding[];
  /** The key that a session is made for; only of a chain that was accepted. */
  readonly pdh?: SevCertificate;
  /** For the record: product, digest of the chain. */
  readonly detail: Readonly<Record<string, JsonValue>>;
}

/** What both kinds of launches have. */
interface CommonMaterials {
  readonly name: string;
  /** SHA-256 of the plan's text, in hexadecimal. */
  readonly planSha256: string;
  readonly expectation: LaunchExpectation;
  /** What is wrong with the files of the plan: firmware, disks, secrets. */
  readonly findings: readonly Finding[];
  /** Ids of findings that are lived with. */
  readonly accept: ReadonlySet<string>;
  /** What is released. The data are secret. */
  readonly secrets: readonly SecretEntry[];
  /** What a mismatch is explained with, besides the expectation, and how long that may take. */
  readonly explaining: {
    readonly alsoFirmwares?: readonly AcceptedFirmware[];
    /** Digests to compare at most. */
    readonly limit?: number;
  };
  /** Milliseconds. A guest that is told to end has 30 seconds unless `end` says otherwise. */
  readonly deadlines: {
    readonly start: number;
    readonly evidence: number;
    readonly end?: number;
  };
}

/** A launch of SEV or SEV-ES. */
export interface LegacyMaterials extends CommonMaterials {
  readonly generation: "sev" | "sev-es";
  /** Guest policy, 32 bits. */
  readonly policy: number;
  readonly minimum?: FirmwareApi;
  /** Whether a NUL is put behind the disk passphrase. */
  readonly nulForGrub: boolean;
  /** Judges the platform by its certificates. */
  readonly verifyPlatform: (exported: PlatformExport) => Promise<PlatformVerdict>;
}

/** A launch of SEV-SNP. */
export interface SnpMaterials extends CommonMaterials {
  readonly generation: "sev-snp";
  /** Guest policy, 64 bits. */
  readonly policy: bigint;
  /** The ID block that the guest is started with. */
  readonly idBlock?: PlannedIdBlock;
  /** Judges the guest's evidence by the plan's policy. */
  readonly verifyEvidence: (
    evidence: Pick<Evidence, "report"> & { readonly table: Uint8Array },
    binding: ReportDataBinding,
  ) => Promise<Verdict>;
}

/** A launch that can be carried out. */
export type LaunchMaterials = LegacyMaterials | SnpMaterials;
