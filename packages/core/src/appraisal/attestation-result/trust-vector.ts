// SPDX-License-Identifier: Apache-2.0
// The trustworthiness vector: a verdict in the few categories that every verifier shares. Source:
// draft-ietf-rats-ar4si (Attestation Results for Secure Interactions), section 2.3.

import type { Finding, Outcome } from "../../finding/index.ts";
import type { Verdict } from "../verdict.ts";

/** The categories that evidence of SEV-SNP says something about. */
export type TrustCategory =
  | "instance-identity"
  | "configuration"
  | "executables"
  | "hardware"
  | "runtime-opaque";

/** A value from -128 to 127 for each category; a category that nothing was claimed of is absent. */
export type TrustVector = Readonly<Partial<Record<TrustCategory, number>>>;

/** Tiers of values, and of a whole result. */
export type TrustTier = "none" | "affirming" | "warning" | "contraindicated";

/** Nothing can be said, for want of something. */
const NO_CLAIM = 0;
/** Cryptographic validation of the evidence failed. */
const CRYPTO_FAILED = 99;

/** What a category is worth by its worst finding. Section 2.3.4 names the numbers. */
interface CategoryRow {
  readonly category: TrustCategory;
  /** Beginnings of the ids of the findings that belong to it. */
  readonly prefixes: readonly string[];
  readonly values: Readonly<Record<Exclude<Outcome, "skipped">, number>>;
}

const ROWS: readonly CategoryRow[] = [
  {
    category: "instance-identity",
    prefixes: [
      "snp.report.",
      "snp.product.",
      "snp.vek.",
      "snp.chain.",
      "snp.revocation.",
      "snp.chip-id.",
      "snp.csp.",
      "snp.report-id.",
    ],
    // 2 recognised, 96 recognised as not trustworthy. A warning there has no number of its own.
    values: { pass: 2, warn: 2, fail: 96, unknown: NO_CLAIM },
  },
  {
    category: "configuration",
    prefixes: [
      "snp.guest-policy.",
      "snp.vmpl.",
      "snp.id-block.",
      "snp.id-key.",
      "snp.author-key.",
      "snp.guest-svn.",
      "snp.family-id.",
      "snp.image-id.",
      "snp.host-data.",
    ],
    // 2 approved, 32 exposes vulnerabilities, 96 not supported by the policy.
    values: { pass: 2, warn: 32, fail: 96, unknown: NO_CLAIM },
  },
  {
    category: "executables",
    prefixes: ["snp.measurement.not-allowed"],
    // 3 only approved executables were loaded at boot, 96 contraindicated.
    values: { pass: 3, warn: 32, fail: 96, unknown: NO_CLAIM },
  },
  {
    category: "hardware",
    prefixes: ["snp.firmware.", "snp.tcb.", "snp.mitigations.", "snp.platform."],
    // 2 genuine, 32 with known weaknesses, 96 contraindicated.
    values: { pass: 2, warn: 32, fail: 96, unknown: NO_CLAIM },
  },
  {
    category: "runtime-opaque",
    prefixes: ["snp.guest-policy.debug"],
    // 2 memory is encrypted, 96 visible to the host.
    values: { pass: 2, warn: 32, fail: 96, unknown: NO_CLAIM },
  },
];

/** Findings whose failing means that the evidence is not genuine. */
const GENUINE = ["snp.report.signature", "snp.vek.signature", "snp.chain."];

/** The vector of a verdict. Without a verified endorsement, nothing is affirmed. */
export function trustVector({ findings, endorsement }: Verdict): TrustVector {
  const vector: Partial<Record<TrustCategory, number>> = {};
  for (const { category, prefixes, values } of ROWS) {
    const worst = worstOf(findings.filter(({ id }) => prefixes.some((p) => id.startsWith(p))));
    if (worst === undefined) continue;
    const value = values[worst];
    vector[category] =
      endorsement === undefined && tierOf(value) === "affirming" ? NO_CLAIM : value;
  }
  const forged = findings.some(
    ({ id, outcome }) => outcome === "fail" && GENUINE.some((prefix) => id.startsWith(prefix)),
  );
  if (forged) vector["instance-identity"] = CRYPTO_FAILED;
  return vector;
}

/** The tier of a value of the vector (section 2.3.2). */
export function tierOf(value: number): TrustTier {
  if (value >= 96 || value <= -97) return "contraindicated";
  if (value >= 32 || value <= -33) return "warning";
  return value >= 2 || value <= -2 ? "affirming" : "none";
}

/** What a verdict as a whole is: warnings keep it from being affirmed. */
export function statusOf({ outcome, findings }: Verdict): TrustTier {
  if (outcome === "rejected") return "contraindicated";
  if (outcome === "undecided") return "none";
  return findings.some((finding) => finding.outcome === "warn") ? "warning" : "affirming";
}

/** Worst first. */
const ORDER = ["fail", "unknown", "warn", "pass"] as const;

/** Checks that did not apply claim nothing. */
function worstOf(findings: readonly Finding[]): (typeof ORDER)[number] | undefined {
  return ORDER.find((outcome) => findings.some((finding) => finding.outcome === outcome));
}
