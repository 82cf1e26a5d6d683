// SPDX-License-Identifier: Apache-2.0
// The public key in a file, as its bytes stand there: of a key of any kind, or of a certificate.

import { X509Certificate, createPublicKey } from "node:crypto";
import { LayoutError } from "@greenlight/core/bytes";
import { pemDecode } from "@greenlight/core/endorsement";
import { UsageError } from "../command/usage-error.ts";
import { readBounded } from "./file.ts";

/** Public keys, certificates and whatever else is bound are smaller. */
const MAX_KEY_SIZE = 64 * 1024;

/**
 * SubjectPublicKeyInfo (DER) of a public key or certificate, PEM or DER.
 * @param orRaw Whether other content counts as the bytes themselves.
 * @throws {UsageError} `bad-value` for a private key and for anything that cannot be taken, `empty-file`;
 * those of reading files.
 */
export function readKeyBytes(path: string, { orRaw }: { readonly orRaw: boolean }): Uint8Array {
  const bytes = readBounded(path, MAX_KEY_SIZE);
  const shown = JSON.stringify(path);
  const text = Buffer.from(bytes).toString("latin1");
  if (bytes.length === 0) {
    throw new UsageError("empty-file", `${shown} is empty`, "give a public key");
  }
  // It would be taken for its public half, or hashed; who gives one has mixed up two files.
  if (text.includes("PRIVATE KEY-----")) {
    throw new UsageError(
      "bad-value",
      `${shown} is a private key`,
      "give its public half: openssl pkey -in FILE -pubout",
    );
  }
  const key = certificateKey(bytes) ?? publicKey(bytes, text);
  if (key !== undefined) return key;
  if (orRaw) return bytes;
  throw new UsageError(
    "bad-value",
    `${shown} is neither a public key nor a certificate`,
    "give one in PEM or DER",
  );
}

/** The key of a certificate; undefined unless it stands in it byte for byte as OpenSSL gives it. */
function certificateKey(bytes: Uint8Array): Uint8Array | undefined {
  try {
    const certificate = new X509Certificate(bytes);
    const key = certificate.publicKey.export({ type: "spki", format: "der" });
    return certificate.raw.includes(key) ? key : undefined;
  } catch {
    return undefined; // no certificate
  }
}

function publicKey(bytes: Uint8Array, text: string): Uint8Array | undefined {
  const der = text.includes("-----BEGIN PUBLIC KEY-----") ? pemKey(text) : bytes;
  if (der === undefined) return undefined;
  try {
    createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" });
    return der;
  } catch {
    return undefined; // no public key
  }
}

/** What stands in PEM, when it is one key and nothing else. */
function pemKey(text: string): Uint8Array | undefined {
  try {
    const [block, second] = pemDecode(text);
    return second === undefined && block?.label === "PUBLIC KEY" ? block.bytes : undefined;
  } catch (error) {
    if (error instanceof LayoutError) return undefined;
    throw error;
  }
}
