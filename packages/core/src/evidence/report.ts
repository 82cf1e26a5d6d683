// SPDX-License-Identifier: Apache-2.0
// ATTESTATION_REPORT: what the secure processor says about an SEV-SNP guest, versions 2 to 5. Decoding
// judges nothing but the layout; whether a report is genuine is for endorsement/ to say, whether it is
// what one wants for appraisal/.

import { at, bytes, gated, labelled, mbz, struct, u32, u64, u8, version } from "../bytes/index.ts";
import type { Codec, Infer } from "../bytes/index.ts";
import { formatGuestPolicy } from "../launch/guest-policy.ts";
import { formatPlatformInfo } from "./platform-info.ts";
import { productLineOfCpu } from "./product.ts";
import type { CpuIdentity, ProductLine } from "./product.ts";
import { formatSignerInfo } from "./signer-info.ts";

/** Size of a report, the same in every version. */
export const REPORT_SIZE = 0x4a0;

/** How many bytes from the start of a report its signature covers. */
export const REPORT_SIGNED_SIZE = 0x2a0;

/** Where the report is defined. */
export const REPORT_SOURCE = "AMD 56860 (SEV-SNP Firmware ABI) rev. 1.58, table ATTESTATION_REPORT";

/** VMPL of a report that the host asked for (SNP_HV_REPORT_REQ). */
export const HOST_REQUESTED_VMPL = 0xffff_ffff;

const VMPL_NAMES = {
  "VMPL 0": 0,
  "VMPL 1": 1,
  "VMPL 2": 2,
  "VMPL 3": 3,
  "host requested": HOST_REQUESTED_VMPL,
} as const;

/** SIGNATURE_ALGO values (AMD 56860, table Encoding for SIGNATURE_ALGO). */
export const SIGNATURE_ALGO = { invalid: 0, "ECDSA P-384 with SHA-384": 1 } as const;

const shown = <T>(codec: Codec<T>, format: (value: T) => string): Codec<T> => ({
  ...codec,
  format,
});

const tcb = bytes(8);
const version3 = { from: 3 };
const version5 = { from: 5 };

/**
 * The layout. Bits are left to their own modules: guest policy, platform information and signer
 * information are raw, and a TCB version is eight bytes, because its parts depend on the product line.
 */
