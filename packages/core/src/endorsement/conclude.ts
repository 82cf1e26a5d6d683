// SPDX-License-Identifier: Apache-2.0
// From what was found for a report to its findings, its endorsement, and what is missing.

import { productLineOfCpu } from "../evidence/product.ts";
import type { ProductLine } from "../evidence/product.ts";
import { reportCpu } from "../evidence/report.ts";
import type { Report } from "../evidence/report.ts";
import type { Finding, FindingId } from "../finding/index.ts";
import type { Certificate } from "./certificate.ts";
import { BINDING_CHECKS, checkBinding, checkProductLine } from "./check-binding.ts";
import { checkValidity, isValidAt } from "./check-certificate.ts";
import type { ChainRole } from "./check-certificate.ts";
import type { Signer } from "./check-signer.ts";
import { checkIntermediate, checkOrigin } from "./check-supplied.ts";
import { VEK_CHECKS } from "./check-vek.ts";
import type { CheckedVek, VekIssuer } from "./check-vek.ts";
import type { Endorsement, Need, VekKind } from "./endorsement.ts";
import type { EndorserKind } from "./kds.ts";
import { vcekNeed } from "./needs.ts";
import type { RevocationState } from "./revocation.ts";
import { skipped } from "./skipped.ts";

/** What was found to verify a report with. */
export interface Found extends VekIssuer {
  /** Whether the VCEK or VLEK is there; absent when none is asked for. */
  readonly presence?: readonly Finding[];
  /** Whether it is missing though the report is signed. */
  readonly missing: boolean;
  readonly vek?: CheckedVek;
}

const PRESENCE_CHECKS: readonly FindingId[] = [
  "snp.vek.missing",
  "snp.vek.ambiguous",
  "snp.vek.layout",
];
const REPORT_VEK_CHECKS: readonly FindingId[] = [
  ...VEK_CHECKS,
  "snp.vek.validity",
  ...BINDING_CHECKS,
];
const AUTHORITY_CHECKS = [
  "key",
  "ca",
  "critical-extension",
  "issuer",
  "signature-parameters",
  "signature",
  "validity",
] as const;
const ARK_CHECKS: readonly FindingId[] = [
  "snp.chain.ark-not-amd",
  ...AUTHORITY_CHECKS.map((check) => `snp.chain.ark-${check}` as const),
];
const ASK_CHECKS: readonly FindingId[] = [
  ...AUTHORITY_CHECKS.map((check) => `snp.chain.ask-${check}` as const),
  "snp.chain.ask-kind",
];

const NO_PRESENCE = skipped(PRESENCE_CHECKS, "no known key signed the report");
const NO_MISMATCH = skipped(["snp.product.mismatch"], "no known root issued a key for the report");
const NO_VEK = skipped(REPORT_VEK_CHECKS, "there is no VCEK or VLEK to look at");
const NO_BINDING = skipped(
  BINDING_CHECKS,
  "the key's own product line or extensions are not known",
);
const NO_ARK = skipped(ARK_CHECKS, "no root is known for the report");
const NO_ASK = skipped(ASK_CHECKS, "there is no ASK or ASVK to look at");
const NO_KIND = skipped(["snp.chain.ask-missing"], "no known key signed the report");

/** Findings about the VCEK or VLEK and whether it is the report's. */
export function findingsOfVek(
  found: Found,
  report: Report,
  signer: Signer,
  at: number,
): readonly Finding[] {
  const { vek, chain, named } = found;
  const { presence = NO_PRESENCE } = found;
  if (vek === undefined) return [...NO_MISMATCH, ...presence, ...NO_VEK];
  const { kind, certificate, subject } = vek;
  const cpu = reportCpu(report);
  const line =
    named && chain !== undefined
      ? [checkProductLine(kind, chain.line, cpu, cpu && productLineOfCpu(cpu))]
      : NO_MISMATCH;
  return line.concat(
    presence,
    vek.findings,
    validityAt(kind, certificate, vek.valid, at),
    subject === undefined ? NO_BINDING : checkBinding(subject, report, signer.chipIdMasked),
  );
}

/** Findings about the authorities. */
export function findingsOfChain(
  { chain, ark, intermediate }: Found,
  kind: VekKind | undefined,
  at: number,
): readonly Finding[] {
  const origin =
    chain === undefined || ark === undefined
      ? NO_ARK
      : [checkOrigin(chain)].concat(
          ark.findings,
          validityAt("ARK", ark.certificate, ark.valid, at),
        );
  const below =
    intermediate === undefined
      ? NO_ASK
      : intermediate.findings.concat(
          validityAt(intermediate.role, intermediate.certificate, intermediate.valid, at),
        );
  return origin.concat(
    kind === undefined ? NO_KIND : checkIntermediate(kind, chain, intermediate),
    below,
  );
}

function validityAt(
  role: ChainRole,
  certificate: Certificate,
  valid: Finding,
  at: number,
): Finding {
  return isValidAt(certificate, at) ? valid : checkValidity(role, certificate, at);
}

/** The endorsement, when nothing failed and nothing but revocation is open. */
export function endorsementOf(
  { vek, chain, ark, intermediate }: Found,
  findings: readonly Finding[],
  revocation: RevocationState,
): Endorsement | undefined {
  if (vek?.trusted !== true || vek.subject === undefined || vek.extensions === undefined) return;
  if (chain === undefined || ark === undefined || intermediate === undefined) return;
  let signed = false;
  for (const finding of findings) {
    const { id, outcome } = finding;
    if (outcome === "fail") return;
    if (outcome === "unknown" && !id.startsWith("snp.revocation.")) return;
    if (id === "snp.report.signature") signed = outcome === "pass";
  }
  if (!signed) return;
  const certificates = [vek.certificate, intermediate.certificate, ark.certificate];
  return {
    kind: vek.kind,
    line: chain.line,
    vek: vek.certificate,
    chain: certificates,
    extensions: vek.extensions,
    tcb: vek.subject.tcb,
    validUntil: Math.min(revocation.validUntil, ...certificates.map(({ notAfter }) => notAfter)),
    root: chain.root,
  };
}

/** What could be fetched. */
export function needsOf(
  found: Found,
  report: Report,
  { kind }: Signer,
  line: ProductLine | undefined,
  revocation: RevocationState,
): readonly Need[] {
  const { chain, intermediate } = found;
  const needs: Need[] = found.missing && kind === "VCEK" ? [...vcekNeed(report, line)] : [];
  if (chain === undefined || kind === undefined) return needs;
  const endorser: EndorserKind = kind === "VCEK" ? "vcek" : "vlek";
  if (intermediate === undefined) {
    needs.push({ kind: "intermediate", line: chain.line, endorser });
  }
  if (!revocation.current) needs.push({ kind: "CRL", line: chain.line, endorser });
  return needs;
}
