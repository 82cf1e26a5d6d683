// SPDX-License-Identifier: Apache-2.0
// A report as serde writes the struct of the virtee/sev crate, for tests that read it back.

import { decodeReport } from "../../src/evidence/index.ts";

/** The JSON form of a report. `line` decides how its TCB versions are split. */
export function serdeReport(bytes: Uint8Array, layout: "milan" | "turin"): Record<string, unknown> {
  const report = decodeReport(bytes);
  const list = (part: Uint8Array): number[] => Array.from(part);
  const tcb = (part: Uint8Array): object =>
    layout === "milan"
      ? { fmc: null, bootloader: part[0], tee: part[1], snp: part[6], microcode: part[7] }
      : { fmc: part[0], bootloader: part[1], tee: part[2], snp: part[3], microcode: part[7] };
  const version = (which: "current" | "committed"): object => ({
    major: report[`${which}Major`],
    minor: report[`${which}Minor`],
    build: report[`${which}Build`],
  });
  return {
    version: report.version,
    guest_svn: report.guestSvn,
    policy: Number(report.policy),
    family_id: list(report.familyId),
    image_id: list(report.imageId),
    vmpl: report.vmpl,
    sig_algo: report.signatureAlgo,
    current_tcb: tcb(report.currentTcb),
    plat_info: Number(report.platformInfo),
    key_info: report.signerInfo,
    report_data: list(report.reportData),
    measurement: list(report.measurement),
    host_data: list(report.hostData),
    id_key_digest: list(report.idKeyDigest),
    author_key_digest: list(report.authorKeyDigest),
    report_id: list(report.reportId),
    report_id_ma: list(report.reportIdMa),
    reported_tcb: tcb(report.reportedTcb),
    cpuid_fam_id: report.cpuFamily ?? null,
    cpuid_mod_id: report.cpuModel ?? null,
    cpuid_step: report.cpuStepping ?? null,
    chip_id: list(report.chipId),
    committed_tcb: tcb(report.committedTcb),
    current: version("current"),
    committed: version("committed"),
    launch_tcb: tcb(report.launchTcb),
    launch_mit_vector: report.launchMitVector === undefined ? null : Number(report.launchMitVector),
    current_mit_vector:
      report.currentMitVector === undefined ? null : Number(report.currentMitVector),
    signature: { r: list(bytes.subarray(0x2a0, 0x2e8)), s: list(bytes.subarray(0x2e8, 0x330)) },
  };
}
