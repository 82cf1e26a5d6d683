// SPDX-License-Identifier: Apache-2.0
// Which of the three questions a finding answers: is it genuine, is it what is wanted, is it fresh?

import type { Finding, FindingId } from "@greenlight/core/finding";

/** A question and the beginnings of the ids that answer it. */
export interface FindingGroup {
  readonly id: "genuine" | "wanted" | "fresh";
  readonly title: string;
  readonly about: string;
}

/** The questions, in the order they are answered in. */
const GROUPS: readonly FindingGroup[] = [
  {
    id: "genuine",
    title: "Is it genuine?",
    about: "Report signature, certificates up to AMD's root, revocation.",
  },
  {
    id: "wanted",
    title: "Is it what is wanted?",
    about: "Measurement, guest policy, platform, firmware versions, against the policy.",
  },
  {
    id: "fresh",
    title: "Is it fresh?",
    about: "Whether the report was made for this request, and speaks for your nonce or key.",
  },
];

/** Beginnings of ids, the longer ones first; all others are about what is wanted. */
const PREFIXES: readonly (readonly [prefix: string, group: FindingGroup["id"]])[] = [
  ["snp.report-data.", "fresh"],
  ["snp.vmpl.host-requested", "fresh"],
  ["snp.report.version-refused", "wanted"],
  ["snp.report.signing-key-refused", "wanted"],
  ["snp.product.line-refused", "wanted"],
  ["snp.product.cpu-refused", "wanted"],
  ["snp.vek.extensions-refused", "wanted"],
  ["snp.report.", "genuine"],
  ["snp.product.", "genuine"],
  ["snp.vek.", "genuine"],
  ["snp.chain.", "genuine"],
  ["snp.revocation.", "genuine"],
];

/** The question a finding answers. */
export function groupOf(id: FindingId): FindingGroup["id"] {
  return PREFIXES.find(([prefix]) => id.startsWith(prefix))?.[1] ?? "wanted";
}

/** The findings by question, in their order. */
export function grouped(
  findings: readonly Finding[],
): readonly { readonly group: FindingGroup; readonly findings: readonly Finding[] }[] {
  return GROUPS.map((group) => ({
    group,
    findings: findings.filter(({ id }) => groupOf(id) === group.id),
  }));
}
