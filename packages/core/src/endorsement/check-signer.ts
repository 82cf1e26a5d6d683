// SPDX-License-Identifier: Apache-2.0
// What a report says about its own signature, before any certificate is looked at.

import { hexNumber } from "../bytes/index.ts";
import { ATTESTATION_REPORT, REPORT_SOURCE, SIGNATURE_ALGO } from "../evidence/report.ts";
import type { Report } from "../evidence/report.ts";
import { decodeSignerInfo, formatSignerInfo } from "../evidence/signer-info.ts";
import type { SignerInfo } from "../evidence/signer-info.ts";
import type { Finding } from "../finding/index.ts";
import type { VekKind } from "./endorsement.ts";

/** Who signed a report, by its own word. */
export interface Signer {
  /** Undefined when no key is named that there is. */
  readonly kind?: VekKind;
  /** Whether there is a signature that can be checked. */
  readonly signed: boolean;
  /** Whether the host hid the chip's identity. */
  readonly chipIdMasked: boolean;
  readonly findings: readonly Finding[];
}

const place = (field: "signerInfo" | "signatureAlgo" | "signatureR" | "chipId", size: number) => ({
  artefact: "report",
  offset: ATTESTATION_REPORT.offsetOf(field),
  size,
});

const SIGNER_INFO = { where: place("signerInfo", 4), source: REPORT_SOURCE };

const pass = (id: Finding["id"], title: string): Finding =>
  Object.freeze({ id, outcome: "pass", title });

const SIGNED = pass("snp.report.not-signed", "The report carries a signature");
const KNOWN_KEY = {
  VCEK: pass("snp.report.signing-key-reserved", "The report names the VCEK as its signing key"),
  VLEK: pass("snp.report.signing-key-reserved", "The report names the VLEK as its signing key"),
  none: pass("snp.report.signing-key-reserved", "The report names no signing key"),
};
const RESERVED_CLEAR = pass(
  "snp.report.signer-info-reserved",
  "Reserved bits of KEY_INFO are zero",
);
const ALGORITHM = pass(
  "snp.report.signature-algorithm",
  "The report is signed with ECDSA P-384 and SHA-384",
);
const CHIP_NAMED = pass("snp.report.chip-id-masked", "The report names the chip it was made on");

/** Judges KEY_INFO, SIGNATURE_ALGO, CHIP_ID and whether there is a signature at all. */
export function checkSigner(report: Report, allowMaskedChipId: boolean): Signer {
  const info = decodeSignerInfo(report.signerInfo);
  const { signingKey } = info;
  const kind = signingKey === "VCEK" || signingKey === "VLEK" ? signingKey : undefined;
  const chipIdMasked = isZero(report.chipId);
  const notSigned = checkSigned(report, info);
  const algorithm = checkAlgorithm(report.signatureAlgo);
  return {
    ...(kind === undefined ? {} : { kind }),
    signed: notSigned.outcome === "pass" && algorithm.outcome === "pass",
    chipIdMasked,
    findings: [
      notSigned,
      signingKey === "reserved" ? reservedKey(report, info) : KNOWN_KEY[signingKey],
      info.reserved === 0 ? RESERVED_CLEAR : reservedBits(report),
      algorithm,
      checkChipId(chipIdMasked, kind, allowMaskedChipId),
    ],
  };
}

function checkSigned(report: Report, { signingKey, chipKeyMasked }: SignerInfo): Finding {
  // The mask is on the chip's key only; a VLEK signs all the same.
  const masked = chipKeyMasked && signingKey !== "VLEK";
  const named = !masked && signingKey !== "none";
  if (named && !(isZero(report.signatureR) && isZero(report.signatureS))) return SIGNED;
  return {
    id: "snp.report.not-signed",
    outcome: "fail",
    title: masked
      ? "The report is not signed: the host switched the chip's key off (MASK_CHIP_KEY)"
      : named
        ? "The report is not signed: its signature is all zero"
        : "The report is not signed: SIGNING_KEY is none",
    expected: "signed by VCEK or VLEK",
    actual: formatSignerInfo(report.signerInfo),
    ...(named ? { where: place("signatureR", 144), source: REPORT_SOURCE } : SIGNER_INFO),
    hint: "anybody can write an unsigned report; have the host clear MASK_CHIP_KEY or load a VLEK",
  };
}

function reservedKey(report: Report, { signingKeyValue }: SignerInfo): Finding {
  return {
    id: "snp.report.signing-key-reserved",
    outcome: "fail",
    title: `The report is signed with a key that is not known here (SIGNING_KEY ${signingKeyValue})`,
    expected: "0 (VCEK) or 1 (VLEK)",
    actual: formatSignerInfo(report.signerInfo),
    ...SIGNER_INFO,
    hint: "was it made by firmware newer than this program?",
  };
}

function reservedBits(report: Report): Finding {
  return {
    id: "snp.report.signer-info-reserved",
    outcome: "fail",
    title: "KEY_INFO has reserved bits set, whose meaning is not known here",
    expected: "bits 31:5 zero",
    actual: formatSignerInfo(report.signerInfo),
    ...SIGNER_INFO,
    hint: "was it made by firmware newer than this program?",
  };
}

function checkAlgorithm(algorithm: number): Finding {
  const wanted = SIGNATURE_ALGO["ECDSA P-384 with SHA-384"];
  if (algorithm === wanted) return ALGORITHM;
  const invalid = algorithm === SIGNATURE_ALGO.invalid;
  return {
    id: "snp.report.signature-algorithm",
    outcome: "fail",
    title: invalid
      ? "The report names no signature algorithm"
      : "The report names a signature algorithm that is not known here",
    expected: `${wanted} (ECDSA P-384 with SHA-384)`,
    actual: invalid ? "0 (invalid)" : hexNumber(algorithm),
    where: place("signatureAlgo", 4),
    source: REPORT_SOURCE,
  };
}

function checkChipId(masked: boolean, kind: VekKind | undefined, allowed: boolean): Finding {
  const id = "snp.report.chip-id-masked";
  if (!masked) return CHIP_NAMED;
  const common = { id, actual: "CHIP_ID is zero", where: place("chipId", 64) } as const;
  if (kind === "VLEK") {
    const title = "The report does not name its chip; a VLEK is not of a chip";
    return { ...common, outcome: "skipped", title };
  }
  return {
    ...common,
    outcome: allowed ? "pass" : "fail",
    title: allowed
      ? "The report does not name its chip, which is allowed"
      : "The report does not name its chip, so that its VCEK cannot be tied to it",
    source: REPORT_SOURCE,
    ...(allowed
      ? {}
      : { hint: "have the host clear MASK_CHIP_ID, or allow masked chip ids in the policy" }),
  };
}

/** Whether every byte is zero. */
function isZero(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}
