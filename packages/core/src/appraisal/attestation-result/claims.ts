// SPDX-License-Identifier: Apache-2.0
// The claims of an attestation result (EAR): a verdict for those who trust this verifier and not the
// evidence. Sources: draft-ietf-rats-ear-04, RFC 9711 (EAT), RFC 7519 (JWT).

import { decodeSignerInfo } from "../../evidence/index.ts";
import type { Finding } from "../../finding/index.ts";
import { digits } from "../checks/byte-values.ts";
import type { Policy } from "../policy/types.ts";
import type { Verdict, VerdictOutcome } from "../verdict.ts";
import { base64Url, policyId } from "./policy-id.ts";
import { statusOf, trustVector } from "./trust-vector.ts";
import type { TrustTier, TrustVector } from "./trust-vector.ts";

/** `eat_profile` of results by draft-ietf-rats-ear-04. */
export const EAR_PROFILE = "tag:ietf.org,2026:rats/ear#04";

/** Name of the one submodule: the processor that made the report. */
export const SUBMODULE = "sev-snp";

/** What the report says, for whoever wants to look further. */
export interface ReportClaims {
  readonly version: number;
  readonly line?: string;
  readonly measurement: string;
  readonly reportData: string;
  readonly hostData: string;
  readonly reportId: string;
  readonly chipId: string;
  readonly cspId?: string;
  readonly signingKey: string;
  readonly guestSvn: number;
  readonly policy: string;
  readonly platformInfo: string;
  readonly vmpl: number;
}

/** The appraisal of the submodule. */
export interface EarAppraisal {
  readonly ear_status: TrustTier;
  readonly ear_trustworthiness_vector: TrustVector;
  readonly ear_appraisal_policy_ids: readonly string[];
  /** What the evidence says. Names of ours are not registered, so none can collide with others. */
  readonly ear_attester_claims?: { readonly greenlight_report: ReportClaims };
  /** What the verifier made of it. */
  readonly ear_verifier_claims: {
    readonly greenlight_verdict: VerdictOutcome;
    readonly greenlight_policy: string;
    readonly greenlight_findings: readonly Finding[];
  };
}

/** The claims. */
export interface EarClaims {
  readonly eat_profile: typeof EAR_PROFILE;
  /** Seconds since 1970. */
  readonly iat: number;
  readonly exp?: number;
  readonly eat_nonce?: string;
  readonly ear_verifier_id: { readonly developer: string; readonly build: string };
  /** Media type and content, in base64url (a CMW record). */
  readonly ear_raw_evidence?: readonly [type: string, value: string];
  readonly submods: Readonly<Record<typeof SUBMODULE, EarAppraisal>>;
}

/** What a result needs besides the verdict. */
export interface AttestationResultOptions {
  readonly policy: Policy;
  /** When the result is issued, milliseconds since 1970. */
  readonly issuedAt: number;
  /** Until when it may be used, milliseconds since 1970. */
  readonly expiresAt?: number;
  /** Who verified: `developer` names the maker, `build` the program and version. */
  readonly verifier: { readonly developer: string; readonly build: string };
  /** The nonce of whoever asked for the result, 8 to 64 bytes. */
  readonly nonce?: Uint8Array;
  /** The evidence itself, to carry it along. */
  readonly evidence?: Uint8Array;
}

/** The claims of the result of a verification. Times are arguments: nothing here looks at a clock. */
export function attestationResult(verdict: Verdict, options: AttestationResultOptions): EarClaims {
  const { policy, issuedAt, expiresAt, verifier, nonce, evidence } = options;
  const report = reportClaims(verdict);
  return {
    eat_profile: EAR_PROFILE,
    iat: seconds(issuedAt),
    ...(expiresAt === undefined ? {} : { exp: seconds(expiresAt) }),
    ...(nonce === undefined ? {} : { eat_nonce: base64Url(nonce) }),
    ear_verifier_id: verifier,
    ...(evidence === undefined
      ? {}
      : { ear_raw_evidence: ["application/octet-stream", base64Url(evidence)] as const }),
    submods: {
      [SUBMODULE]: {
        ear_status: statusOf(verdict),
        ear_trustworthiness_vector: trustVector(verdict),
        ear_appraisal_policy_ids: [policyId(policy)],
        ...(report === undefined ? {} : { ear_attester_claims: { greenlight_report: report } }),
        ear_verifier_claims: {
          greenlight_verdict: verdict.outcome,
          greenlight_policy: policy.name,
          greenlight_findings: verdict.findings,
        },
      },
    },
  };
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

function reportClaims({ report, line, endorsement }: Verdict): ReportClaims | undefined {
  if (report === undefined) return undefined;
  const cspId = endorsement?.extensions.cspId;
  return {
    version: report.version,
    ...(line === undefined ? {} : { line }),
    measurement: digits(report.measurement),
    reportData: digits(report.reportData),
    hostData: digits(report.hostData),
    reportId: digits(report.reportId),
    chipId: digits(report.chipId),
    ...(cspId === undefined ? {} : { cspId }),
    signingKey: decodeSignerInfo(report.signerInfo).signingKey,
    guestSvn: report.guestSvn,
    policy: `0x${report.policy.toString(16)}`,
    platformInfo: `0x${report.platformInfo.toString(16)}`,
    vmpl: report.vmpl,
  };
}
