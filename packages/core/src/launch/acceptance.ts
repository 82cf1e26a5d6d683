// SPDX-License-Identifier: Apache-2.0
// Findings about a firmware that a guest owner may accept by id, and the demand that nothing else
// stands in a launch's way.

import { blockers } from "../finding/index.ts";
import type { Finding, FindingId } from "../finding/index.ts";
import { LaunchError } from "./error.ts";

/** Findings the caller has decided to live with, by id. */
export type Accepted = ReadonlySet<string>;

/** Findings that can be accepted; what the digest then follows is told in acceptance-docs.ts. */
export const ACCEPTABLE = [
  "firmware.footer.duplicate-guid",
  "firmware.size.unaligned",
  "firmware.sev-metadata.missing",
  "firmware.section.empty",
  "firmware.section.unknown-type",
  "firmware.section.oversized",
  "firmware.section.missing",
  "firmware.section.duplicate",
] as const satisfies readonly FindingId[];

/** SEV-SNP measures whole pages, so there the size of an image is no matter of acceptance. */
const NOT_FOR_SNP: FindingId = "firmware.size.unaligned";

/**
 * Throws unless every blocking finding is accepted.
 * @throws {LaunchError} `firmware-unsuitable` with all findings; `finding-not-acceptable` when an
 * accepted id is not one of {@link ACCEPTABLE}.
 */
export function requireSuitable(
  findings: readonly Finding[],
  accept: Accepted,
  mode: "sev" | "seves" | "snp",
): void {
  for (const id of accept) {
    if (ACCEPTABLE.some((known) => known === id)) continue;
    throw new LaunchError("finding-not-acceptable", `finding ${id} cannot be accepted`, {
      hint: `these can: ${ACCEPTABLE.join(", ")}`,
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
    hint: first.hint,
  });
}
