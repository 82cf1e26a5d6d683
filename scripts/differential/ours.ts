// SPDX-License-Identifier: Apache-2.0
// Judges a case with Greenlight's library.

import { LayoutError } from "@greenlight/core/bytes";
import { readEvidence } from "@greenlight/core/evidence";
import { Endorser } from "@greenlight/core/endorsement";
import { verifyEvidence } from "@greenlight/core/appraisal";
import type { Case } from "./case.ts";
import { ourPolicy } from "./demands.ts";

/** What somebody says about a case. */
export interface Judgement {
  /** `undecided` is ours alone, `panic` the peer's: neither accepts. */
  readonly outcome: "accepted" | "rejected" | "undecided" | "panic";
  /** Ours: ids of the findings that stand in the way. The peer's: where it ended and its error. */
  readonly reasons: readonly string[];
}

/** Our judgement. Only what cannot be read as evidence, or as a root to trust, ends before findings. */
export async function judgeOurs(item: Case): Promise<Judgement> {
  try {
    return await judge(item);
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    return { outcome: "rejected", reasons: [`LayoutError ${error.code}: ${error.structure}`] };
  }
}

async function judge({
  line,
  evidence: bytes,
  roots,
  at,
  demands,
  lists,
}: Case): Promise<Judgement> {
  const endorser = new Endorser({ roots: roots.map((hierarchy) => hierarchy.trustRoot()) });
  const evidence = readEvidence(bytes);
  const supplied = Object.values(lists ?? {}).map((der) => ({
    role: "CRL" as const,
    der,
    from: "the case",
  }));
  const policy = ourPolicy(demands, line);
  const mode = lists === undefined ? ("off" as const) : ("required" as const);
  const verdict = await verifyEvidence(
    { ...evidence, certificates: [...evidence.certificates, ...supplied] },
    {
      endorser,
      policy: {
        ...policy,
        evidence: { ...policy.evidence, revocation: { ...policy.evidence.revocation, mode } },
      },
      at,
    },
  );
  const blocking = verdict.findings.filter(
    ({ outcome }) => outcome === "fail" || outcome === "unknown",
  );
  return { outcome: verdict.outcome, reasons: blocking.map(({ id }) => id) };
}
