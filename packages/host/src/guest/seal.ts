// SPDX-License-Identifier: Apache-2.0
// A secret encrypted to the key that a guest made for it.

import { constants, createPublicKey, publicEncrypt } from "node:crypto";
import { GuestError } from "./error.ts";

/** Fewest bits of a key that a secret is given to. */
const LEAST_BITS = 2048;
/** Bytes of OAEP with SHA-256: two digests and two more (RFC 8017, section 7.1.1). */
const OAEP_OVERHEAD = 66;

/**
 * Encrypts a secret with RSA-OAEP, SHA-256.
 * @param publicKey SubjectPublicKeyInfo, DER, as the evidence has bound it.
 * @param secret At most what one block of the key takes: 318 bytes with 3072 bits.
 * @throws {GuestError} `bad-parameter` for another kind of key, a short one, or a longer secret.
 */
export function sealForGuest(publicKey: Uint8Array, secret: Uint8Array): Uint8Array {
  const key = rsaKey(publicKey);
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== "rsa" || bits < LEAST_BITS) {
    throw new GuestError("bad-parameter", `the guest's key is no RSA key of ${LEAST_BITS} bits`);
  }
  const most = Math.ceil(bits / 8) - OAEP_OVERHEAD;
  if (secret.length > most) {
    throw new GuestError(
      "bad-parameter",
      `the secret has ${secret.length} bytes, the guest's key takes ${most}`,
    );
  }
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  return publicEncrypt({ key, padding, oaepHash: "sha256" }, secret);
}

function rsaKey(publicKey: Uint8Array): ReturnType<typeof createPublicKey> {
  try {
    return createPublicKey({ key: Buffer.from(publicKey), format: "der", type: "spki" });
  } catch {
    // OpenSSL's own words say nothing that helps.
    throw new GuestError("bad-parameter", "the guest's key is no public key in DER");
  }
}
