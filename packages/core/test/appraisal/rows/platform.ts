// SPDX-License-Identifier: Apache-2.0
// Demands of the section `platform`.

import { tcb } from "../support.ts";
import { answer, infoBit } from "./row.ts";
import type { Row } from "./row.ts";

/** The rows. */
export const PLATFORM_ROWS: readonly Row[] = [
  {
    field: "platform.firmware.minimumVersion",
    id: "snp.firmware.version-below-minimum",
    policy: { platform: { firmware: { minimumVersion: "1.55" } } },
    cases: [
      ["pass", { report: { currentMajor: 1, currentMinor: 55 } }],
      ["pass", { report: { currentMajor: 2, currentMinor: 0 } }],
      ["fail", { report: { currentMajor: 1, currentMinor: 54 } }],
      ["fail", { report: { currentMajor: 0, currentMinor: 99 } }],
    ],
  },
  {
    field: "platform.firmware.minimumBuild",
    id: "snp.firmware.build-below-minimum",
    policy: { platform: { firmware: { minimumVersion: "1.55", minimumBuild: 21 } } },
    cases: [
      ["pass", { report: { currentMajor: 1, currentMinor: 55, currentBuild: 21 } }],
      ["fail", { report: { currentMajor: 1, currentMinor: 55, currentBuild: 20 } }],
      ["pass", { report: { currentMajor: 1, currentMinor: 56, currentBuild: 3 } }],
      ["fail", { report: { currentMajor: 1, currentMinor: 54, currentBuild: 3 } }],
    ],
  },
  {
    field: "platform.firmware.compareBuild",
    id: "snp.firmware.build-below-minimum",
    policy: {
      platform: {
        firmware: { minimumVersion: "1.55", minimumBuild: 21, compareBuild: "always" },
      },
    },
    cases: [["fail", { report: { currentMajor: 1, currentMinor: 56, currentBuild: 3 } }]],
  },
  {
    field: "platform.firmware.minimumBuild",
    id: "snp.firmware.build-below-minimum",
    policy: { platform: { firmware: { minimumBuild: 21 } } },
    cases: [["fail", { report: { currentMajor: 9, currentMinor: 56, currentBuild: 3 } }]],
  },
  ...answer("platform.firmware.provisional", "snp.tcb.not-committed", {
    report: { committedTcb: tcb({ microcode: 83 }) },
  }),
  ...answer("platform.firmware.provisional", "snp.firmware.not-committed", {
    report: { currentBuild: 40, committedBuild: 39 },
  }),
  {
    field: "platform.tcb",
    id: "snp.tcb.reported-below-minimum",
    policy: { platform: { tcb: { Genoa: { snp: 25, microcode: 84 }, Turin: { fmc: 1 } } } },
    cases: [
      ["pass", {}],
      ["fail", { report: { reportedTcb: tcb({ snp: 24 }) } }],
      ["pass", { line: "Turin" }],
      ["fail", { line: "Turin", report: { reportedTcb: tcb({ fmc: 0 }, "Turin") } }],
      ["fail", { line: "Milan" }],
      ["unknown", { report: { cpuFamily: 0x17 } }],
    ],
  },
  {
    field: "platform.launchTcb",
    id: "snp.tcb.launch-below-minimum",
    policy: { platform: { launchTcb: { Genoa: { bootloader: 10 } } } },
    cases: [
      ["pass", {}],
      ["fail", { report: { launchTcb: tcb({ bootloader: 9 }) } }],
      ["fail", { line: "Milan" }],
    ],
  },
  {
    field: "platform.mitigations.launch",
    id: "snp.mitigations.launch-missing",
    policy: { platform: { mitigations: { launch: "0x8000000000000003" } } },
    cases: [
      ["pass", { report: { version: 5, launchMitVector: 0x8000_0000_0000_000fn } }],
      ["fail", { report: { version: 5, launchMitVector: 0x3n } }],
      ["fail", {}],
    ],
  },
  {
    field: "platform.mitigations.current",
    id: "snp.mitigations.current-missing",
    policy: { platform: { mitigations: { current: 3 } } },
    cases: [
      ["pass", { report: { version: 5, currentMitVector: 0xbn } }],
      ["fail", { report: { version: 5, currentMitVector: 0x1n } }],
      ["fail", {}],
    ],
  },
  ...infoBit("smt", "snp.platform.smt", 0),
  ...infoBit("tsme", "snp.platform.tsme", 1),
  ...infoBit("ecc", "snp.platform.ecc", 2),
  ...infoBit("raplDis", "snp.platform.rapl-dis", 3),
  ...infoBit("ciphertextHidingDram", "snp.platform.ciphertext-hiding-dram", 4),
  ...infoBit("aliasCheckComplete", "snp.platform.alias-check-complete", 5),
  ...infoBit("iommuWriteSafe", "snp.platform.iommu-write-safe", 6),
  ...infoBit("tio", "snp.platform.tio", 7),
  ...answer("platform.info.unknown", "snp.platform.unknown-bits", {
    report: { platformInfo: 0x8000_0000_0000_0025n },
  }),
];
