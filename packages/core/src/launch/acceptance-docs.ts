// SPDX-License-Identifier: Apache-2.0
// What a digest follows when a finding is accepted, for people.

import type { ACCEPTABLE } from "./acceptance.ts";

/**
 * What can be accepted, and what the digest then follows. Every other blocker leaves nothing to
 * follow: no host starts such a guest, so there is no digest.
 */
export const ACCEPTABLE_FINDINGS: Readonly<Record<(typeof ACCEPTABLE)[number], string>> = {
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
