// SPDX-License-Identifier: Apache-2.0
// Checks that every certificate of a chain goes through: key, critical extensions, issuer, signature,
// validity; and what is asked of authorities. Except for validity nothing here depends on time.

import type { VerifyKey, SignatureVerifier } from "../crypto/signature.ts";
import { equalBytes } from "../crypto/equal.ts";
import type { Finding, FindingId } from "../finding/index.ts";
import type { Certificate } from "./certificate.ts";
import type { VekKind } from "./endorsement.ts";
import { EXTENSION_OID } from "./extension.ts";
import { formatInstant } from "./instant.ts";
import type { Name } from "./name.ts";
import type { SignatureAlgorithm } from "./signature-algorithm.ts";

/** What a certificate is in a chain. */
export type ChainRole = "ARK" | "ASK" | "ASVK" | VekKind;

/** Where AMD says what its certificates look like. */
export const CERTIFICATE_SOURCE = "AMD 57230 (VCEK Certificate and KDS Interface), section 3";

/** How ids of findings begin. */
const PREFIX = {
  ARK: "snp.chain.ark-",
  ASK: "snp.chain.ask-",
  ASVK: "snp.chain.ask-",
  VCEK: "snp.vek.",
  VLEK: "snp.vek.",
} as const;

/** What can be checked of every certificate. */
type CommonCheck =
  | "key"
  | "critical-extension"
  | "issuer"
  | "signature-parameters"
  | "signature"
  | "validity";

/** The id of a check of a certificate. */
function checkId(role: ChainRole, check: CommonCheck): FindingId {
  return `${PREFIX[role]}${check}`;
}

/** Arc of AMD's extensions, which are read whether critical or not. */
const AMD_ARC = "1.3.6.1.4.1.3704.1.";

/** Extensions of authorities that are acted on. */
const READ_OF_AUTHORITIES: ReadonlySet<string> = new Set([
  EXTENSION_OID.basicConstraints,
  EXTENSION_OID.keyUsage,
]);

/** An authority's key: RSA of 4096 bits. `problem` is why the verifier does not take it. */
export function checkAuthorityKey(
  role: "ARK" | "ASK" | "ASVK",
  { key }: Certificate,
  problem: string | undefined,
): Finding {
  const right = key.kind === "RSA" && key.bits === 4096 && key.exponent === 65_537;
  const ok = right && problem === undefined;
  return {
    id: checkId(role, "key"),
    outcome: ok ? "pass" : "fail",
    title: ok ? `The ${role} holds an RSA-4096 key` : `The ${role} does not hold an RSA-4096 key`,
    ...(ok
      ? {}
      : { expected: "RSA, 4096 bits, exponent 65537", actual: describeKey(key, problem) }),
    source: CERTIFICATE_SOURCE,
  };
}

/** The key of a VCEK or VLEK: a point of P-384. `problem` is why the verifier does not take it. */
export function checkVekKey(
  kind: VekKind,
  { key }: Certificate,
  problem: string | undefined,
): Finding {
  const ok = key.kind === "P-384" && problem === undefined;
  return {
    id: checkId(kind, "key"),
    outcome: ok ? "pass" : "fail",
    title: ok ? `The ${kind} holds a P-384 key` : `The ${kind} does not hold a usable P-384 key`,
    ...(ok ? {} : { expected: "a point of P-384", actual: describeKey(key, problem) }),
    source: CERTIFICATE_SOURCE,
  };
}

function describeKey(key: Certificate["key"], problem: string | undefined): string {
  if (problem !== undefined) return problem;
  if (key.kind === "RSA") return `RSA, ${key.bits} bits, exponent ${key.exponent}`;
  return key.kind === "P-384" ? "P-384" : key.title;
}

/** No critical extension is there that is not acted on (RFC 5280 section 4.2). */
export function checkCriticalExtensions(role: ChainRole, certificate: Certificate): Finding {
  const isVek = role === "VCEK" || role === "VLEK";
  const unknown = certificate.extensions.filter(
    ({ oid, critical }) =>
      critical && !(isVek ? oid.startsWith(AMD_ARC) : READ_OF_AUTHORITIES.has(oid)),
  );
  const ok = unknown.length === 0;
  return {
    id: checkId(role, "critical-extension"),
    outcome: ok ? "pass" : "fail",
    title: ok
      ? `The ${role} has no critical extension that is not known`
      : `The ${role} has a critical extension that is not known, so it must not be used`,
    ...(ok ? {} : { actual: unknown.map(({ oid }) => oid).join(", ") }),
    source: "RFC 5280 section 4.2",
  };
}

/** An authority may sign certificates; the ARK revocation lists too, ASK and ASVK no authorities. */
export function checkAuthority(
  role: "ARK" | "ASK" | "ASVK",
  { basicConstraints, keyUsage }: Certificate,
): Finding {
  const isRoot = role === "ARK";
  const signs = keyUsage?.keyCertSign === true && (!isRoot || keyUsage.cRLSign);
  const ends = isRoot || basicConstraints?.pathLength === 0;
  const ok = basicConstraints?.ca === true && signs && ends;
  const used = Object.entries(keyUsage ?? {}).flatMap(([name, set]) => (set ? [name] : []));
  const limit = basicConstraints?.pathLength;
  return {
    id: isRoot ? "snp.chain.ark-ca" : "snp.chain.ask-ca",
    outcome: ok ? "pass" : "fail",
    title: ok ? `The ${role} may sign certificates` : `The ${role} may not sign what it signed`,
    ...(ok
      ? {}
      : {
          expected: isRoot ? "CA, keyCertSign, cRLSign" : "CA, path length 0, keyCertSign",
          actual: [
            basicConstraints?.ca === true ? "CA" : "no CA",
            ...(limit === undefined ? [] : [`path length ${limit}`]),
            ...used,
          ].join(", "),
        }),
    source: "RFC 5280 sections 4.2.1.3 and 4.2.1.9",
  };
}

