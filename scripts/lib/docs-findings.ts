// SPDX-License-Identifier: Apache-2.0
// docs/reference/findings.md: every finding id, what it checks, and which can be accepted.
import { FINDINGS } from "../../packages/core/src/finding/index.ts";
import type { FindingId } from "../../packages/core/src/finding/index.ts";
import { ACCEPTABLE_FINDINGS } from "../../packages/core/src/launch/index.ts";

/** The page. */
export function findingsPage(): string {
  const accepted: Readonly<Partial<Record<string, string>>> = ACCEPTABLE_FINDINGS;
  const row = ([id, meaning]: readonly [string, string]): string =>
    `| \`${id}\` | ${meaning} | ${accepted[id] ?? ""} |`;
  const ids: Readonly<Record<FindingId, string>> = FINDINGS;
  return [
    "# Findings",
    "",
    "Made from packages/core/src/finding/catalogue.ts by `node scripts/docs.ts`. Ids are permanent: one",
    "is never renamed and never used for anything else. A finding is pass, fail, warn, unknown or",
    "skipped; fail and unknown stand in the way. `--accept ID` goes on in spite of the ones with a third",
    "column, which says what the digest then follows.",
    "",
    "| id | what is checked | when accepted |",
    "|---|---|---|",
    ...Object.entries(ids).map(row),
    "",
  ].join("\n");
}
