// SPDX-License-Identifier: Apache-2.0
// Targets of SEV's own certificates: one of a platform, one of AMD's, files of several, what hypervisors
// say of their platform, and the legacy attestation report.

import { LayoutError, base64Encode } from "../../packages/core/src/bytes/index.ts";
import {
  AMD_SEV_ROOTS,
  SEV_ALGORITHM,
  SEV_USAGE,
  encodeAmdCertificate,
  encodeSevCertificate,
  p384PublicKey,
  parseAmdCertificate,
  parseSevCertificate,
  readSevChain,
  sevSignature,
} from "../../packages/core/src/endorsement/sev/index.ts";
import {
  SEV_ATTESTATION_REPORT,
  parseSevAttestationReport,
} from "../../packages/core/src/evidence/sev/index.ts";
import { readHostStatement } from "../../packages/cli/src/commands/verify/sev/host-statement.ts";
import type { Target } from "../engine/target.ts";
import { bytesOf, check, concat, declared, sameBytes, shifted } from "./support.ts";

const expected = declared(LayoutError);
const [naples, rome] = AMD_SEV_ROOTS;

/** The generator of P-384 (SEC 2 version 2.0, section 2.5.1): a point that is on the curve. */
const POINT = new Uint8Array(
  Buffer.from(
    "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7" +
      "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
    "hex",
  ),
);

function platform(usage: number, algorithm: number, by: number): Uint8Array {
  return encodeSevCertificate({
    apiMajor: 1,
    apiMinor: 55,
    usage,
    algorithm,
    publicKey: p384PublicKey(POINT),
    signatures: [sevSignature(by, SEV_ALGORITHM["ECDSA-SHA256"], POINT)],
  });
}

const pdh = platform(SEV_USAGE.PDH, SEV_ALGORITHM["ECDH-SHA256"], SEV_USAGE.PEK);
const pek = platform(SEV_USAGE.PEK, SEV_ALGORITHM["ECDSA-SHA256"], SEV_USAGE.CEK);
const oca = encodeSevCertificate({
  usage: SEV_USAGE.OCA,
  algorithm: SEV_ALGORITHM["RSA-SHA384"],
  publicKey: {
    kind: "RSA",
    bits: 4096,
    exponent: rome!.ark.exponent,
    modulus: rome!.ark.modulus,
  },
});
const cek = platform(SEV_USAGE.CEK, SEV_ALGORITHM["ECDSA-SHA256"], SEV_USAGE.ASK);

const report = SEV_ATTESTATION_REPORT.encode({
  mnonce: new Uint8Array(16).fill(1),
  launchDigest: new Uint8Array(32).fill(2),
  policy: 7,
  signatureUsage: SEV_USAGE.PEK,
  signatureAlgorithm: SEV_ALGORITHM["ECDSA-SHA256"],
  signatureR: POINT.subarray(48),
  signatureS: POINT.subarray(48),
});

export const targets: readonly Target[] = [
  {
    name: "sev-certificate",
    seeds: () => [pdh, oca, cek],
    maxLength: 2100,
    expected,
    run(data) {
      const bytes = shifted(data);
      const certificate = parseSevCertificate(bytes);
      check(sameBytes(certificate.bytes, bytes), "the certificate is kept as it stands");
      const { publicKey } = certificate;
      if (publicKey.kind === "EC") check(publicKey.point.length === 96, "points have 96 bytes");
      check(sameBytes(encodeSevCertificate(certificate), bytes), "it is written as it was read");
    },
  },
  {
    name: "amd-certificate",
    seeds: () => [naples!.ark.bytes, naples!.ask!.bytes, rome!.ark.bytes],
    maxLength: 1610,
    expected,
    run(data) {
      const bytes = shifted(data);
      const certificate = parseAmdCertificate(bytes);
      check(certificate.modulus.length <= certificate.bits / 8, "the modulus has its size");
      check(sameBytes(encodeAmdCertificate(certificate), bytes), "it is written as it was read");
    },
  },
  {
    name: "sev-chain-file",
    seeds: () => [
      concat(pdh, pek, oca, cek),
      concat(naples!.ask!.bytes, naples!.ark.bytes),
      concat(naples!.ask!.bytes, naples!.ark.signed),
      bytesOf(base64Encode(concat(pek, oca))),
    ],
    maxLength: 9000,
    expected,
    run(data) {
      const { contradictions, notes, ...chain } = readSevChain([
        { name: "a", bytes: shifted(data) },
        { name: "b", bytes: pek },
      ]);
      check(chain.pek !== undefined, "what was read is there");
      check(contradictions.length + notes.length <= data.length, "no more words than certificates");
    },
  },
  {
    name: "sev-host-statement",
    seeds: () => {
      const statement = {
        pdh: base64Encode(pdh.subarray(0, 33)),
        "cert-chain": base64Encode(pek.subarray(0, 34)),
        "cpu0-id": base64Encode(new Uint8Array(64)),
        cbitpos: 51,
      };
      const lines = Object.entries(statement).map(([name, value]) => `${name} : ${value}\n`);
      const answers = [statement, { return: statement }].map((value) => JSON.stringify(value));
      return [...answers, lines.join("")].map(bytesOf);
    },
    text: true,
    maxLength: 1000,
    expected,
    run(data) {
      const statement = readHostStatement("a", shifted(data));
      if (statement === undefined) return;
      check(statement.files.length >= 1, "a statement has a certificate");
      check(statement.chipId?.length !== 0, "an id has its length");
    },
  },
  {
    name: "sev-attestation-report",
    seeds: () => [report],
    maxLength: 220,
    expected,
    run(data) {
      const { bytes, signed, ...fields } = parseSevAttestationReport(shifted(data));
      check(signed.length === 0x34, "the signed part has its size");
      check(
        sameBytes(SEV_ATTESTATION_REPORT.encode(fields), bytes),
        "it is written as it was read",
      );
    },
  },
];