/** Who should have signed a certificate. */
export interface ExpectedIssuer {
  readonly role: ChainRole;
  readonly subject: Name;
  /** Absent when its key cannot be used. */
  readonly key?: VerifyKey;
}

/** Issuer name, signature parameters and signature of a certificate. */
export async function checkIssued(
  role: ChainRole,
  certificate: Certificate,
  issuer: ExpectedIssuer,
  signatures: SignatureVerifier,
): Promise<readonly Finding[]> {
  const { tbs, signature, signatureAlgorithm } = certificate;
  const named = equalBytes(certificate.issuer.raw, issuer.subject.raw);
  const strict = isAmdPss(signatureAlgorithm);
  const by = issuer.role === role ? "its own key" : `the ${issuer.role}`;
  const valid =
    strict && issuer.key !== undefined && (await signatures.verify(issuer.key, tbs, signature));
  return [
    {
      id: checkId(role, "issuer"),
      outcome: named ? "pass" : "fail",
      title: named
        ? `The ${role} names ${issuer.role === role ? "itself" : `the ${issuer.role}`} as its issuer`
        : `The ${role} names another issuer than the ${issuer.role}`,
      expected: issuer.subject.text,
      ...(named ? {} : { actual: certificate.issuer.text }),
      source: "RFC 5280 section 6.1.3",
    },
    checkParameters(role, signatureAlgorithm),
    {
      id: checkId(role, "signature"),
      outcome: valid ? "pass" : strict ? "fail" : "skipped",
      title: valid
        ? `The ${role} is signed by ${by}`
        : strict
          ? `The ${role} is not signed by ${by}`
          : "Not checked: the signature algorithm is not the defined one",
      ...(strict && issuer.key === undefined
        ? { actual: `the key of the ${issuer.role} is not usable` }
        : {}),
      source: "RFC 5280 section 6.1.3",
      ...(valid || !strict
        ? {}
        : { hint: "it was altered, or somebody else made it under the issuer's name" }),
    },
  ];
}

/** Signature parameters are exactly AMD's: those of others could be weaker. */
function checkParameters(role: ChainRole, algorithm: SignatureAlgorithm): Finding {
  const ok = isAmdPss(algorithm);
  return {
    id: checkId(role, "signature-parameters"),
    outcome: ok ? "pass" : "fail",
    title: ok
      ? `The ${role} is signed with RSASSA-PSS on SHA-384`
      : `The ${role} is signed with another algorithm than AMD's certificates`,
    ...(ok ? {} : { expected: AMD_PSS, actual: formatAlgorithm(algorithm) }),
    source: CERTIFICATE_SOURCE,
  };
}

/** The signature algorithm of AMD's certificates and lists. */
export const AMD_PSS = "RSASSA-PSS, SHA-384, MGF1 with SHA-384, salt of 48 bytes";

/** Whether a signature algorithm is exactly {@link AMD_PSS}; the verifier is told nothing else. */
export function isAmdPss(algorithm: SignatureAlgorithm): boolean {
  if (algorithm.kind !== "RSASSA-PSS") return false;
  const { hash, mgfHash, saltLength } = algorithm;
  return hash === "SHA-384" && mgfHash === "SHA-384" && saltLength === 48;
}

/** A signature algorithm in words. */
function formatAlgorithm(algorithm: SignatureAlgorithm): string {
  if (algorithm.kind === "unknown") return `algorithm ${algorithm.oid}`;
  const { hash, mgfHash, saltLength } = algorithm;
  return `RSASSA-PSS, ${hash}, MGF1 with ${mgfHash}, salt of ${saltLength} bytes`;
}

/** Whether an instant lies in the validity of a certificate, both ends included. */
export function isValidAt({ notBefore, notAfter }: Certificate, at: number): boolean {
  return at >= notBefore && at <= notAfter;
}

/** Validity at an instant. What passes says nothing about the instant and can be used again. */
export function checkValidity(role: ChainRole, certificate: Certificate, at: number): Finding {
  const { notBefore, notAfter } = certificate;
  const ok = isValidAt(certificate, at);
  const early = at < notBefore;
  return {
    id: checkId(role, "validity"),
    outcome: ok ? "pass" : "fail",
    title: ok
      ? `The ${role} is valid at the instant of verification`
      : `The ${role} ${early ? "is not valid yet" : "has expired"} at the instant of verification`,
    expected: `${formatInstant(notBefore)} to ${formatInstant(notAfter)}`,
    ...(ok ? {} : { actual: formatInstant(at) }),
    source: "RFC 5280 section 4.1.2.5",
    ...(ok
      ? {}
      : {
          hint: early
            ? "is the clock right?"
            : role === "VCEK"
              ? "fetch it again; for archived evidence give the instant at which it was made"
              : "for archived evidence give the instant at which it was made",
        }),
  };
}
