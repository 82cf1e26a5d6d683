// SPDX-License-Identifier: Apache-2.0
// The result as files to take along.

import type { Verdict } from "@greenlight/core/appraisal";
import { attestationResult } from "@greenlight/core/attestation-result";
import { hexEncode } from "@greenlight/core/bytes";
import type { Policy } from "@greenlight/core/policy";
import { describeContent } from "./content.ts";
import type { GivenFile } from "./content.ts";

/** `schema` of the result. */
const RESULT_SCHEMA = "greenlight/explorer-result/v1";

/** A verdict and what led to it. */
export interface ResultParts {
  readonly verdict: Verdict;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly policy: Policy;
}

/** Everything as JSON: verdict, all findings, the files by hash, the policy, the instant. */
export function resultText(
  { verdict, at, policy }: ResultParts,
  files: readonly GivenFile[],
): string {
  const { outcome, line, report, endorsement, findings } = verdict;
  const result = {
    schema: RESULT_SCHEMA,
    verdict: outcome,
    at: new Date(at).toISOString(),
    ...(line === undefined ? {} : { productLine: line }),
    ...(report === undefined
      ? {}
      : {
          measurement: hexEncode(report.measurement),
          reportData: hexEncode(report.reportData),
          reportId: hexEncode(report.reportId),
          chipId: hexEncode(report.chipId),
        }),
    ...(endorsement === undefined ? {} : { signedBy: endorsement.kind, tcb: endorsement.tcb }),
    findings,
    files: files.map(({ name, size, sha256, content }) => ({
      name,
      size,
      sha256,
      is: describeContent(content),
    })),
    policy,
  };
  return `${JSON.stringify(result, undefined, 2)}\n`;
}

/**
 * The verdict as the claims of an attestation result (EAR), as JSON. A page has no key: whoever signs
 * them vouches for them.
 * @param build The program that verified, and its version.
 */
export function attestationResultText({ verdict, at, policy }: ResultParts, build: string): string {
  const claims = attestationResult(verdict, {
    policy,
    issuedAt: at,
    verifier: { developer: "Greenlight", build },
  });
  return `${JSON.stringify(claims, undefined, 2)}\n`;
}
