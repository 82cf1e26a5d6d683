// SPDX-License-Identifier: Apache-2.0
// Comparing two attestation reports field by field, whatever they came in. TCB versions are compared part
// by part too, because their bytes say little.

import { LayoutError } from "@greenlight/core/bytes";
import { ATTESTATION_REPORT, decodeReport, formatTcb } from "@greenlight/core/evidence";
import type { Artefact } from "../../input/artefact.ts";
import { readBy, tcbsOf } from "../inspect/report-words.ts";
import { rowsBlock } from "./comparison.ts";
import type { Comparison, ComparisonOptions, Row } from "./comparison.ts";
import { compareStructures } from "./structure.ts";

type EvidenceArtefact = Extract<Artefact, { kind: "report" | "evidence" }>;

/**
 * Compares the reports of two pieces of evidence.
 * @throws {LayoutError} when one of them does not have the size of a report.
 */
export function compareReports(
  a: EvidenceArtefact,
  b: EvidenceArtefact,
  summaries: Comparison["summaries"],
  options: ComparisonOptions,
): Comparison {
  const left = sized(a);
  const right = sized(b);
  const comparison = compareStructures(ATTESTATION_REPORT, left, right, summaries, options);
  const rows = tcbRows(left, right).filter((row) => options.verbose || row.a !== row.b);
  return {
    ...comparison,
    blocks: [
      ...comparison.blocks,
      ...(rows.length === 0 ? [] : [rowsBlock(rows, "TCB version", options)]),
    ],
    json: { ...comparison.json, tcb: rows },
  };
}

function sized({ evidence: { report } }: EvidenceArtefact): Uint8Array {
  if (report.length === ATTESTATION_REPORT.size) return report;
  throw new LayoutError({
    code: "bad-length",
    structure: ATTESTATION_REPORT.name,
    reason: `has ${report.length} bytes, must have ${ATTESTATION_REPORT.size}`,
    source: ATTESTATION_REPORT.source,
  });
}

/** TCB versions in words; none when a report is too broken to have any. */
function tcbRows(a: Uint8Array, b: Uint8Array): readonly Row[] {
  const left = tcbTexts(a);
  const right = tcbTexts(b);
  return Object.entries(left).map(([name, text]) => ({
    name,
    a: text,
    b: right[name] ?? "broken",
  }));
}

function tcbTexts(bytes: Uint8Array): Readonly<Record<string, string>> {
  try {
    const report = decodeReport(bytes);
    const tcbs = Object.entries(tcbsOf(report, readBy(report).line));
    return Object.fromEntries(tcbs.map(([name, { tcb }]) => [name, formatTcb(tcb)]));
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    return {};
  }
}
