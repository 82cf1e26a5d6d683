// SPDX-License-Identifier: Apache-2.0
// What a guest that never came to be says about the launch, in the hypervisor's own words. A table: one
// row for each text.

import type { Finding } from "@greenlight/core/finding";

interface FailureRow {
  readonly text: RegExp;
  readonly title: string;
  readonly hint: string;
  readonly source: string;
}

const LEGACY = "AMD SEV API 55766, LAUNCH_START";
const SNP = "AMD 56860, SNP_LAUNCH_FINISH";

const ROWS: readonly FailureRow[] = [
  {
    text: /LAUNCH_START\b.*(fw_error=11\b|Bad measurement)/i,
    title: "The secure processor refused the session (BAD_MEASUREMENT)",
    hint:
      "the guest was started with another policy than the session's, on another platform or after " +
      "its PDH was renewed, or with changed session files",
    source: LEGACY,
  },
  {
    text: /LAUNCH_START\b.*(fw_error=7\b|Policy is not allowed)/i,
    title: "The secure processor refused the guest policy (POLICY_FAILURE)",
    hint: "the policy demands a newer firmware API than there is, or SEV-ES where it is off",
    source: LEGACY,
  },
  {
    text: /LAUNCH_START\b.*(fw_error=6\b|Certificate is invalid)/i,
    title: "The secure processor refused the owner's certificate (INVALID_CERTIFICATE)",
    hint: "the host gave it another certificate than the session's",
    source: LEGACY,
  },
  {
    text: /SNP_LAUNCH_FINISH\b.*(fw_error=11\b|Bad measurement)/i,
    title: "The secure processor refused the launch: its digest is not that of the ID block",
    hint: "the host loaded other firmware, kernel, initrd, command line or vCPUs than were planned",
    source: SNP,
  },
  {
    text: /SNP_LAUNCH_FINISH\b.*(fw_error=10\b|Bad signature)/i,
    title: "The secure processor refused the signature of the ID block",
    hint: "make ID block and ID authentication information anew: greenlight idblock make",
    source: SNP,
  },
  {
    text: /SNP_LAUNCH_FINISH\b.*(fw_error=7\b|Policy is not allowed)/i,
    title: "The secure processor refused the launch: its policy is not that of the ID block",
    hint: "the host started the guest with another policy than was planned",
    source: SNP,
  },
];

/** The finding that a hypervisor's last words stand for; undefined when they say nothing known. */
export function startFailure(stderr: string): Finding | undefined {
  const row = ROWS.find(({ text }) => text.test(stderr));
  if (row === undefined) return undefined;
  const { title, hint, source } = row;
  return { id: "launch.start.refused", outcome: "fail", title, hint, source };
}
