// SPDX-License-Identifier: Apache-2.0
// The launch digest out of an SEV-SNP attestation report, and the CPU the report names. Nothing is
// verified here: whether a report is genuine is another question.

import { at, bytes, struct, u32, u64, u8, version } from "../bytes/index.ts";

/** Size of an attestation report, the same in every version. */
export const REPORT_SIZE = 0x4a0;

/** The parts of an attestation report around MEASUREMENT, in every known version. */
export const REPORT_MEASUREMENT = struct(
  "ATTESTATION_REPORT",
  { size: REPORT_SIZE, source: "AMD 56860 (SEV-SNP Firmware ABI), table ATTESTATION_REPORT" },
  {
    version: at(0x000, version(u32, [2, 3, 4, 5])),
    guestSvn: at(0x004, u32),
    policy: at(0x008, u64, "guest policy; not part of the launch digest"),
    beforeMeasurement: at(0x010, bytes(128), "family, image, VMPL, TCB, platform, report data"),
    measurement: at(0x090, bytes(48), "launch digest"),
    beforeCpuid: at(0x0c0, bytes(200), "host data, key digests, report ids, reported TCB"),
    cpuFamily: at(0x188, u8, "combined family of the host's CPU; zero before version 3"),
    cpuModel: at(0x189, u8, "combined model"),
    cpuStepping: at(0x18a, u8, "stepping"),
    afterCpuid: at(0x18b, bytes(789), "chip, TCB versions, signature"),
  },
);

/** What a report says about the launch. */
export interface ReportMeasurement {
  readonly version: number;
  /** 48 bytes. */
  readonly measurement: Uint8Array;
  /** The CPU the report was made on; absent when the report does not say (version 2). */
  readonly cpu?: { readonly family: number; readonly model: number; readonly stepping: number };
}

/**
 * Reads the launch digest of a report of exactly 1184 bytes.
 * @throws {LayoutError} `truncated` or `trailing-bytes` for another length, `unsupported-version`.
 */
export function readReportMeasurement(report: Uint8Array): ReportMeasurement {
  const found = REPORT_MEASUREMENT.decode(report);
  const { version: reportVersion, measurement, cpuFamily, cpuModel, cpuStepping } = found;
  const named = reportVersion >= 3 && cpuFamily !== 0;
  return {
    version: reportVersion,
    measurement: Uint8Array.from(measurement),
    ...(named ? { cpu: { family: cpuFamily, model: cpuModel, stepping: cpuStepping } } : {}),
  };
}
