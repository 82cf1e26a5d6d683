// SPDX-License-Identifier: Apache-2.0
// Findings about whether SEV-SNP evidence is what a policy demands.

/** What each finding checks, by id. */
export const APPRAISAL_FINDINGS = {
  "snp.report.version-refused": "the report has a version that the policy takes",
  "snp.product.line-refused": "the processor is of a product line that the policy takes",
  "snp.product.cpu-refused": "the CPU is one that the policy names",
  "snp.report.signing-key-refused": "the report is signed by a kind of key that the policy takes",
  "snp.vmpl.host-requested": "the guest asked for the report, and not the host",
  "snp.vmpl.refused": "the report was asked for at a VMPL that the policy takes",

  "snp.chip-id.masked": "the chip id is not masked under a VCEK, or the policy takes that",
  "snp.chip-id.not-allowed": "the chip is one that the policy names",
  "snp.chip-id.denied": "the chip is none that the policy refuses",
  "snp.csp.not-allowed": "the VLEK is of a cloud provider that the policy names",
  "snp.vek.extensions-refused": "AMD's extensions are all known, or the policy takes others",

  "snp.firmware.version-below-minimum": "the running firmware has at least the demanded version",
  "snp.firmware.build-below-minimum": "the running firmware has at least the demanded build",
  "snp.firmware.committed-above-current":
    "the committed firmware is not newer than the running one",
  "snp.firmware.not-committed": "the running firmware is committed, or need not be",

  "snp.tcb.reserved-bytes": "TCB versions have no parts besides those of the product line",
  "snp.tcb.reported-below-minimum": "no part of REPORTED_TCB is below the floor of its line",
  "snp.tcb.launch-below-minimum": "no part of LAUNCH_TCB is below the floor of its line",
  "snp.tcb.reported-above-current": "no part of REPORTED_TCB is above CURRENT_TCB",
  "snp.tcb.committed-above-current": "no part of COMMITTED_TCB is above CURRENT_TCB",
  "snp.tcb.not-committed": "CURRENT_TCB is committed, or need not be",

  "snp.mitigations.launch-missing": "LAUNCH_MIT_VECTOR has the demanded mitigations",
  "snp.mitigations.current-missing": "CURRENT_MIT_VECTOR has the demanded mitigations",
  "snp.mitigations.lost": "no mitigation was lost since the guest was launched",

  "snp.certificate-table.entry-missing": "the certificate table has the demanded entries",
  "snp.certificate-table.entry-content": "entries of the certificate table are what is demanded",

  "snp.platform.smt": "SMT_EN is as demanded",
  "snp.platform.tsme": "TSME_EN is as demanded",
  "snp.platform.ecc": "ECC_EN is as demanded",
  "snp.platform.rapl-dis": "RAPL_DIS of the platform is as demanded",
  "snp.platform.ciphertext-hiding-dram": "CIPHERTEXT_HIDING_DRAM_EN is as demanded",
  "snp.platform.alias-check-complete": "ALIAS_CHECK_COMPLETE is as demanded",
  "snp.platform.iommu-write-safe": "IOMMU_WRITE_SAFE is as demanded",
  "snp.platform.tio": "TIO_EN is as demanded",
  "snp.platform.unknown-bits":
    "PLATFORM_INFO has only bits with a name, or the policy takes others",

  "snp.guest-policy.smt": "SMT of the guest policy is as demanded",
  "snp.guest-policy.migrate-ma": "MIGRATE_MA of the guest policy is as demanded",
  "snp.guest-policy.debug": "DEBUG of the guest policy is as demanded",
  "snp.guest-policy.single-socket": "SINGLE_SOCKET of the guest policy is as demanded",
  "snp.guest-policy.cxl-allow": "CXL_ALLOW of the guest policy is as demanded",
  "snp.guest-policy.mem-aes-256-xts": "MEM_AES_256_XTS of the guest policy is as demanded",
  "snp.guest-policy.rapl-dis": "RAPL_DIS of the guest policy is as demanded",
  "snp.guest-policy.ciphertext-hiding-dram":
    "CIPHERTEXT_HIDING_DRAM of the guest policy is as demanded",
  "snp.guest-policy.page-swap-disable": "PAGE_SWAP_DISABLE of the guest policy is as demanded",
  "snp.guest-policy.reserved-one": "bit 17 of the guest policy is one",
  "snp.guest-policy.unknown-bits":
    "the guest policy has only bits with a name, or the policy takes others",
  "snp.guest-policy.abi-below-minimum": "the guest was launched to demand the firmware ABI",

  "snp.measurement.not-demanded": "the policy demands a launch digest",
  "snp.measurement.not-allowed": "the launch digest is one that the policy allows",
  "snp.family-id.mismatch": "the family id is one that the policy allows",
  "snp.image-id.mismatch": "the image id is one that the policy allows",
  "snp.host-data.mismatch": "the host data is one that the policy allows",
  "snp.report-id.mismatch": "the report id is one that the policy allows",
  "snp.report-id.ma-mismatch": "the report id of the migration agent is one that the policy allows",
  "snp.guest-svn.below-minimum": "the guest SVN is at least the demanded one",
  "snp.id-block.missing": "the guest was launched with an ID block, or need not have been",
  "snp.id-key.not-trusted": "the ID key, or the author key that signed it, is trusted",
  "snp.author-key.missing": "an author key was used, or need not have been",
  "snp.author-key.not-trusted": "the author key is trusted, or need not be",

  "snp.report-data.not-allowed": "the report data is one that the policy allows",
  "snp.report-data.binding-refused": "the report data is bound in a way that the policy allows",
  "snp.report-data.binding-mismatch": "the report data is what it was said to be bound to",
  "snp.report-data.runtime-data-mismatch": "the report data is the hash of Azure's runtime data",
  "snp.report-data.unbound": "the report data is bound to something",
} as const satisfies Readonly<Record<string, string>>;
