// SPDX-License-Identifier: Apache-2.0
// What tests of the judging of endorsements share.

import { Endorser } from "../../src/endorsement/index.ts";
import type { EndorseInput, EndorseResult } from "../../src/endorsement/index.ts";
import { decodeReport } from "../../src/evidence/index.ts";
import type { SuppliedCertificate, SuppliedRole } from "../../src/evidence/index.ts";
import type { FindingId, Outcome } from "../../src/finding/index.ts";
import type { Hierarchy } from "@greenlight/psp/hierarchy";
import { readVector } from "../support/vectors.ts";

/** An instant at which every VCEK of the vectors and of the test hierarchy is valid. */
export const AT = Date.UTC(2026, 8, 1);

export const OFF = { mode: "off" } as const;
export const REQUIRED = { mode: "required" } as const;
export const IF_AVAILABLE = { mode: "if-available" } as const;

/** A certificate as if it came with the evidence. */
export function supply(role: SuppliedRole | undefined, der: Uint8Array): SuppliedCertificate {
  return { ...(role === undefined ? {} : { role }), der, from: `test (${role ?? "no role"})` };
}

/** The same of a vector: `veks/genoa-v3-aci`, `roots/genoa-ark`. */
export function supplyVector(role: SuppliedRole | undefined, name: string): SuppliedCertificate {
  return supply(role, readVector(`snp/${name}${role === "CRL" ? ".crl" : ".der"}`));
}

export type EndorseOptions = Partial<
  Pick<EndorseInput, "at" | "revocation" | "allowMaskedChipId">
> & { readonly endorser?: Endorser };

/** Endorses a report; without options at {@link AT}, without revocation, by AMD's roots. */
export function endorse(
  reportBytes: Uint8Array,
  certificates: readonly SuppliedCertificate[],
  options: EndorseOptions = {},
): Promise<EndorseResult> {
  const { endorser = new Endorser(), ...rest } = options;
  return endorser.endorse({
    report: decodeReport(reportBytes),
    reportBytes,
    certificates,
    at: AT,
    revocation: OFF,
    allowMaskedChipId: false,
    ...rest,
  });
}

/** What a check came to; undefined when it was not reported. */
export function outcomeOf({ findings }: EndorseResult, id: FindingId): Outcome | undefined {
  return findings.find((finding) => finding.id === id)?.outcome;
}

/** What a check says. */
export function titleOf({ findings }: EndorseResult, id: FindingId): string {
  const finding = findings.find((each) => each.id === id);
  return `${finding?.title} (${finding?.expected}; ${finding?.actual})`;
}

/** Ids of all checks with this outcome. */
export function idsOf({ findings }: EndorseResult, outcome: Outcome): readonly string[] {
  return findings.filter((finding) => finding.outcome === outcome).map(({ id }) => id);
}

/** `accept`, or `reject` when something failed, or `undecided`. */
export function verdictOf(result: EndorseResult): "accept" | "reject" | "undecided" {
  if (idsOf(result, "fail").length > 0) return "reject";
  return idsOf(result, "unknown").length > 0 ? "undecided" : "accept";
}

/** Somebody who trusts a hierarchy and nobody else. */
export function trusting(
  hierarchy: Hierarchy,
  carried?: readonly ("ASK" | "ASVK")[],
): { readonly endorser: Endorser } {
  return { endorser: new Endorser({ roots: [hierarchy.trustRoot(carried)] }) };
}
