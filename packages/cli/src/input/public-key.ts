// SPDX-License-Identifier: Apache-2.0
// The public key in a file: of a key of any kind, or of a certificate.

import { X509Certificate, createPublicKey } from "node:crypto";

/** SubjectPublicKeyInfo (DER) of a public key or certificate, PEM or DER; undefined for anything else. */
export function spkiOf(bytes: Uint8Array): Uint8Array | undefined {
  // A private key would be taken for its public half; who gives one has mixed up two files.
  const text = Buffer.from(bytes).toString("latin1");
  if (text.includes("PRIVATE KEY-----")) return undefined;
  return certificateKey(bytes) ?? publicKey(bytes, text.includes("-----BEGIN "));
}

function certificateKey(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return new X509Certificate(bytes).publicKey.export({ type: "spki", format: "der" });
  } catch {
    return undefined; // no certificate
  }
}

function publicKey(bytes: Uint8Array, isPem: boolean): Uint8Array | undefined {
  try {
    const input = isPem
      ? ({ key: Buffer.from(bytes), format: "pem" } as const)
      : ({ key: Buffer.from(bytes), format: "der", type: "spki" } as const);
    const exported = createPublicKey(input).export({ type: "spki", format: "der" });
    // The bytes as they were given count, not OpenSSL's encoding of them.
    return isPem ? exported : bytes;
  } catch {
    return undefined; // no public key
  }
}
