// SPDX-License-Identifier: Apache-2.0
// Findings as people read them: what stands in the way first, each with a word and a shape.

import type { Finding, Outcome } from "@greenlight/core/finding";
import { hang, paint } from "./style.ts";
import type { Style } from "./style.ts";

interface Mark {
  readonly shape: string;
  readonly style: Style;
}

const MARKS: Readonly<Record<Outcome, Mark>> = {
  fail: { shape: "x", style: "red" },
  unknown: { shape: "?", style: "red" },
  warn: { shape: "!", style: "yellow" },
  pass: { shape: "+", style: "green" },
  skipped: { shape: "-", style: "dim" },
};

/** The order findings are shown in. */
const ORDER: readonly Outcome[] = ["fail", "unknown", "warn", "pass", "skipped"];

/** Columns of shape and word. */
const MARK_WIDTH = 11;

/** How findings are printed. */
export interface FindingStyle {
  readonly colour: boolean;
  /** Everything about every finding, also about those that passed. */
  readonly verbose: boolean;
}

/**
 * All findings, those that stand in the way first, each with what was expected, found and to do.
 * Ends without newline.
 */
export function formatFindings(findings: readonly Finding[], style: FindingStyle): string {
  return sortFindings(findings)
    .map((finding) => formatFinding(finding, style))
    .join("\n");
}

/** Findings by outcome: fail, unknown, warn, pass, skipped; otherwise in their order. */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((a, b) => ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome));
}

/** Counts in words: `1 fail, 2 warn, 9 pass`. */
export function countFindings(findings: readonly Finding[]): string {
  const counts = ORDER.map(
    (outcome) =>
      [outcome, findings.filter((finding) => finding.outcome === outcome).length] as const,
  );
  const words = counts.filter(([, count]) => count > 0).map(([outcome, n]) => `${n} ${outcome}`);
  return words.join(", ") || "none";
}

function formatFinding(finding: Finding, { colour, verbose }: FindingStyle): string {
  const { outcome, title, expected, actual, hint, id, where, source } = finding;
  const { shape, style } = MARKS[outcome];
  const mark = `${shape} ${outcome}`;
  const indent = " ".repeat(MARK_WIDTH);
  const head = hang(mark.padEnd(MARK_WIDTH), title);
  const lines = [paint(style, mark, colour) + head.slice(mark.length)];
  const open = outcome === "fail" || outcome === "unknown" || outcome === "warn";
  if (open || verbose) {
    if (expected !== undefined) lines.push(hang(`${indent}expected  `, expected));
    if (actual !== undefined) lines.push(hang(`${indent}actual    `, actual));
    if (hint !== undefined) lines.push(hang(`${indent}hint: `, hint));
    if (verbose && where?.offset !== undefined) {
      const size = where.size === undefined ? "" : `, ${where.size} bytes`;
      lines.push(`${indent}at offset 0x${where.offset.toString(16)}${size}`);
    }
    if (verbose && source !== undefined) lines.push(hang(`${indent}source: `, source));
    lines.push(paint("dim", `${indent}[${id}]`, colour));
  }
  return lines.join("\n");
}