export const ATTESTATION_REPORT = struct(
  "ATTESTATION_REPORT",
  { size: REPORT_SIZE, source: REPORT_SOURCE, versionField: "version" },
  {
    version: at(0x000, version(u32, [2, 3, 4, 5]), "layout of the report"),
    guestSvn: at(0x004, u32, "GUEST_SVN: security version of the guest, from the ID block"),
    policy: at(0x008, shown(u64, formatGuestPolicy), "POLICY: the guest policy at launch"),
    familyId: at(0x010, bytes(16), "FAMILY_ID from the ID block"),
    imageId: at(0x020, bytes(16), "IMAGE_ID from the ID block"),
    vmpl: at(0x030, labelled(u32, VMPL_NAMES), "who asked for the report"),
    signatureAlgo: at(0x034, labelled(u32, SIGNATURE_ALGO), "SIGNATURE_ALGO"),
    currentTcb: at(0x038, tcb, "CURRENT_TCB: of the firmware that is running"),
    platformInfo: at(0x040, shown(u64, formatPlatformInfo), "PLATFORM_INFO"),
    signerInfo: at(0x048, shown(u32, formatSignerInfo), "KEY_INFO: which key signed"),
    reserved04c: at(0x04c, mbz(4)),
    reportData: at(0x050, bytes(64), "REPORT_DATA: chosen by the guest; what binds nonce and key"),
    measurement: at(0x090, bytes(48), "MEASUREMENT: the launch digest"),
    hostData: at(0x0c0, bytes(32), "HOST_DATA: chosen by the host at launch"),
    idKeyDigest: at(0x0e0, bytes(48), "ID_KEY_DIGEST: SHA-384 of the key that signed the ID block"),
    authorKeyDigest: at(0x110, bytes(48), "AUTHOR_KEY_DIGEST: of the key that signed the ID key"),
    reportId: at(0x140, bytes(32), "REPORT_ID: unique to this guest"),
    reportIdMa: at(0x160, bytes(32), "REPORT_ID_MA: of the migration agent; all ones without one"),
    reportedTcb: at(0x180, tcb, "REPORTED_TCB: the one the VCEK or VLEK is derived for"),
    cpuFamily: at(0x188, gated(version3, u8), "CPUID_FAM_ID: combined family"),
    cpuModel: at(0x189, gated(version3, u8), "CPUID_MOD_ID: combined model"),
    cpuStepping: at(0x18a, gated(version3, u8), "CPUID_STEP"),
    reserved18b: at(0x18b, mbz(21)),
    chipId: at(0x1a0, bytes(64), "CHIP_ID: the chip; zero when the host masks it"),
    committedTcb: at(0x1e0, tcb, "COMMITTED_TCB: the floor firmware cannot go below again"),
    currentBuild: at(0x1e8, u8, "build of the running firmware"),
    currentMinor: at(0x1e9, u8),
    currentMajor: at(0x1ea, u8),
    reserved1eb: at(0x1eb, mbz(1)),
    committedBuild: at(0x1ec, u8, "build of the committed firmware"),
    committedMinor: at(0x1ed, u8),
    committedMajor: at(0x1ee, u8),
    reserved1ef: at(0x1ef, mbz(1)),
    launchTcb: at(0x1f0, tcb, "LAUNCH_TCB: CURRENT_TCB when the guest was launched or imported"),
    launchMitVector: at(0x1f8, gated(version5, u64), "LAUNCH_MIT_VECTOR: mitigations at launch"),
    currentMitVector: at(0x200, gated(version5, u64), "CURRENT_MIT_VECTOR: mitigations now"),
    reserved208: at(0x208, mbz(152)),
    signatureR: at(0x2a0, bytes(48), "SIGNATURE.R, little-endian; outside the signed part"),
    reserved2d0: at(0x2d0, mbz(24)),
    signatureS: at(0x2e8, bytes(48), "SIGNATURE.S, little-endian"),
    reserved318: at(0x318, mbz(24)),
    reserved330: at(0x330, mbz(368)),
  },
);

/** A decoded report. Byte strings are views into the bytes it was read from. */
export type Report = Infer<typeof ATTESTATION_REPORT>;

/**
 * Decodes a report of exactly 1184 bytes.
 * @throws {LayoutError} `truncated` or `trailing-bytes` for another length, `unsupported-version`,
 * `must-be-zero` for a reserved byte.
 */
export function decodeReport(report: Uint8Array): Report {
  return ATTESTATION_REPORT.decode(report);
}

/** The signed part of a report: its first 672 bytes, as a view. */
export function signedPart(report: Uint8Array): Uint8Array {
  return report.subarray(0, REPORT_SIGNED_SIZE);
}

/** The signature as r || s, 48 bytes each, big-endian (IEEE P1363), as cryptographic libraries take it. */
export function reportSignature({ signatureR, signatureS }: Report): Uint8Array {
  const signature = new Uint8Array(96);
  for (let i = 0; i < 48; i++) {
    signature[i] = signatureR[47 - i]!;
    signature[48 + i] = signatureS[47 - i]!;
  }
  return signature;
}

/** The CPU a report was made on; undefined when the report does not say (version 2, or all zero). */
export function reportCpu({ cpuFamily, cpuModel, cpuStepping }: Report): CpuIdentity | undefined {
  if (cpuFamily === undefined || cpuModel === undefined || cpuStepping === undefined) return;
  if (cpuFamily === 0 && cpuModel === 0 && cpuStepping === 0) return;
  return { family: cpuFamily, model: cpuModel, stepping: cpuStepping };
}

/** The product line by the CPU a report names; undefined when it names none or an unknown one. */
export function reportProductLine(report: Report): ProductLine | undefined {
  const cpu = reportCpu(report);
  return cpu === undefined ? undefined : productLineOfCpu(cpu);
}
