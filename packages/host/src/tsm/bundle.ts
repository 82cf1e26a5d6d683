// SPDX-License-Identifier: Apache-2.0
// What the kernel gave, as the file of evidence that verifiers read.

import type { EvidenceBundle } from "@greenlight/core/evidence";
import type { TsmEvidence } from "./evidence.ts";
import type { EvidenceRequest } from "./request.ts";

/** Evidence with what was asked for, for `encodeEvidenceBundle` of core/evidence. */
export function evidenceBundle(evidence: TsmEvidence, request: EvidenceRequest): EvidenceBundle {
  const { certificates, manifest } = evidence;
  const { serviceProvider, serviceGuid, serviceManifestVersion } = request;
  return {
    provider: evidence.provider,
    report: evidence.report,
    ...(certificates.length === 0 ? {} : { certificateTable: certificates }),
    ...(manifest === undefined ? {} : { manifest }),
    reportData: request.reportData,
    privilegeLevel: evidence.privlevel,
    generation: Number(evidence.generation),
    ...(serviceProvider === undefined ? {} : { serviceProvider }),
    ...(serviceGuid === undefined ? {} : { serviceGuid }),
    ...(serviceManifestVersion === undefined ? {} : { serviceManifestVersion }),
  };
}
