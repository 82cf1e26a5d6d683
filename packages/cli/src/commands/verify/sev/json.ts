// SPDX-License-Identifier: Apache-2.0
// A verified platform as JSON (schema greenlight/verify-sev/v1).

import { sha256 } from "@greenlight/core/crypto";
import type { AmdCertificate, SevCertificate } from "@greenlight/core/sev-endorsement";
import type { VerifySevResult } from "./result.ts";

const SCHEMA = "greenlight/verify-sev/v1";

/** The result as a plain object; bytes and digests become text when it is written. */
export function jsonOfResult(result: VerifySevResult): object {
  const { verdict, findings, chain, chainVerdict, owner, report, notes, cekUrl } = result;
  const { pdh, pek, oca, cek, ask, ark } = chain;
  return {
    schema: SCHEMA,
    verdict,
    productLine: chainVerdict.product ?? null,
    chainDigest: chainVerdict.chainDigest,
    owner: owner ?? null,
    certificates: {
      pdh: ofPlatform(pdh),
      pek: ofPlatform(pek),
      oca: ofPlatform(oca),
      cek: ofPlatform(cek),
      ask: ofAmd(ask),
      ark: ofAmd(ark),
    },
    report: report === undefined ? null : reportToJson(report),
    findings,
    notes,
    cekUrl: cekUrl ?? null,
  };
}

function ofPlatform(certificate: SevCertificate | undefined): object | null {
  if (certificate === undefined) return null;
  const { apiMajor, apiMinor, bytes } = certificate;
  return { api: `${apiMajor}.${apiMinor}`, sha256: sha256(bytes) };
}

function ofAmd(certificate: AmdCertificate | undefined): object | null {
  if (certificate === undefined) return null;
  const { keyId, bits, bytes } = certificate;
  return { keyId, bits, sha256: sha256(bytes) };
}

function reportToJson({
  mnonce,
  launchDigest,
  policy,
}: NonNullable<VerifySevResult["report"]>): object {
  return { mnonce, launchDigest, policy };
}
