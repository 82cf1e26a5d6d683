// SPDX-License-Identifier: Apache-2.0
// Which findings an owner may accept by id, and what becomes of them: told as warnings, never hidden.

import { FINDINGS } from "../../finding/index.ts";
import type { Finding, FindingId } from "../../finding/index.ts";
import { FIRMWARE_AUDIT_FINDINGS } from "../../finding/catalogue-firmware-audit.ts";
import { HOST_FINDINGS } from "../../finding/catalogue-host.ts";

/**
 * What can be lived with: doors that a firmware or a host's configuration leaves open, and rights that a
 * guest policy grants. That a launch is the one that was planned, on a genuine platform, is not for
 * acceptance: without it nothing else that is checked means anything.
 */
const ACCEPTABLE_LAUNCH_FINDINGS: ReadonlySet<FindingId> = new Set(
  [
    // The owner's statement about a firmware is another way to judge one, and no door of it.
    ...Object.keys(FIRMWARE_AUDIT_FINDINGS).filter((id) => !id.startsWith("firmware.statement.")),
    ...Object.keys(HOST_FINDINGS),
    "launch.policy.debug-allowed",
    "launch.policy.key-sharing",
    "launch.policy.send-allowed",
    "launch.policy.minimum-api",
    "launch.api.not-covered",
  ].filter(isFindingId),
);

/** Whether a finding of that id may be accepted. */
export function isAcceptable(id: string): boolean {
  return isFindingId(id) && ACCEPTABLE_LAUNCH_FINDINGS.has(id);
}

/**
 * The findings, with those that stand in the way and are accepted turned into warnings. An id that is
 * not acceptable changes nothing.
 */
export function withAcceptance(
  findings: readonly Finding[],
  accept: ReadonlySet<string>,
): readonly Finding[] {
  return findings.map((finding) => {
    const { id, outcome, title } = finding;
    const stands = outcome === "fail" || outcome === "unknown";
    if (!stands || !accept.has(id) || !isAcceptable(id)) return finding;
    return { ...finding, outcome: "warn", title: `${title} (accepted by the plan)` };
  });
}

function isFindingId(id: string): id is FindingId {
  return Object.hasOwn(FINDINGS, id);
}
