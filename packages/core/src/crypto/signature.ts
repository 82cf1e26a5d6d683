// SPDX-License-Identifier: Apache-2.0
// What checking a signature needs, on whichever platform. `#signature` brings the checker itself:
// signature-node.ts in Node, signature-web.ts everywhere else; the same tests run on both.

/**
 * Signatures that occur around SEV: those with SHA-384 of SEV-SNP and of SEV's later roots, those with
 * SHA-256 of SEV's platforms and first root. RSA-PSS is with MGF1 on the same hash and a salt of its
 * length.
 */
export const SIGNATURE_SCHEMES = {
  "ECDSA-P384-SHA384": { kind: "ECDSA", digestBits: 384 },
  "ECDSA-P384-SHA256": { kind: "ECDSA", digestBits: 256 },
  "RSA-PSS-SHA384": { kind: "RSA-PSS", digestBits: 384 },
  "RSA-PSS-SHA256": { kind: "RSA-PSS", digestBits: 256 },
} as const;

/** Name of one of {@link SIGNATURE_SCHEMES}. */
export type SignatureScheme = keyof typeof SIGNATURE_SCHEMES;

/** Bytes of an ECDSA signature on P-384: r and s. */
export const ECDSA_SIGNATURE_BYTES = 96;

/** A public key that a {@link SignatureVerifier} imported; of use only to that one. */
export interface VerifyKey {
  readonly scheme: SignatureScheme;
}

/** Checks signatures. Node's answers at once, WebCrypto's with promises. */
export interface SignatureVerifier {
  /**
   * Takes in a key.
   * @param spki SubjectPublicKeyInfo in DER (RFC 5280 section 4.1.2.7).
   * @throws {LayoutError} for bytes that are no SubjectPublicKeyInfo.
   * @throws {KeyError} for a key that the scheme does not take: another kind, curve or size, or a
   * point that is not on the curve. A promise is rejected with the same.
   */
  importKey(spki: Uint8Array, scheme: SignatureScheme): VerifyKey | Promise<VerifyKey>;
  /**
   * Whether the signature is the key's over the message. A bad one, whatever its length, is false.
   * @param signature ECDSA: r and s, big-endian, 96 bytes. RSA: as long as the modulus.
   * @throws {TypeError} for a key of another verifier.
   */
  verify(key: VerifyKey, message: Uint8Array, signature: Uint8Array): boolean | Promise<boolean>;
}
