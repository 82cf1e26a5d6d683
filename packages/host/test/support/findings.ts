// SPDX-License-Identifier: Apache-2.0
// Findings in short, for tests.

import type { Finding } from "@greenlight/core/finding";

/** Those that are neither passed nor skipped, as `fail debug.open`: outcome, id without `machine.`. */
export function open(findings: readonly Finding[]): readonly string[] {
  return findings
    .filter(({ outcome }) => outcome !== "pass" && outcome !== "skipped")
    .map(({ id, outcome }) => `${outcome} ${id.replace("machine.", "")}`);
}
