// SPDX-License-Identifier: Apache-2.0
// appraiseSnpLaunch(): whether a running SEV-SNP guest is the one that was planned, and whether it may
// be given secrets under the key it showed. That its report is genuine and bound to that key, and what
// else a policy demands, verifyEvidence() has judged.

import { LayoutError, hexEncode } from "../../bytes/index.ts";
import { equalBytes } from "../../crypto/equal.ts";
import { KeyError } from "../../crypto/key-error.ts";
import { readPublicKeyKind } from "../../crypto/spki.ts";
import type { PublicKeyKind } from "../../crypto/spki.ts";
import type { Finding } from "../../finding/index.ts";
import { formatGuestPolicy } from "../../launch/guest-policy.ts";
import { outcomeOf } from "../verdict.ts";
import type { Verdict, VerdictOutcome } from "../verdict.ts";
import { withAcceptance } from "./acceptance.ts";
import type { LaunchCandidate } from "./candidates.ts";
import { idBlockFinding } from "./id-block.ts";
import type { PlannedIdBlock } from "./id-block.ts";

const SOURCE = "AMD 56860, table ATTESTATION_REPORT";

/** Keys that secrets are encrypted to: RSA, because a shell can use them. */
const RSA_BITS = { least: 2048, most: 4096 } as const;

/** RSAES-OAEP with SHA-256 takes this much of the modulus (RFC 8017, section 7.1.1). */
const OAEP_OVERHEAD = 2 * 32 + 2;

/** What is appraised. */
export interface SnpLaunchInput {
  /** Of verifyEvidence(), with the report bound to nonce and guest key. */
  readonly verdict: Verdict;
  /** Launches that are taken. */
  readonly candidates: readonly LaunchCandidate[];
  /** Guest policy that the plan says, 64 bits. */
  readonly policy: bigint;
  /** The guest's key, DER SubjectPublicKeyInfo. */
  readonly guestKey: Uint8Array;
  /** Bytes of each secret that is to be released. */
  readonly secretSizes: readonly number[];
  /** What the plan has the guest started with; the report must show it. */
  readonly idBlock?: PlannedIdBlock;
  readonly accept?: ReadonlySet<string>;
}

/** What it came to. */
export interface SnpLaunchAppraisal {
  readonly outcome: VerdictOutcome;
  readonly findings: readonly Finding[];
  readonly candidate?: LaunchCandidate;
}

/** Appraises a running SEV-SNP guest. */
export function appraiseSnpLaunch(input: SnpLaunchInput): SnpLaunchAppraisal {
  const { verdict, candidates, accept = new Set<string>() } = input;
  const { report } = verdict;
  const candidate = candidates.find(
    ({ digest }) => report !== undefined && equalBytes(digest, report.measurement),
  );
  const own = [
    measurementFinding(report?.measurement, candidates, candidate),
    policyFinding(report?.policy, input.policy),
    ...(input.idBlock === undefined ? [] : [idBlockFinding(report, input.idBlock)]),
    ...keyFindings(input.guestKey, input.secretSizes),
  ];
  const findings = withAcceptance([...own, ...verdict.findings], accept);
  return {
    outcome: outcomeOf(findings),
    findings,
    ...(candidate === undefined ? {} : { candidate }),
  };
}

function measurementFinding(
  measurement: Uint8Array | undefined,
  candidates: readonly LaunchCandidate[],
  candidate: LaunchCandidate | undefined,
): Finding {
  const id = "launch.measurement.mismatch";
  if (candidate !== undefined) {
    return {
      id,
      outcome: "pass",
      title: "The launch digest of the report is of a launch that the plan describes",
      actual: candidate.label,
      source: SOURCE,
    };
  }
  return {
    id,
    outcome: "fail",
    title:
      measurement === undefined
        ? "There is no launch digest that could be compared with the plan"
        : "The launch digest of the report is of no launch that the plan describes",
    expected: candidates.map(({ label, digest }) => `${hexEncode(digest)} (${label})`).join("; "),
    ...(measurement === undefined ? {} : { actual: hexEncode(measurement) }),
    source: SOURCE,
  };
}

function policyFinding(reported: bigint | undefined, planned: bigint): Finding {
  const id = "launch.policy.differs";
  const expected = formatGuestPolicy(planned);
  if (reported === undefined) {
    return { id, outcome: "unknown", title: "There is no guest policy to compare", expected };
  }
  const actual = formatGuestPolicy(reported);
  if (reported === planned) {
    return { id, outcome: "pass", title: "The guest policy is the plan's", actual };
  }
  return {
    id,
    outcome: "fail",
    title: "The guest was launched with another guest policy than the plan's",
    expected,
    actual,
    source: SOURCE,
    hint: "the host has to start the guest with the policy of the plan",
  };
}

function keyFindings(der: Uint8Array, sizes: readonly number[]): readonly Finding[] {
  const key = keyOf(der);
  const isRsa =
    typeof key !== "string" &&
    key.kind === "RSA" &&
    key.bits >= RSA_BITS.least &&
    key.bits <= RSA_BITS.most;
  if (!isRsa) {
    return [
      {
        id: "launch.guest-key.refused",
        outcome: "fail",
        title: "The guest's key is none that secrets are encrypted to",
        expected: `RSA, ${RSA_BITS.least} to ${RSA_BITS.most} bits`,
        actual: describeKey(key),
        source: "RFC 8017, section 7.1",
      },
      {
        id: "launch.secret.too-large-for-key",
        outcome: "skipped",
        title: "Not looked at: the guest's key is refused",
      },
    ];
  }
  const room = Math.ceil(key.bits / 8) - OAEP_OVERHEAD;
  const largest = Math.max(0, ...sizes);
  const fits = largest <= room;
  return [
    {
      id: "launch.guest-key.refused",
      outcome: "pass",
      title: "The guest's key is one that secrets are encrypted to",
      actual: `RSA, ${key.bits} bits`,
    },
    {
      id: "launch.secret.too-large-for-key",
      outcome: fits ? "pass" : "fail",
      title: fits
        ? "Each secret fits under the guest's key"
        : "A secret is larger than the guest's key can take",
      expected: `at most ${room} bytes`,
      actual: `${largest} bytes`,
      source: "RFC 8017, section 7.1.1",
      ...(fits
        ? {}
        : { hint: "release a key here, and let the guest fetch what is larger with it" }),
    },
  ];
}

function describeKey(key: PublicKeyKind | string): string {
  if (typeof key === "string") return key;
  if (key.kind === "RSA") return `RSA, ${key.bits} bits`;
  return key.kind === "unknown" ? key.title : `EC on ${key.kind}`;
}

/** What kind of key it is, or why it is none. */
function keyOf(der: Uint8Array): PublicKeyKind | string {
  try {
    return readPublicKeyKind(der);
  } catch (error) {
    if (error instanceof LayoutError || error instanceof KeyError) return error.message;
    throw error;
  }
}
