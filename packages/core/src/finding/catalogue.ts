// SPDX-License-Identifier: Apache-2.0
// Every finding there is: its permanent id and what is checked. Ids are named after what is wrong
// when the check fails. One is never renamed and, once retired, never used for anything else.

import { APPRAISAL_FINDINGS } from "./catalogue-appraisal.ts";
import { ENDORSEMENT_FINDINGS } from "./catalogue-endorsement.ts";
import { FIRMWARE_AUDIT_FINDINGS } from "./catalogue-firmware-audit.ts";
import { HOST_FINDINGS } from "./catalogue-host.ts";
import { IMAGE_FINDINGS } from "./catalogue-image.ts";
import { LAUNCH_FINDINGS } from "./catalogue-launch.ts";
import { SEV_ENDORSEMENT_FINDINGS } from "./catalogue-sev-endorsement.ts";

/** What the findings about firmware, launch digests and SEV-SNP evidence check, by id. */
export const EVIDENCE_FINDINGS = {
  ...ENDORSEMENT_FINDINGS,
  ...APPRAISAL_FINDINGS,
  "firmware.bytes.missing": "the firmware itself is there where SEV and SEV-ES hash it",
  "firmware.footer.missing": "the image ends with an OVMF footer table",
  "firmware.footer.duplicate-guid": "no GUID stands in the footer table twice",
  "firmware.size.unaligned": "the image is a whole number of 4 KiB pages",
  "firmware.sev-metadata.missing":
    "the image has SEV metadata, without which QEMU starts no SEV-SNP guest",
  "firmware.section.valid": "no SEV metadata section has any of the defects below",
  "firmware.section.empty": "every section has a size",
  "firmware.section.unaligned": "every section is made of whole 4 KiB pages",
  "firmware.section.out-of-range": "every section ends below 4 GiB",
  "firmware.section.unknown-type": "every section has a type that edk2 defines",
  "firmware.section.oversized": "secrets and CPUID sections are one page",
  "firmware.section.overlap": "sections overlap neither one another nor the firmware",
  "firmware.section.missing": "there is a secrets section and a CPUID section",
  "firmware.section.duplicate": "there is only one secrets section and one CPUID section",
  "firmware.reset-block.missing": "the image says where application processors start",
  "firmware.reset-block.zero": "application processors start at an address other than zero",
  "firmware.hash-table.unsupported": "the image sets an area aside for the kernel-hashes table",
  "firmware.kernel-hashes.section-missing":
    "the SEV metadata has a section for the kernel-hashes page",
  "firmware.kernel-hashes.section-mismatch": "the kernel-hashes table lies in its section",
  "kernel-hashes.layout.broken": "the bytes are a kernel-hashes table as QEMU builds it",
  "vmsa.efer.svme-clear": "EFER.SVME is set, as VMRUN demands",
  "vmsa.rflags.bit1-clear": "RFLAGS bit 1 is one, as it always is",
  "vmsa.cr0.invalid": "CR0 is a combination that VMRUN takes",
  "vmsa.dr6.upper-bits": "DR6 has no bit set above 31",
  "vmsa.dr7.upper-bits": "DR7 has no bit set above 31",
  "vmsa.reserved.not-zero": "reserved bytes of the save area are zero",
  "vmsa.sev-features.unknown-bits": "SEV_FEATURES has only bits that have a name",
  "snp.id-block.version": "the ID block has version 1",
  "snp.id-block.policy-bits": "the guest policy has only bits that have a name, and bit 17 set",
  "snp.id-block.launch-digest": "the launch digest is the expected one",
  "snp.id-block.family-id": "the family id is the expected one",
  "snp.id-block.image-id": "the image id is the expected one",
  "snp.id-block.guest-svn": "the guest SVN is the expected one",
  "snp.id-block.guest-svn-below-minimum": "the guest SVN is at least the demanded one",
  "snp.id-block.policy": "the guest policy is the expected one",
  "snp.id-block.signature": "the ID block is signed by the ID key",
  "snp.id-auth.reserved": "reserved bytes of the ID authentication information are zero",
  "snp.id-auth.id-key-algorithm": "the ID key's algorithm is ECDSA P-384 with SHA-384",
  "snp.id-auth.id-key-curve": "the ID key's curve is P-384",
  "snp.id-auth.id-key": "the ID key is a point of its curve",
  "snp.id-auth.id-key-digest": "the ID key is the expected one",
  "snp.id-auth.author-key-algorithm": "the author key's algorithm is ECDSA P-384 with SHA-384",
  "snp.id-auth.author-key-curve": "the author key's curve is P-384",
  "snp.id-auth.author-key": "the author key is a point of its curve",
  "snp.id-auth.author-key-digest": "the author key is the expected one",
  "snp.id-auth.author-signature": "the ID key is signed by the author key",
} as const satisfies Readonly<Record<string, string>>;

/** What each finding checks, by id. */
export const FINDINGS = {
  ...EVIDENCE_FINDINGS,
  ...FIRMWARE_AUDIT_FINDINGS,
  ...SEV_ENDORSEMENT_FINDINGS,
  ...LAUNCH_FINDINGS,
  ...HOST_FINDINGS,
  ...IMAGE_FINDINGS,
} as const satisfies Readonly<Record<string, string>>;

/** The id of a finding. */
export type FindingId = keyof typeof FINDINGS;
