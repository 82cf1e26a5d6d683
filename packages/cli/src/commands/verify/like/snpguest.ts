// SPDX-License-Identifier: Apache-2.0
// snpguest's `verify` and what goes before it (version 0.10), and what to write here.

import type { Peer } from "./row.ts";

export const SNPGUEST: Peer = {
  name: "snpguest",
  title: "snpguest 0.10",
  example: {
    theirs: "snpguest verify certs certs/ && snpguest verify attestation certs/ report.bin",
    ours: "greenlight verify report.bin --certs certs/",
  },
  groups: [
    {
      title: "verify certs, verify attestation",
      rows: [
        {
          theirs: "verify certs DIR",
          meaning: "ARK, ASK or ASVK, VCEK or VLEK sign one another",
          ours: "part of verify; --certs DIR takes the same folder",
          options: ["certs"],
          findings: ["snp.chain.ark-not-pinned", "snp.chain.ask-signature", "snp.vek.signature"],
          note: "the ARK of the folder is trusted there; here only AMD's pinned ARKs are",
        },
        {
          theirs: "verify attestation DIR REPORT",
          meaning: "signature, TCB and chip of the report",
          ours: "verify REPORT --certs DIR",
          options: ["certs"],
          findings: ["snp.report.signature", "snp.vek.tcb-mismatch", "snp.vek.hwid-mismatch"],
        },
        {
          theirs: "-p, --processor-model MODEL",
          meaning: "the product, when the report does not say it",
          ours: "not needed; evidence.productLines limits it",
          fields: ["evidence.productLines"],
        },
        {
          theirs: "-t, --tcb and -s, --signature",
          meaning: "only this check",
          ours: "all are made, each under its id",
          findings: ["snp.vek.tcb-mismatch", "snp.report.signature"],
        },
        {
          theirs: "-m, --measurement 0xHEX",
          meaning: "MEASUREMENT",
          ours: "--measurement HEX, with or without 0x",
          options: ["measurement"],
          note: "without 0x, characters instead of digits are compared there",
        },
        {
          theirs: "-d, --host-data 0xHEX",
          meaning: "HOST_DATA",
          ours: "--host-data HEX",
          options: ["host-data"],
        },
        {
          theirs: "-r, --report-data 0xHEX",
          meaning: "REPORT_DATA",
          ours: "--report-data HEX",
          options: ["report-data"],
        },
        {
          theirs: "--id_key_digest, --author_key_digest",
          meaning: "keys of the ID block",
          ours: "guest.idBlock.idKeys, guest.idBlock.authorKeys",
          fields: ["guest.idBlock.idKeys", "guest.idBlock.authorKeys"],
        },
      ],
    },
    {
      title: "Other commands",
      rows: [
        {
          theirs: "fetch ca, fetch vcek, fetch crl",
          meaning: "certificates and list from the KDS",
          ours: "done by verify; `greenlight kds fetch` does it beforehand",
        },
        {
          theirs: "report, certificates",
          meaning: "evidence in the guest",
          ours: "`greenlight attest`",
        },
        {
          theirs: "display report, display key",
          meaning: "show",
          ours: "`greenlight inspect FILE`",
        },
        {
          theirs: "generate measurement, ovmf-hash",
          meaning: "expected launch digest",
          ours: "`greenlight measure`",
        },
        {
          theirs: "generate id-block, key-digest",
          meaning: "ID block",
          ours: "`greenlight idblock make`, `greenlight idblock key-digest`",
        },
      ],
    },
  ],
};
