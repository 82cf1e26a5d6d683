// SPDX-License-Identifier: Apache-2.0
// Verifying one piece of evidence: read, appraise, and once more when something that was missing could
// be had.

import { LayoutError } from "@greenlight/core/bytes";
import { verifyEvidence } from "@greenlight/core/appraisal";
import type { Policy, ReportDataBinding, Verdict } from "@greenlight/core/appraisal";
import type { Endorser } from "@greenlight/core/endorsement";
import { readEvidence } from "@greenlight/core/evidence";
import type { Evidence, SuppliedCertificate } from "@greenlight/core/evidence";
import type { Fetcher } from "./fetcher.ts";
import type { Result, ReadProblem } from "./result.ts";
import type { Source } from "./sources.ts";

/** What every piece of evidence is verified with. */
export interface VerifyContext {
  readonly endorser: Endorser;
  readonly policy: Policy;
  readonly binding: ReportDataBinding | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Certificates given besides the evidence. */
  readonly supplied: (evidence: Evidence) => readonly SuppliedCertificate[];
  readonly fetcher: Fetcher;
}

/** Reads and appraises. Errors about this source are its result; others are thrown. */
export async function verifyOne(source: Source, context: VerifyContext): Promise<Result> {
  const { name } = source;
  let bytes: Uint8Array | undefined;
  let evidence: Evidence;
  try {
    bytes = source.read();
    evidence = readEvidence(bytes);
  } catch (error) {
    const isOther = source.found && isOtherFormat(error);
    const problem = readProblem(error);
    const hint = bytes === undefined ? undefined : await sevHint(bytes);
    return {
      kind: isOther ? "passed-over" : "unreadable",
      name,
      error: hint === undefined ? problem : { ...problem, hint },
    };
  }
  const supplied = [...context.supplied(evidence), ...context.fetcher.kept(evidence.report)];
  const verdict = await appraised(evidence, supplied, context);
  if (verdict.needs.length === 0) {
    return { kind: "appraised", name, evidence, verdict, problems: [] };
  }
  return {
    kind: "appraised",
    name,
    evidence,
    ...(await completed(evidence, supplied, verdict, context)),
  };
}

/** Times that something may be asked for: a key, then the list that it turned out to need, and again. */
const MAX_ROUNDS = 4;

/** The verdict once what is missing was asked for, and why the rest of it could not be had. */
async function completed(
  evidence: Evidence,
  supplied: readonly SuppliedCertificate[],
  first: Verdict,
  context: VerifyContext,
): Promise<{ readonly verdict: Verdict; readonly problems: readonly string[] }> {
  let verdict = first;
  let { needs } = first;
  let found: readonly SuppliedCertificate[] = [];
  let problems: readonly string[] = [];
  let hasForgotten = false;
  for (let round = 0; round < MAX_ROUNDS && needs.length > 0; round++) {
    const fetched = await context.fetcher.fetch(evidence.report, needs);
    ({ problems } = fetched);
    if (fetched.certificates.length === 0) break;
    found = found.concat(fetched.certificates);
    verdict = await appraised(evidence, [...supplied, ...found], context);
    if (verdict.endorsement === undefined && fetched.forget !== undefined && !hasForgotten) {
      // What is kept on disk may be damaged or somebody else's work: ask anew.
      fetched.forget();
      hasForgotten = true;
      found = [];
    } else {
      const isNew = verdict.needs.some(({ kind }) => needs.every((need) => need.kind !== kind));
      if (!isNew) break;
      ({ needs } = verdict);
    }
  }
  return { verdict, problems };
}

function appraised(
  evidence: Evidence,
  supplied: readonly SuppliedCertificate[],
  { endorser, policy, at, binding }: VerifyContext,
): Promise<Verdict> {
  const all =
    supplied.length === 0
      ? evidence
      : { ...evidence, certificates: [...evidence.certificates, ...supplied] };
  return verifyEvidence(all, {
    endorser,
    policy,
    at,
    ...(binding === undefined ? {} : { binding }),
  });
}

/** What to do with something that is no evidence, but of a platform with SEV or SEV-ES. */
async function sevHint(bytes: Uint8Array): Promise<string | undefined> {
  const { SEV_DETECTORS } = await import("../../input/sev-detectors.ts");
  const found = SEV_DETECTORS.find(({ refuse }) => refuse(bytes) === undefined);
  if (found?.kind === "sev-certificates") {
    return "these are certificates of SEV; see greenlight verify sev --help";
  }
  return found?.kind === "sev-report"
    ? "this is a legacy attestation report; see greenlight verify sev --help"
    : undefined;
}

/** Whether bytes are of another format altogether, rather than evidence that is broken. */
function isOtherFormat(error: unknown): boolean {
  if (!(error instanceof LayoutError) || error.code !== "unknown-value") return false;
  return error.structure === "evidence" || error.structure === "evidence JSON";
}

/** The parts of an error of our layers; anything else is a defect of ours and thrown on. */
function readProblem(error: unknown): ReadProblem {
  if (!(error instanceof Error) || !("code" in error)) throw error;
  if (error.name !== "LayoutError" && error.name !== "UsageError") throw error;
  const part = (key: string): unknown => Object.getOwnPropertyDescriptor(error, key)?.value;
  const text = (key: string): string | undefined => {
    const value = part(key);
    return typeof value === "string" ? value : undefined;
  };
  const offset = part("offset");
  const hint = text("hint");
  const cited = text("source");
  return {
    code: String(error.code),
    message: error.message,
    ...(hint === undefined ? {} : { hint }),
    ...(cited === undefined ? {} : { source: cited }),
    ...(typeof offset === "number" ? { offset } : {}),
  };
}
