// SPDX-License-Identifier: Apache-2.0
// A case: evidence, what it is judged under, and what is expected of us. All evidence is signed by test
// hierarchies under AMD's names, because go-sev-guest takes no others.

import { certificateTable, createHierarchy } from "@greenlight/psp/hierarchy";
import type { Hierarchy, TableEntry, Vek } from "@greenlight/psp/hierarchy";
import type { ProductLine } from "@greenlight/core/evidence";
import type { Demands } from "./demands.ts";

/** Groups of cases, in the order they are told in. */
export const GROUPS = [
  "valid",
  "processors",
  "report fields",
  "report signature",
  "guest policy",
  "platform information",
  "TCB and firmware versions",
  "exact fields",
  "ID block",
  "VCEK and VLEK extensions",
  "certificate chain",
  "revocation",
  "certificate table",
] as const;

/** A group of cases. */
export type Group = (typeof GROUPS)[number];

/** Evidence and everything that is needed to judge it. */
export interface Case {
  readonly group: Group;
  /** Unique among all cases. */
  readonly name: string;
  readonly line: ProductLine;
  /** The report with the certificate table behind it. */
  readonly evidence: Uint8Array;
  /** What is trusted. */
  readonly roots: readonly Hierarchy[];
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly demands: Demands;
  /** Revocation lists of the VCEK and the VLEK chain. Present: revocation must be known. */
  readonly lists?: { readonly vcek?: Uint8Array; readonly vlek?: Uint8Array };
  /** What we must say. */
  readonly expected: "accepted" | "rejected";
}

/** An instant at which everything is valid that does not say otherwise. */
export const AT = Date.UTC(2026, 5, 1);

const made = new Map<ProductLine, Hierarchy>();

/** The hierarchy that cases trust. */
export function hierarchyOf(line: ProductLine): Hierarchy {
  const known = made.get(line) ?? createHierarchy({ line, names: "forged-amd" });
  made.set(line, known);
  return known;
}

/** The signing key's certificate as a table entry. */
export function vekEntry({ kind, der }: Vek): TableEntry {
  return { guid: kind, bytes: der };
}

/** The report with a certificate table that holds the signing key's certificate. */
export function extended(report: Uint8Array, ...entries: readonly TableEntry[]): Uint8Array {
  return Uint8Array.from(Buffer.concat([report, certificateTable(entries)]));
}

/** What distinguishes a case from one that is accepted. */
export interface CaseParts {
  readonly name: string;
  readonly expected: "accepted" | "rejected";
  /** Default Milan. */
  readonly line?: ProductLine;
  /** Default: the VCEK of the line's hierarchy. */
  readonly vek?: Vek;
  /** Default: the VEK's usual report. */
  readonly report?: Uint8Array;
  /** Default: report and table with the VEK. */
  readonly evidence?: Uint8Array;
  readonly roots?: readonly Hierarchy[];
  readonly at?: number;
  readonly demands?: Demands;
  readonly lists?: Case["lists"];
}

/** Completes a case. */
export function makeCase(group: Group, parts: CaseParts): Case {
  const line = parts.line ?? "Milan";
  const vek = parts.vek ?? hierarchyOf(line).vcek();
  return {
    group,
    name: parts.name,
    line,
    evidence: parts.evidence ?? extended(parts.report ?? vek.report(), vekEntry(vek)),
    roots: parts.roots ?? [hierarchyOf(line)],
    at: parts.at ?? AT,
    demands: parts.demands ?? {},
    ...(parts.lists === undefined ? {} : { lists: parts.lists }),
    expected: parts.expected,
  };
}
