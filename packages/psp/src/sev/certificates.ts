// SPDX-License-Identifier: Apache-2.0
// Certificates of a platform's own keys: written, signed, and read where others give them to it.
// Source: AMD SEV API 55766 rev. 3.24, appendix C.

import { LayoutError } from "@greenlight/core/bytes";
import {
  SEV_ALGORITHM,
  SEV_CERTIFICATE,
  SEV_SIGNED_SIZE,
  SEV_USAGE,
  encodeSevCertificate,
  p384PublicKey,
  parseSevCertificate,
  sevSignature,
} from "@greenlight/core/sev-endorsement";
import type { SevCertificate, SevSignature, SevUsageName } from "@greenlight/core/sev-endorsement";
import type { EcdsaHash } from "../hierarchy/p384-key.ts";
import { verifyEcdsa } from "../platform/ec-key.ts";
import type { EcKey } from "../platform/ec-key.ts";
import type { RandomSource } from "../platform/random.ts";
import type { ApiVersion } from "../platform/api-version.ts";

/** Bytes of a SEV certificate. */
export const CERTIFICATE_SIZE = SEV_CERTIFICATE.size;

/** Bytes of the chain beside the PDH: PEK, OCA, CEK. */
export const CHAIN_SIZE = 3 * CERTIFICATE_SIZE;

/** Kinds of key that a platform has certificates of. */
export type PlatformKeyUsage = Extract<SevUsageName, "OCA" | "PEK" | "PDH" | "CEK">;

/** A key and what kind it is. */
export interface Signer {
  readonly usage: SevUsageName;
  readonly key: EcKey;
}

/** The certificate of a point without signatures, 2084 bytes. */
export function unsignedCertificate(
  usage: PlatformKeyUsage,
  point: Uint8Array,
  { major, minor }: ApiVersion,
): Uint8Array {
  return encodeSevCertificate({
    apiMajor: major,
    apiMinor: minor,
    usage: SEV_USAGE[usage],
    algorithm: SEV_ALGORITHM[usage === "PDH" ? "ECDH-SHA256" : "ECDSA-SHA256"],
    publicKey: p384PublicKey(point),
  });
}

/** The certificate with signatures of these keys, in this order, in place of those it has. */
export function signCertificate(
  certificate: Uint8Array,
  signers: readonly Signer[],
  random: RandomSource,
): Uint8Array {
  const signatures = signers.map((signer) => signatureOf(certificate, signer, random));
  return withSignatures(certificate, signatures);
}

/** A signature of this key under the certificate. */
export function signatureOf(
  certificate: Uint8Array,
  { usage, key }: Signer,
  random: RandomSource,
): SevSignature {
  const signature = key.sign(certificate.subarray(0, SEV_SIGNED_SIZE), "sha256", random);
  return sevSignature(SEV_USAGE[usage], SEV_ALGORITHM["ECDSA-SHA256"], signature);
}

/** The certificate with these signatures in place of those it has. */
export function withSignatures(
  certificate: Uint8Array,
  signatures: readonly SevSignature[],
): Uint8Array {
  return encodeSevCertificate({ ...parseSevCertificate(certificate), signatures });
}

/** A certificate of a key on P-384. */
export interface P384Certificate extends SevCertificate {
  readonly publicKey: Extract<SevCertificate["publicKey"], { readonly kind: "EC" }>;
}

/**
 * Reads a certificate that must be of this usage, of a matching algorithm, and on P-384 by name; its
 * point is not looked at. Undefined for any other, and for bytes that are none.
 */
export function readCertificate(
  bytes: Uint8Array,
  usage: PlatformKeyUsage,
): P384Certificate | undefined {
  const certificate = parsed(bytes);
  if (certificate === undefined || certificate.usage !== SEV_USAGE[usage]) return undefined;
  const { publicKey, algorithm } = certificate;
  const wanted = usage === "PDH" ? ECDH : ECDSA;
  const isRight = publicKey.kind === "EC" && publicKey.curve === P384 && wanted.has(algorithm);
  return isRight ? { ...certificate, publicKey } : undefined;
}

/**
 * The certificate's ECDSA signature by this key, in whichever of its slots says that such a key signed;
 * undefined when there is none, or a wrong one.
 */
export function signatureBy(
  { signed, signatures }: SevCertificate,
  usage: SevUsageName,
  point: Uint8Array,
): SevSignature | undefined {
  return signatures.find((signature) => {
    const hash = ECDSA.get(signature.algorithm);
    if (signature.usage !== SEV_USAGE[usage] || hash === undefined) return false;
    return verifyEcdsa(point, signed, plainSignature(signature.bytes), hash);
  });
}

/** Whether the certificate carries a right ECDSA signature of this key. */
export function isSignedBy(
  certificate: SevCertificate,
  usage: SevUsageName,
  point: Uint8Array,
): boolean {
  return signatureBy(certificate, usage, point) !== undefined;
}

const P384 = 2;

const ECDSA: ReadonlyMap<number, EcdsaHash> = new Map([
  [SEV_ALGORITHM["ECDSA-SHA256"], "sha256"],
  [SEV_ALGORITHM["ECDSA-SHA384"], "sha384"],
]);

const ECDH: ReadonlySet<number> = new Set([
  SEV_ALGORITHM["ECDH-SHA256"],
  SEV_ALGORITHM["ECDH-SHA384"],
]);

function parsed(bytes: Uint8Array): SevCertificate | undefined {
  try {
    return parseSevCertificate(bytes);
  } catch (error) {
    if (error instanceof LayoutError) return undefined;
    throw error;
  }
}

/** r and s, big-endian, out of their little-endian fields of 72 bytes; longer numbers never verify. */
function plainSignature(field: Uint8Array): Uint8Array {
  const signature = new Uint8Array(96);
  const isShort = [48, 120].every((at) => field.subarray(at, at + 24).every((byte) => byte === 0));
  if (!isShort) return signature;
  signature.set(field.subarray(0, 48).toReversed());
  signature.set(field.subarray(72, 120).toReversed(), 48);
  return signature;
}
