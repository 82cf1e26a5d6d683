// SPDX-License-Identifier: Apache-2.0
// Trustee's SNP verifier, and what to write here.

import type { Peer } from "./row.ts";

export const TRUSTEE: Peer = {
  name: "trustee",
  title: "Trustee's attestation service, SNP verifier (August 2026)",
  example: {
    theirs: "vcek_sources: [{ type: OfflineStore, path: store }]",
    ours: "greenlight verify evidence.json --offline --certs store",
  },
  groups: [
    {
      title: "Configuration",
      rows: [
        {
          theirs: "vcek_sources: OfflineStore",
          meaning: "VCEKs from a folder",
          ours: "--certs FOLDER reads its layout; `greenlight kds import FOLDER`",
          options: ["certs"],
        },
        {
          theirs: "vcek_sources: KDS, base_url",
          meaning: "a mirror of the KDS",
          ours: "--kds URL",
          options: ["kds"],
        },
        {
          theirs: "in-memory cache of VCEKs",
          meaning: "no second request",
          ours: "a cache on disk, shared by processes (--kds-cache)",
          options: ["kds-cache"],
        },
      ],
    },
    {
      title: "Evidence and checks",
      rows: [
        {
          theirs: "evidence JSON {attestation_report, cert_chain}",
          meaning: "its form of evidence",
          ours: "read as it is; the report is put together again from its fields, which is said",
        },
        {
          theirs: "az-snp-vtpm evidence",
          meaning: "Azure's HCL report with a vTPM quote",
          ours: "the report and what binds it to the runtime data; the quote is not appraised yet",
          findings: ["snp.report.signature"],
        },
        {
          theirs: "report version 3 to 5",
          meaning: "older ones are refused",
          ours: "evidence.reportVersions=[3,4,5]; 2 to 5 unless said",
          fields: ["evidence.reportVersions"],
        },
        { theirs: "VMPL 0", meaning: "demanded", ours: "the default (--vmpl)", options: ["vmpl"] },
        {
          theirs: "REPORT_DATA, padded with zeros",
          meaning: "binding to the session's key",
          ours: "--report-data HEX, padded in the same way",
          options: ["report-data"],
        },
        {
          theirs: "HOST_DATA, padded with zeros",
          meaning: "binding to init data",
          ours: "--host-data HEX",
          options: ["host-data"],
        },
        {
          theirs: "ASK and ARK built in, VCEK signature, TCB, chip id",
          meaning: "genuine",
          ours: "always; the chip id is compared too, which a wrong name prevents there",
          findings: ["snp.vek.signature", "snp.vek.tcb-mismatch", "snp.vek.hwid-mismatch"],
        },
        {
          theirs: "claims policy_abi_major ... policy_single_socket for a policy in Rego",
          meaning: "the guest policy",
          ours: "guest.policy",
          fields: ["guest.policy.debug", "guest.policy.minimumAbi", "guest.policy.singleSocket"],
        },
        {
          theirs: "claims reported_tcb_bootloader ... reported_tcb_microcode",
          meaning: "the TCB",
          ours: "platform.tcb, FMC among its parts",
          fields: ["platform.tcb"],
        },
        {
          theirs: "claims platform_tsme_enabled, platform_smt_enabled",
          meaning: "the platform",
          ours: "platform.info",
          fields: ["platform.info.tsme", "platform.info.smt"],
        },
        {
          theirs: "claims measurement, report_data, init_data, chip_id",
          meaning: "for comparison in Rego",
          ours: "guest.measurements, guest.reportData, guest.hostData, evidence.chips",
          fields: [
            "guest.measurements",
            "guest.reportData",
            "guest.hostData",
            "evidence.chips.allow",
          ],
        },
        {
          theirs: "attestation token (EAR)",
          meaning: "signed result",
          ours: "--ear FILE --ear-key KEY",
          options: ["ear", "ear-key"],
        },
      ],
    },
  ],
};
