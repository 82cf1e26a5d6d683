// SPDX-License-Identifier: Apache-2.0
// Attestation reports: fields that fit together, and the signature over them.

import { ATTESTATION_REPORT, PRODUCT_LINES, encodeTcb } from "@greenlight/core/evidence";
import type { CpuIdentity, ProductLine, Report, TcbVersion } from "@greenlight/core/evidence";
import { derive } from "./bits.ts";
import { signEcdsa } from "./p384-key.ts";
import type { P384Key } from "./p384-key.ts";

/** Fields of a report; what is not given gets a usual value. */
export type ReportFields = Partial<Report>;

/** What a report is about. */
export interface ReportSubject {
  readonly line: ProductLine;
  /** Default: 3, and 5 on Turin and Venice. */
  readonly version?: 2 | 3 | 4 | 5;
  readonly tcb: TcbVersion;
  /** 64 bytes. */
  readonly chipId: Uint8Array;
  readonly signingKey: "VCEK" | "VLEK" | "none";
}

/** The processor that machines of each line say they are. */
export const CPUS: Readonly<Record<ProductLine, CpuIdentity>> = {
  Milan: { family: 0x19, model: 0x01, stepping: 1 },
  Genoa: { family: 0x19, model: 0x11, stepping: 1 },
  Turin: { family: 0x1a, model: 0x02, stepping: 1 },
  Venice: { family: 0x1a, model: 0x50, stepping: 0 },
};

/** TCB versions that machines of each line report. */
export const USUAL_TCB: Readonly<Record<ProductLine, TcbVersion>> = {
  Milan: { bootloader: 4, tee: 0, snp: 27, microcode: 219 },
  Genoa: { bootloader: 10, tee: 0, snp: 25, microcode: 84 },
  Turin: { fmc: 1, bootloader: 1, tee: 1, snp: 4, microcode: 81 },
  Venice: { fmc: 1, bootloader: 1, tee: 1, snp: 1, microcode: 16 },
};

/** SIGNING_KEY of KEY_INFO, in place. */
const SIGNING_KEYS = { VCEK: 0 << 2, VLEK: 1 << 2, none: 7 << 2 } as const;

/** Fields of a report of an ordinary guest, which a default policy has nothing against. */
export function reportFields(subject: ReportSubject): Report {
  const { line, chipId, signingKey } = subject;
  const version = subject.version ?? (PRODUCT_LINES[line].tcbLayout === "turin" ? 5 : 3);
  const tcb = encodeTcb(subject.tcb, line);
  const cpu = version >= 3 ? CPUS[line] : undefined;
  return {
    version,
    guestSvn: 0,
    policy: 0x30000n,
    familyId: new Uint8Array(16),
    imageId: new Uint8Array(16),
    vmpl: 0,
    signatureAlgo: 1,
    currentTcb: tcb,
    platformInfo: 0x25n,
    signerInfo: SIGNING_KEYS[signingKey],
    reportData: derive("report data", 64),
    measurement: derive("measurement", 48),
    hostData: new Uint8Array(32),
    idKeyDigest: new Uint8Array(48),
    authorKeyDigest: new Uint8Array(48),
    reportId: derive("report id", 32),
    reportIdMa: new Uint8Array(32).fill(0xff),
    reportedTcb: tcb,
    cpuFamily: cpu?.family,
    cpuModel: cpu?.model,
    cpuStepping: cpu?.stepping,
    chipId,
    committedTcb: tcb,
    currentBuild: 40,
    currentMinor: 55,
    currentMajor: 1,
    committedBuild: 40,
    committedMinor: 55,
    committedMajor: 1,
    launchTcb: tcb,
    launchMitVector: version >= 5 ? 0x3fn : undefined,
    currentMitVector: version >= 5 ? 0x3fn : undefined,
    signatureR: new Uint8Array(48),
    signatureS: new Uint8Array(48),
  };
}

/**
 * A report as bytes, not signed.
 * @throws {LayoutError} for a field that does not fit, or does not exist in this version.
 */
export function encodeReport(fields: Report): Uint8Array {
  return ATTESTATION_REPORT.encode(fields);
}

/** The report with a signature over its first 672 bytes, which may be anything. */
export function signReport(report: Uint8Array, key: P384Key): Uint8Array {
  const signature = signEcdsa(key, report.subarray(0, 0x2a0));
  const out = Uint8Array.from(report);
  // R and S are little-endian and zero-extended to 72 bytes.
  out.fill(0, 0x2a0, 0x330);
  out.set(signature.subarray(0, 48).toReversed(), 0x2a0);
  out.set(signature.subarray(48).toReversed(), 0x2e8);
  return out;
}
