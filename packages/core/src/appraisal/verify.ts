// SPDX-License-Identifier: Apache-2.0
// verifyEvidence(): the whole way from evidence to a verdict. Read the report, have it proved genuine,
// compare it with the policy; whatever happens, every check is in the verdict.

import { LayoutError, annotate } from "../bytes/index.ts";
import type { Endorser } from "../endorsement/index.ts";
import { ATTESTATION_REPORT, REPORT_SIZE, REPORT_SOURCE, decodeReport } from "../evidence/index.ts";
import type { Evidence, Report } from "../evidence/index.ts";
import { EVIDENCE_FINDINGS } from "../finding/index.ts";
import type { Finding } from "../finding/index.ts";
import { APPRAISAL_FINDINGS } from "../finding/catalogue-appraisal.ts";
import { ENDORSEMENT_FINDINGS } from "../finding/catalogue-endorsement.ts";
import { appraise } from "./appraise.ts";
import type { ReportDataBinding } from "./binding.ts";
import { durationMs } from "./policy/compile.ts";
import type { Policy } from "./policy/types.ts";
import { outcomeOf } from "./verdict.ts";
import type { Verdict } from "./verdict.ts";

/** What evidence is verified with. */
export interface VerifyContext {
  /** Proves reports genuine, and remembers certificates it has verified. */
  readonly endorser: Pick<Endorser, "endorse">;
  readonly policy: Policy;
  /** The instant at which everything has to hold, milliseconds since 1970. */
  readonly at: number;
  /** What REPORT_DATA has to be; absent when nothing is known of it. */
  readonly binding?: ReportDataBinding;
}

const LAYOUT = "snp.report.layout";

const LAYOUT_PASSED: Finding = {
  id: LAYOUT,
  outcome: "pass",
  title: "The report follows the layout of its version",
  where: { artefact: "report", offset: 0, size: REPORT_SIZE },
  source: REPORT_SOURCE,
};

/**
 * Verifies evidence. A report that breaks its layout is rejected with every problem of it; nothing else
 * is then looked at.
 * @throws only what the endorser throws for defects of its own; evidence never makes it throw.
 */
export async function verifyEvidence(evidence: Evidence, context: VerifyContext): Promise<Verdict> {
  const { endorser, policy, at, binding } = context;
  const report = readReport(evidence.report);
  if ("problems" in report) {
    const findings = [...report.problems, ...notLookedAt()];
    return { outcome: outcomeOf(findings), findings, needs: [] };
  }
  const { revocation, chips } = policy.evidence;
  const maxAge = durationMs(revocation.maxAge);
  const endorsed = await endorser.endorse({
    report,
    reportBytes: evidence.report,
    certificates: evidence.certificates,
    at,
    revocation: { mode: revocation.mode, ...(maxAge === undefined ? {} : { maxAge }) },
    allowMaskedChipId: chips.masked !== "refuse",
  });
  const { endorsement, needs } = endorsed;
  const line = endorsement?.line ?? endorsed.line;
  const appraised = appraise({
    report,
    policy,
    evidence,
    at,
    ...(endorsement === undefined ? {} : { endorsement }),
    ...(line === undefined ? {} : { line }),
    ...(binding === undefined ? {} : { binding }),
  });
  const findings = [LAYOUT_PASSED].concat(endorsed.findings, appraised);
  return {
    outcome: outcomeOf(findings),
    findings,
    report,
    ...(endorsement === undefined ? {} : { endorsement }),
    ...(line === undefined ? {} : { line }),
    needs,
  };
}

function readReport(bytes: Uint8Array): Report | { readonly problems: readonly Finding[] } {
  try {
    return decodeReport(bytes);
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    return { problems: layoutProblems(bytes, error) };
  }
}

/**
 * Everything that breaks the layout. Of a report of another length or version nothing but that is said,
 * because the layout of the rest is not known.
 */
function layoutProblems(bytes: Uint8Array, first: LayoutError): readonly Finding[] {
  const rows = annotate(ATTESTATION_REPORT, bytes).filter(({ problem }) => problem !== undefined);
  const isWhole = first.code !== "unsupported-version" && bytes.length === REPORT_SIZE;
  if (!isWhole || rows.length === 0) {
    const { field, offset = 0, reason, hint } = first;
    return [layoutProblem(field ?? "the report", offset, reason, undefined, hint)];
  }
  return rows.map(({ path, offset, size, problem = "", text }) =>
    layoutProblem(path, offset, problem, { size, text }),
  );
}

function layoutProblem(
  field: string,
  offset: number,
  reason: string,
  found?: { readonly size: number; readonly text: string },
  hint?: string,
): Finding {
  return {
    id: LAYOUT,
    outcome: "fail",
    title: `The report breaks its layout: ${field} ${reason}`,
    ...(found === undefined ? {} : { actual: found.text }),
    where: { artefact: "report", offset, ...(found === undefined ? {} : { size: found.size }) },
    source: REPORT_SOURCE,
    ...(hint === undefined ? {} : { hint }),
  };
}

/** Everything else there is to check, as not looked at. */
function notLookedAt(): readonly Finding[] {
  const ids = Object.keys({ ...ENDORSEMENT_FINDINGS, ...APPRAISAL_FINDINGS });
  return ids.filter(isFindingId).flatMap((id) =>
    id === LAYOUT
      ? []
      : [
          {
            id,
            outcome: "skipped",
            title: `Not looked at, because the report cannot be read: whether ${EVIDENCE_FINDINGS[id]}`,
          } as const,
        ],
  );
}

function isFindingId(id: string): id is keyof typeof EVIDENCE_FINDINGS {
  return Object.hasOwn(EVIDENCE_FINDINGS, id);
}
