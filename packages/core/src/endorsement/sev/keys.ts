// SPDX-License-Identifier: Apache-2.0
// From keys and signatures as SEV's certificates hold them to those that signature verifiers take.

import { LayoutError, hexNumber } from "../../bytes/index.ts";
import type { SignatureScheme, SignatureVerifier } from "../../crypto/signature.ts";
import { p384Spki, rsaSpki } from "../../crypto/spki-write.ts";
import { CURVES } from "../../launch/id-block/layout.ts";
import { signatureFromAmd } from "../../launch/id-block/ecdsa.ts";
import { importKey } from "../authority-chain.ts";
import type { AmdCertificate } from "./amd-certificate.ts";
import type { SevCertificate, SevPublicKey, SevSignature } from "./certificate.ts";
import { SEV_ALGORITHM } from "./layout.ts";

/** Signature algorithms by their number. RSA is RSASSA-PSS, ECDSA is on P-384. */
const SCHEMES: ReadonlyMap<number, SignatureScheme> = new Map([
  [SEV_ALGORITHM["RSA-SHA256"], "RSA-PSS-SHA256"],
  [SEV_ALGORITHM["RSA-SHA384"], "RSA-PSS-SHA384"],
  [SEV_ALGORITHM["ECDSA-SHA256"], "ECDSA-P384-SHA256"],
  [SEV_ALGORITHM["ECDSA-SHA384"], "ECDSA-P384-SHA384"],
]);

/** A public key that may sign SEV certificates. */
export interface SevSigner {
  /** SubjectPublicKeyInfo; undefined for a key that is of no kind that signs here. */
  readonly spki: Uint8Array | undefined;
  readonly kind: SevPublicKey["kind"];
  /** Bytes of its signatures. */
  readonly width: number;
  /** Numbers of the algorithms it may sign with. */
  readonly algorithms: readonly number[];
}

/** The key of an ARK or ASK: it signs with the hash that belongs to its size. */
export function signerOfAmd({ bits, modulus, exponent }: AmdCertificate): SevSigner {
  const hash = bits === 2048 ? "RSA-SHA256" : "RSA-SHA384";
  return {
    spki: rsaSpki(modulus, exponent),
    kind: "RSA",
    width: modulus.length,
    algorithms: [SEV_ALGORITHM[hash]],
  };
}

/** The key of a SEV certificate. */
export function signerOfSev({ publicKey }: SevCertificate): SevSigner {
  switch (publicKey.kind) {
    case "EC":
      return {
        spki: publicKey.curve === CURVES["P-384"] ? p384Spki(publicKey.point) : undefined,
        kind: "EC",
        width: publicKey.point.length,
        algorithms: [SEV_ALGORITHM["ECDSA-SHA256"], SEV_ALGORITHM["ECDSA-SHA384"]],
      };
    case "RSA":
      return {
        spki: rsaSpki(publicKey.modulus, publicKey.exponent),
        kind: "RSA",
        width: publicKey.modulus.length,
        algorithms: [SEV_ALGORITHM["RSA-SHA256"], SEV_ALGORITHM["RSA-SHA384"]],
      };
    case "unknown":
      return { spki: undefined, kind: "unknown", width: 0, algorithms: [] };
  }
}

/** Why a key cannot be used; undefined when it can. */
export async function keyProblem(
  signer: SevSigner,
  signatures: SignatureVerifier,
): Promise<string | undefined> {
  const scheme = SCHEMES.get(signer.algorithms[0] ?? SEV_ALGORITHM.none);
  if (signer.spki === undefined || scheme === undefined) {
    return signer.kind === "EC" ? "EC on another curve than P-384" : "of an unknown algorithm";
  }
  return (await imported(signatures, signer.spki, scheme)).problem;
}

/** Why a signature is not the signer's over the message; undefined when it is. */
export async function signatureProblem(
  signer: SevSigner,
  { algorithm, bytes }: SevSignature,
  message: Uint8Array,
  signatures: SignatureVerifier,
): Promise<string | undefined> {
  const scheme = SCHEMES.get(algorithm);
  if (scheme === undefined || !signer.algorithms.includes(algorithm)) {
    return `the algorithm is ${hexNumber(algorithm)}, which does not belong to the key`;
  }
  const signature = signer.kind === "RSA" ? rsaSignature(bytes, signer.width) : ecdsaOf(bytes);
  if (signature === undefined) return "the field does not hold a signature of this algorithm";
  return verifyWith(signer, scheme, message, signature, signatures);
}

/** The same for an AMD certificate, whose signature says no algorithm: it is that of the key. */
export async function amdSignatureProblem(
  signer: SevSigner,
  { signed, signature }: AmdCertificate,
  signatures: SignatureVerifier,
): Promise<string | undefined> {
  const scheme = SCHEMES.get(signer.algorithms[0] ?? SEV_ALGORITHM.none);
  if (scheme === undefined) return "the key is of an unknown algorithm";
  return verifyWith(signer, scheme, signed, signature, signatures);
}

async function verifyWith(
  { spki }: SevSigner,
  scheme: SignatureScheme,
  message: Uint8Array,
  signature: Uint8Array,
  signatures: SignatureVerifier,
): Promise<string | undefined> {
  if (spki === undefined) return "the key of the signer cannot be used";
  const { key, problem } = await imported(signatures, spki, scheme);
  if (key === undefined) return problem;
  const valid = await signatures.verify(key, message, signature);
  return valid ? undefined : "the signature is another key's, or what it signs was changed";
}

/** Takes a key in. Numbers that no RSA key has, such as a modulus of zero, are a problem of the key. */
async function imported(
  ...key: Parameters<typeof importKey>
): Promise<Awaited<ReturnType<typeof importKey>>> {
  try {
    return await importKey(...key);
  } catch (error) {
    if (error instanceof LayoutError) return { problem: "the numbers are those of no RSA key" };
    throw error;
  }
}

/** The big-endian signature of a little-endian field; undefined when the field holds more. */
function rsaSignature(field: Uint8Array, width: number): Uint8Array | undefined {
  const hasMore = field.subarray(width).some((byte) => byte !== 0);
  return hasMore || width > field.length ? undefined : field.subarray(0, width).toReversed();
}

function ecdsaOf(field: Uint8Array): Uint8Array | undefined {
  try {
    return signatureFromAmd(field);
  } catch (error) {
    if (error instanceof LayoutError) return undefined;
    throw error;
  }
}
