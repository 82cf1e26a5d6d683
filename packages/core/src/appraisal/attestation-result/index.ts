// SPDX-License-Identifier: Apache-2.0
// Attestation results (EAR): a verdict in the form that relying parties read. Loading this loads jose.

export { EAR_PROFILE, SUBMODULE, attestationResult } from "./claims.ts";
export type { AttestationResultOptions, EarAppraisal, EarClaims, ReportClaims } from "./claims.ts";
export { policyId } from "./policy-id.ts";
export { ResultTokenError, signAttestationResult, verifyAttestationResult } from "./token.ts";
export type { ResultKey, ResultTokenErrorCode, TokenCheck } from "./token.ts";
export { tierOf } from "./trust-vector.ts";
export type { TrustCategory, TrustTier, TrustVector } from "./trust-vector.ts";
