// SPDX-License-Identifier: Apache-2.0
// Demands of the section `guest`.

import { sha256 } from "../../../src/crypto/node.ts";
import { bytesOf, digitsOf } from "../support.ts";
import { answer, pinned, policyBit } from "./row.ts";
import type { Row } from "./row.ts";

const runtimeData = { bytes: Buffer.from("{}"), hashType: 1 };
const hclReportData = Buffer.concat([sha256(Buffer.from("{}")), Buffer.alloc(32)]);

/** The rows. */
export const GUEST_ROWS: readonly Row[] = [
  pinned("guest.measurements", "snp.measurement.not-allowed", 48, "measurement"),
  {
    field: "guest.policy.minimumAbi",
    id: "snp.guest-policy.abi-below-minimum",
    policy: { guest: { policy: { minimumAbi: "1.51" } } },
    cases: [
      ["pass", { report: { policy: 0x30133n } }],
      ["pass", { report: { policy: 0x30200n } }],
      ["fail", { report: { policy: 0x30132n } }],
      ["fail", { report: { policy: 0x300ffn } }],
    ],
  },
  ...policyBit("smt", "snp.guest-policy.smt", 16),
  ...policyBit("migrateMa", "snp.guest-policy.migrate-ma", 18),
  ...policyBit("debug", "snp.guest-policy.debug", 19),
  ...policyBit("singleSocket", "snp.guest-policy.single-socket", 20),
  ...policyBit("cxlAllow", "snp.guest-policy.cxl-allow", 21),
  ...policyBit("memAes256Xts", "snp.guest-policy.mem-aes-256-xts", 22),
  ...policyBit("raplDis", "snp.guest-policy.rapl-dis", 23),
  ...policyBit("ciphertextHidingDram", "snp.guest-policy.ciphertext-hiding-dram", 24),
  ...policyBit("pageSwapDisable", "snp.guest-policy.page-swap-disable", 25),
  ...answer("guest.policy.unknown", "snp.guest-policy.unknown-bits", {
    report: { policy: 0x4003_0000n },
  }),
  {
    field: "guest.vmpl",
    id: "snp.vmpl.refused",
    policy: { guest: { vmpl: [0, 2] } },
    cases: [
      ["pass", { report: { vmpl: 2 } }],
      ["fail", { report: { vmpl: 1 } }],
      ["fail", { report: { vmpl: 4 } }],
      ["skipped", { report: { vmpl: 0xffff_ffff } }],
    ],
  },
  {
    field: "guest.vmpl",
    id: "snp.vmpl.refused",
    policy: { guest: { vmpl: "any" } },
    cases: [
      ["pass", { report: { vmpl: 3 } }],
      ["fail", { report: { vmpl: 0xffff_fffe } }],
    ],
  },
  {
    field: "guest.svn.minimum",
    id: "snp.guest-svn.below-minimum",
    policy: { guest: { svn: { minimum: 0x10009 } } },
    cases: [
      ["pass", { report: { guestSvn: 0x10009 } }],
      ["fail", { report: { guestSvn: 0x10008 } }],
    ],
  },
  pinned("guest.familyId", "snp.family-id.mismatch", 16, "familyId"),
  pinned("guest.imageId", "snp.image-id.mismatch", 16, "imageId"),
  pinned("guest.hostData", "snp.host-data.mismatch", 32, "hostData"),
  pinned("guest.reportId", "snp.report-id.mismatch", 32, "reportId"),
  pinned("guest.reportIdMa", "snp.report-id.ma-mismatch", 32, "reportIdMa"),
  {
    field: "guest.reportIdMa",
    id: "snp.report-id.ma-mismatch",
    policy: { guest: { reportIdMa: "none" } },
    cases: [
      ["pass", { report: { reportIdMa: bytesOf(0xff, 32) } }],
      ["fail", { report: { reportIdMa: bytesOf(0, 32) } }],
    ],
  },
  {
    field: "guest.idBlock.required",
    id: "snp.id-block.missing",
    policy: { guest: { idBlock: { required: true } } },
    cases: [
      ["pass", { report: { idKeyDigest: bytesOf(1, 48) } }],
      ["fail", { report: { idKeyDigest: bytesOf(0, 48) } }],
    ],
  },
  pinned("guest.idBlock.idKeys", "snp.id-key.not-trusted", 48, "idKeyDigest"),
  {
    field: "guest.idBlock.authorKeys",
    id: "snp.id-key.not-trusted",
    policy: { guest: { idBlock: { idKeys: [digitsOf(1, 48)], authorKeys: [digitsOf(5, 48)] } } },
    cases: [
      ["pass", { report: author(2, 5) }],
      ["pass", { report: author(1, 6) }],
      ["fail", { report: author(2, 6) }],
      ["fail", { report: { ...author(2, 5), signerInfo: 0 } }],
    ],
  },
  {
    field: "guest.idBlock.authorKeyRequired",
    id: "snp.author-key.missing",
    policy: { guest: { idBlock: { authorKeyRequired: true } } },
    cases: [
      ["pass", { report: author(1, 5) }],
      ["fail", { report: { idKeyDigest: bytesOf(1, 48) } }],
    ],
  },
  {
    field: "guest.idBlock.authorKeys",
    id: "snp.author-key.not-trusted",
    policy: {
      guest: { idBlock: { authorKeyRequired: true, authorKeys: [digitsOf(5, 48)] } },
    },
    cases: [
      ["pass", { report: author(1, 5) }],
      ["fail", { report: author(1, 6) }],
      ["fail", { report: { ...author(1, 5), signerInfo: 0 } }],
    ],
  },
  pinned("guest.reportData", "snp.report-data.not-allowed", 64, "reportData"),
  {
    field: "guest.binding.mode",
    id: "snp.report-data.unbound",
    policy: { guest: { binding: { mode: "required" } } },
    cases: [
      ["pass", { binding: { kind: "raw", reportData: bytesOf(1, 64) } }],
      ["unknown", {}],
      ["unknown", { evidence: { runtimeData } }],
    ],
  },
  {
    field: "guest.binding.kinds",
    id: "snp.report-data.binding-refused",
    policy: { guest: { binding: { kinds: ["nonce-and-key", "tls-key"] } } },
    cases: [
      ["pass", { binding: { kind: "nonce-and-key", nonce: bytesOf(1, 32), key: bytesOf(2, 97) } }],
      ["fail", { binding: { kind: "raw", reportData: bytesOf(1, 64) } }],
      ["skipped", {}],
    ],
  },
  {
    field: "guest.binding.kinds",
    id: "snp.report-data.unbound",
    policy: { guest: { binding: { mode: "required", kinds: ["azure-hcl"] } } },
    cases: [
      ["pass", { evidence: { runtimeData }, report: { reportData: hclReportData } }],
      ["unknown", {}],
    ],
  },
];

function author(idKey: number, authorKey: number) {
  return {
    signerInfo: 1,
    idKeyDigest: bytesOf(idKey, 48),
    authorKeyDigest: bytesOf(authorKey, 48),
  };
}
