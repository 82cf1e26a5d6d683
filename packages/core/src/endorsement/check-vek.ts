// SPDX-License-Identifier: Apache-2.0
// A VCEK or VLEK certificate with all that can be said about it without a report: what it is, who issued
// it, and that its chain ends in a pinned root. Validity and revocation depend on time and stand apart.

import type { SignatureVerifier, VerifyKey } from "../crypto/signature.ts";
import type { Finding, FindingId } from "../finding/index.ts";
import { importKey } from "./authority-chain.ts";
import type { Authority, AuthorityChain } from "./authority-chain.ts";
import { vekSubject } from "./check-binding.ts";
import type { VekSubject } from "./check-binding.ts";
import type { Certificate } from "./certificate.ts";
import {
  CERTIFICATE_SOURCE,
  checkCriticalExtensions,
  checkIssued,
  checkValidity,
  checkVekKey,
} from "./check-certificate.ts";
import { EXTENSION_CHECKS, checkExtensions } from "./check-extensions.ts";
import type { VekKind } from "./endorsement.ts";
import { skipped } from "./skipped.ts";
import type { VekExtensions } from "./vek-extensions.ts";

/** Ids of the checks that need the issuer. */
const ISSUED_CHECKS: readonly FindingId[] = [
  "snp.vek.issuer",
  "snp.vek.signature-parameters",
  "snp.vek.signature",
];

/** Ids of all checks of {@link checkVek}. */
export const VEK_CHECKS: readonly FindingId[] = [
  "snp.vek.kind",
  "snp.vek.key",
  "snp.vek.critical-extension",
  ...ISSUED_CHECKS,
  ...EXTENSION_CHECKS,
  "snp.chain.ark-not-pinned",
];

/** What a certificate is checked against. */
export interface VekIssuer {
  /** The chain it hangs on, or seems to. */
  readonly chain?: AuthorityChain;
  /** Whether the issuer it names is one of the chain; else the chain is only that of the CPU. */
  readonly named: boolean;
  readonly ark?: Authority;
  readonly intermediate?: Authority;
}

/** A VCEK or VLEK with what was found about it, at whatever time. */
export interface CheckedVek extends VekIssuer {
  readonly kind: VekKind;
  readonly certificate: Certificate;
  readonly findings: readonly Finding[];
  /** What is found about its validity at instants at which it is valid. */
  readonly valid: Finding;
  /** Whether nothing failed, in the whole chain. */
  readonly trusted: boolean;
  /** Absent when the key cannot be used. */
  readonly key?: VerifyKey;
  readonly extensions?: VekExtensions;
  readonly subject?: VekSubject;
}

/** Checks a certificate that was chosen as the VCEK or VLEK. */
export async function checkVek(
  kind: VekKind,
  certificate: Certificate,
  issuer: VekIssuer,
  signatures: SignatureVerifier,
): Promise<CheckedVek> {
  const { chain, named, ark, intermediate } = issuer;
  const { key, problem } = await importKey(signatures, certificate.spki, "ECDSA-P384-SHA384");
  const line = named ? chain?.line : undefined;
  const { extensions, findings: ofExtensions } = checkExtensions(kind, certificate, line);
  const issued =
    intermediate === undefined
      ? skipped(ISSUED_CHECKS, "the certificate above it is missing")
      : await checkIssued(kind, certificate, intermediate, signatures);
  const own = [
    checkKind(kind, certificate),
    checkVekKey(kind, certificate, problem),
    checkCriticalExtensions(kind, certificate),
    ...issued,
    ...ofExtensions,
  ];
  const signed = issued.every(({ outcome }) => outcome === "pass");
  const hangs = named && signed && ark?.trusted === true && intermediate?.trusted === true;
  const findings = [...own, checkPinned(kind, certificate, issuer, hangs)].map((finding) =>
    Object.freeze(finding),
  );
  const subject =
    extensions === undefined || line === undefined ? undefined : vekSubject(kind, line, extensions);
  return {
    kind,
    certificate,
    findings,
    valid: checkValidity(kind, certificate, certificate.notBefore),
    named,
    trusted: hangs && own.every(({ outcome }) => outcome === "pass" || outcome === "warn"),
    ...(chain === undefined ? {} : { chain }),
    ...(ark === undefined ? {} : { ark }),
    ...(intermediate === undefined ? {} : { intermediate }),
    ...(key === undefined ? {} : { key }),
    ...(extensions === undefined ? {} : { extensions }),
    ...(subject === undefined ? {} : { subject }),
  };
}

function checkKind(kind: VekKind, { subject }: Certificate): Finding {
  const ok = subject.commonName === `SEV-${kind}`;
  return {
    id: "snp.vek.kind",
    outcome: ok ? "pass" : "fail",
    title: ok
      ? `The certificate is a ${kind}, as SIGNING_KEY demands`
      : `SIGNING_KEY demands a ${kind}, and the certificate is another one`,
    expected: `CN=SEV-${kind}`,
    actual: subject.text,
    source: CERTIFICATE_SOURCE,
  };
}

/** Whether the chain, as it was verified, ends in a root that is built in or was given as trusted. */
function checkPinned(
  kind: VekKind,
  certificate: Certificate,
  { chain, named, ark, intermediate }: VekIssuer,
  hangs: boolean,
): Finding {
  const id = "snp.chain.ark-not-pinned";
  if (named && intermediate === undefined) {
    return skipped([id], "the certificate between it and the root is missing")[0]!;
  }
  const root = ark?.subject.commonName ?? ark?.subject.text ?? "a root";
  if (hangs && ark !== undefined) {
    return {
      id,
      outcome: "pass",
      title: `The chain ends in ${root}, which is pinned`,
      actual: `SHA-256 ${ark.fingerprint}`,
    };
  }
  return {
    id,
    outcome: "fail",
    title: named
      ? `The ${kind} does not hang on ${root}, which is pinned, but only names it`
      : `The ${kind} hangs on no root that is pinned`,
    actual: `issued by ${certificate.issuer.text}`,
    source: CERTIFICATE_SOURCE,
    hint:
      chain === undefined || !named
        ? "only roots that are built in, or given as trusted, count; those in the evidence do not"
        : "it was altered or forged: a root that comes with the evidence is never trusted",
  };
}
