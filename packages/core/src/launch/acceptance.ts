// SPDX-License-Identifier: Apache-2.0
// Findings about a firmware that a guest owner may accept by id, and the demand that nothing else
// stands in a launch's way.

import { blockers } from "../finding/index.ts";
import type { Finding, FindingId } from "../finding/index.ts";
import { LaunchError } from "./error.ts";

/** Findings the caller has decided to live with, by id. */
export type Accepted = ReadonlySet<string>;

/**
 * What can be accepted, and what the digest then follows. Every other blocker leaves nothing to
 * follow: no host starts such a guest, so there is no digest.
 */
export const ACCEPTABLE_FINDINGS: Readonly<Partial<Record<FindingId, string>>> = {
  "firmware.footer.duplicate-guid": "the entry nearest to the footer counts, as in QEMU",
  "firmware.size.unaligned":
    "SEV and SEV-ES: the bytes are hashed as they are, as sev-snp-measure does",
  "firmware.sev-metadata.missing": "firmware and VMSAs are measured, as sev-snp-measure does",
  "firmware.section.empty": "the section is left out, as sev-snp-measure and virtee/sev do",
  "firmware.section.unknown-type": "zero pages are measured, as in QEMU",
  "firmware.section.oversized": "every page of the section is measured, as in QEMU",
  "firmware.section.missing": "what is there is measured, as in QEMU",
  "firmware.section.duplicate": "every section is measured, as in QEMU",
};

/** SEV-SNP measures whole pages, so there the size of an image is no matter of acceptance. */
const NOT_FOR_SNP: FindingId = "firmware.size.unaligned";

/**
 * Throws unless every blocking finding is accepted.
 * @throws {LaunchError} `firmware-unsuitable` with all findings; `finding-not-acceptable` when an
 * accepted id is not one of {@link ACCEPTABLE_FINDINGS}.
 */
export function requireSuitable(
  findings: readonly Finding[],
  accept: Accepted,
  mode: "sev" | "seves" | "snp",
): void {
  for (const id of accept) {
    if (Object.hasOwn(ACCEPTABLE_FINDINGS, id)) continue;
    throw new LaunchError("finding-not-acceptable", `finding ${id} cannot be accepted`, {
      hint: `these can: ${Object.keys(ACCEPTABLE_FINDINGS).join(", ")}`,
    });
  }
  const isAccepted = ({ id }: Finding): boolean =>
    accept.has(id) && !(mode === "snp" && id === NOT_FOR_SNP);
  const open = blockers(findings).filter((finding) => !isAccepted(finding));
  const [first, ...more] = open;
  if (first === undefined) return;
  const others = more.length > 0 ? ` (and ${more.length} more)` : "";
  throw new LaunchError("firmware-unsuitable", `${first.title} [${first.id}]${others}`, {
    findings,
    ...(first.hint === undefined ? {} : { hint: first.hint }),
  });
}
