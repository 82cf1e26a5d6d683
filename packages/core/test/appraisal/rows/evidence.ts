// SPDX-License-Identifier: Apache-2.0
// Demands of the section `evidence`.

import { sha256 } from "../../../src/crypto/node.ts";
import { bytesOf, digitsOf, endorsement } from "../support.ts";
import { VLEK, answer, pinned } from "./row.ts";
import type { Row } from "./row.ts";

const ENTRY = "00112233-4455-6677-8899-aabbccddeeff";
const extra = (byte: number) => ({ extras: [{ guid: ENTRY, bytes: bytesOf(byte, 5) }] });
const entryDigest = Buffer.from(sha256(bytesOf(7, 5))).toString("hex");
/** The rows. */
export const EVIDENCE_ROWS: readonly Row[] = [
  {
    field: "evidence.reportVersions",
    id: "snp.report.version-refused",
    policy: { evidence: { reportVersions: [3, 5] } },
    cases: [
      ["pass", {}],
      ["fail", { report: { version: 4 } }],
    ],
  },
  {
    field: "evidence.productLines",
    id: "snp.product.line-refused",
    policy: { evidence: { productLines: ["Genoa"] } },
    cases: [
      ["pass", {}],
      ["pass", { report: { cpuModel: 0xa0 } }],
      ["fail", { line: "Turin" }],
      ["unknown", { report: { cpuFamily: 0, cpuModel: 0, cpuStepping: 0 } }],
      ["pass", { report: { version: 2, cpuFamily: 0 }, endorsement: endorsement("Genoa") }],
    ],
  },
  {
    field: "evidence.cpus",
    id: "snp.product.cpu-refused",
    policy: { evidence: { cpus: [{ family: 0x19, model: 0x11, stepping: 1 }, { family: 26 }] } },
    cases: [
      ["pass", {}],
      ["pass", { line: "Turin" }],
      ["fail", { report: { cpuStepping: 2 } }],
      ["fail", { line: "Milan" }],
      ["fail", { report: { version: 2, cpuFamily: 0, cpuModel: 0, cpuStepping: 0 } }],
    ],
  },
  {
    field: "evidence.signingKeys",
    id: "snp.report.signing-key-refused",
    policy: { evidence: { signingKeys: ["VCEK"] } },
    cases: [
      ["pass", {}],
      ["fail", { report: { signerInfo: VLEK } }],
      ["fail", { report: { signerInfo: 7 << 2 } }],
      ["fail", { report: { signerInfo: 3 << 2 } }],
    ],
  },
  ...answer("evidence.hostRequested", "snp.vmpl.host-requested", {
    report: { vmpl: 0xffff_ffff },
  }),
  {
    ...pinned("evidence.chips.allow", "snp.chip-id.not-allowed", 64, "chipId"),
  },
  {
    field: "evidence.chips.allow",
    id: "snp.chip-id.not-allowed",
    policy: { evidence: { chips: { allow: [digitsOf(0xc1, 8)] } } },
    cases: [
      ["pass", { line: "Turin" }],
      ["fail", { line: "Genoa" }],
    ],
  },
  {
    field: "evidence.chips.deny",
    id: "snp.chip-id.denied",
    policy: { evidence: { chips: { deny: [{ value: digitsOf(9, 64), label: "leaked" }] } } },
    cases: [
      ["pass", {}],
      ["fail", { report: { chipId: bytesOf(9, 64) } }],
      ["unknown", { report: { chipId: bytesOf(0, 64) } }],
    ],
  },
  ...answer("evidence.chips.masked", "snp.chip-id.masked", { report: { chipId: bytesOf(0, 64) } }),
  {
    field: "evidence.csp.allow",
    id: "snp.csp.not-allowed",
    policy: { evidence: { csp: { allow: ["CN=here"] } } },
    cases: [
      ["pass", { report: { signerInfo: VLEK }, endorsement: endorsement("Genoa", "CN=here") }],
      ["fail", { report: { signerInfo: VLEK }, endorsement: endorsement("Genoa", "CN=there") }],
      ["unknown", { report: { signerInfo: VLEK } }],
      ["skipped", {}],
    ],
  },
  {
    field: "evidence.certificateTable",
    id: "snp.certificate-table.entry-missing",
    policy: { evidence: { certificateTable: [{ guid: ENTRY }] } },
    cases: [
      ["pass", { evidence: extra(7) }],
      ["fail", {}],
    ],
  },
  {
    field: "evidence.certificateTable",
    id: "snp.certificate-table.entry-missing",
    policy: { evidence: { certificateTable: [{ guid: ENTRY, required: false }] } },
    cases: [["pass", {}]],
  },
  {
    field: "evidence.certificateTable",
    id: "snp.certificate-table.entry-content",
    policy: { evidence: { certificateTable: [{ guid: ENTRY, sha256: entryDigest }] } },
    cases: [
      ["pass", { evidence: extra(7) }],
      ["fail", { evidence: extra(8) }],
      ["fail", { evidence: { extras: [...extra(7).extras, ...extra(8).extras] } }],
    ],
  },
  ...(["refuse", "warn", "allow"] as const).map((word): Row => ({
    field: "evidence.unknownExtensions",
    id: "snp.vek.extensions-refused",
    policy: { evidence: { unknownExtensions: word } },
    cases: [
      ["pass", { endorsement: endorsement("Genoa") }],
      ["skipped", {}],
      [
        word === "refuse" ? "fail" : word === "warn" ? "warn" : "pass",
        { endorsement: endorsement("Genoa", undefined, ["1.3.6.1.4.1.3704.1.99"]) },
      ],
    ],
  })),
];
