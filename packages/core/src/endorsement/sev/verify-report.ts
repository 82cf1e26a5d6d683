// SPDX-License-Identifier: Apache-2.0
// Whether a legacy attestation report is signed by a platform's PEK and says what is expected.

import { hexEncode, hexNumber } from "../../bytes/index.ts";
import { signatures as platformSignatures } from "#signature";
import { equalBytes } from "../../crypto/equal.ts";
import type { SignatureVerifier } from "../../crypto/signature.ts";
import type { SevAttestationReport } from "../../evidence/sev/attestation-report.ts";
import type { Finding } from "../../finding/index.ts";
import { skipped } from "../skipped.ts";
import type { SevCertificate } from "./certificate.ts";
import { keyProblem, signatureProblem, signerOfSev } from "./keys.ts";
import { SEV_SIGNATURE_SIZE, SEV_USAGE } from "./layout.ts";

/** Where AMD says what the report is. */
const SOURCE = "AMD SEV API 55766, ATTESTATION";

/** A report, the key that has to have signed it, and what it has to say. */
export interface SevReportInput {
  readonly report: SevAttestationReport;
  /** The platform's PEK, out of a chain that was verified: it is not verified here. */
  readonly pek: SevCertificate;
  /** What the report has to say; what is left out is not compared. */
  readonly expected: {
    /** 16 bytes that the report was asked for with. */
    readonly mnonce?: Uint8Array;
    /** Launch digest, 32 bytes. */
    readonly digest?: Uint8Array;
    readonly policy?: number;
  };
  /** Checks signatures; the platform's own when left out. */
  readonly signatures?: SignatureVerifier;
}

/**
 * Judges a legacy attestation report. It holds nothing of the guest's own, so that it is a statement
 * about some guest of the platform and binds no channel to it.
 */
export async function verifySevAttestationReport({
  report,
  pek,
  expected,
  signatures = platformSignatures,
}: SevReportInput): Promise<readonly Finding[]> {
  const { mnonce, digest, policy } = expected;
  return [
    checkSigner(report),
    await checkSignature(report, pek, signatures),
    mnonce === undefined
      ? NOT_FRESH
      : compared(
          "sev.report.mnonce-mismatch",
          "The nonce of the report",
          equalBytes(mnonce, report.mnonce),
          [hexEncode(mnonce), hexEncode(report.mnonce)],
        ),
    digest === undefined
      ? skipped(["sev.report.digest-mismatch"], "no launch digest is demanded")[0]!
      : compared(
          "sev.report.digest-mismatch",
          "The launch digest of the report",
          equalBytes(digest, report.launchDigest),
          [hexEncode(digest), hexEncode(report.launchDigest)],
        ),
    policy === undefined
      ? skipped(["sev.report.policy-mismatch"], "no policy is demanded")[0]!
      : compared(
          "sev.report.policy-mismatch",
          "The policy of the report",
          policy === report.policy,
          [hexNumber(policy), hexNumber(report.policy)],
        ),
  ];
}

const NOT_FRESH: Finding = Object.freeze({
  id: "sev.report.mnonce-mismatch",
  outcome: "warn",
  title: "Nobody says which nonce the report was asked for with: it can be of any time",
  source: SOURCE,
  hint: "choose 16 random bytes, have the host ask with them, and compare",
});

function checkSigner({ signatureUsage }: SevAttestationReport): Finding {
  const ok = signatureUsage === SEV_USAGE.PEK;
  return {
    id: "sev.report.signer",
    outcome: ok ? "pass" : "fail",
    title: ok
      ? "The report says that the PEK signed it"
      : "The report says that another key signed it",
    ...(ok ? {} : { expected: hexNumber(SEV_USAGE.PEK), actual: hexNumber(signatureUsage) }),
    source: SOURCE,
  };
}

async function checkSignature(
  report: SevAttestationReport,
  pek: SevCertificate,
  signatures: SignatureVerifier,
): Promise<Finding> {
  const signer = signerOfSev(pek);
  const { signatureUsage: usage, signatureAlgorithm: algorithm } = report;
  // R and S stand as in certificates, in a field that is as long as they are.
  const bytes = new Uint8Array(SEV_SIGNATURE_SIZE);
  bytes.set(report.bytes.subarray(0x40));
  const problem =
    signer.kind === "EC"
      ? ((await keyProblem(signer, signatures)) ??
        (await signatureProblem(signer, { usage, algorithm, bytes }, report.signed, signatures)))
      : "the PEK is no key on P-384";
  const ok = problem === undefined;
  return {
    id: "sev.report.signature",
    outcome: ok ? "pass" : "fail",
    title: ok ? "The report is signed by the PEK" : "The report is not signed by the PEK",
    ...(ok ? {} : { actual: problem }),
    source: SOURCE,
  };
}

function compared(
  id: "sev.report.mnonce-mismatch" | "sev.report.digest-mismatch" | "sev.report.policy-mismatch",
  what: string,
  ok: boolean,
  [expected, actual]: readonly [string, string],
): Finding {
  return {
    id,
    outcome: ok ? "pass" : "fail",
    title: `${what} ${ok ? "is the expected one" : "is not the expected one"}`,
    ...(ok ? {} : { expected, actual }),
    source: SOURCE,
  };
}
