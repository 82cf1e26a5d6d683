// SPDX-License-Identifier: Apache-2.0
// Layouts of the certificates of SEV and SEV-ES: those of a platform's keys (2084 bytes) and those of
// AMD's roots (832 or 1600 bytes). Layouts only: which usages and algorithms are right is judged
// elsewhere.

import { at, bytes, labelled, mbz, struct, u8, u32, version } from "../../bytes/index.ts";
import type { Struct } from "../../bytes/index.ts";

const API = "AMD SEV API 55766";

/** What a key is for. ARK and ASK are AMD's, the others a platform's. AMD SEV API 55766, key usage. */
export const SEV_USAGE = {
  ARK: 0x0000,
  ASK: 0x0013,
  INVALID: 0x1000,
  OCA: 0x1001,
  PEK: 0x1002,
  PDH: 0x1003,
  CEK: 0x1004,
} as const;

/** Names of {@link SEV_USAGE}. */
export type SevUsageName = keyof typeof SEV_USAGE;

/** Algorithms of keys and signatures. RSA is RSASSA-PSS with a salt as long as the digest. */
export const SEV_ALGORITHM = {
  none: 0x000,
  "RSA-SHA256": 0x001,
  "ECDSA-SHA256": 0x002,
  "ECDH-SHA256": 0x003,
  "RSA-SHA384": 0x101,
  "ECDSA-SHA384": 0x102,
  "ECDH-SHA384": 0x103,
} as const;

/** How many bytes of a SEV certificate both of its signatures cover: all before the first one. */
export const SEV_SIGNED_SIZE = 0x414;

/** Bytes of the field of a public key, whatever its algorithm. */
export const SEV_PUBLIC_KEY_SIZE = 0x404;

/** Bytes of the field of a signature, whatever its algorithm. */
export const SEV_SIGNATURE_SIZE = 0x200;

/** The certificate of a key of the platform or of its owner: CEK, OCA, PEK, PDH; also the GODH. */
export const SEV_CERTIFICATE = struct(
  "SEV_CERTIFICATE",
  { size: 0x824, source: `${API}, SEV certificate` },
  {
    version: at(0x000, version(u32, [1]), "VERSION of this structure: 1"),
    apiMajor: at(0x004, u8, "API_MAJOR of the firmware that made the certificate"),
    apiMinor: at(0x005, u8, "API_MINOR of the firmware that made the certificate"),
    reserved: at(0x006, mbz(2)),
    usage: at(0x008, labelled(u32, SEV_USAGE), "PUBKEY_USAGE"),
    algorithm: at(0x00c, labelled(u32, SEV_ALGORITHM), "PUBKEY_ALGO"),
    publicKey: at(0x010, bytes(SEV_PUBLIC_KEY_SIZE), "PUBKEY, in the form of its algorithm"),
    signature1Usage: at(0x414, labelled(u32, SEV_USAGE), "SIG1_USAGE: kind of key that signed"),
    signature1Algorithm: at(0x418, labelled(u32, SEV_ALGORITHM), "SIG1_ALGO"),
    signature1: at(0x41c, bytes(SEV_SIGNATURE_SIZE), "SIG1 over bytes 0x000 to 0x413"),
    signature2Usage: at(0x61c, labelled(u32, SEV_USAGE), "SIG2_USAGE: kind of key that signed"),
    signature2Algorithm: at(0x620, labelled(u32, SEV_ALGORITHM), "SIG2_ALGO"),
    signature2: at(0x624, bytes(SEV_SIGNATURE_SIZE), "SIG2 over bytes 0x000 to 0x413"),
  },
);

/** An RSA key in the public key field; numbers are little-endian and zero-extended. */
export const SEV_RSA_PUBLIC_KEY = struct(
  "SEV_RSA_PUBLIC_KEY",
  { size: SEV_PUBLIC_KEY_SIZE, source: `${API}, RSA public key` },
  {
    modulusBits: at(0x000, u32, "MODULUS_SIZE in bits"),
    exponent: at(0x004, bytes(512), "PUBEXP, little-endian"),
    modulus: at(0x204, bytes(512), "MODULUS, little-endian"),
  },
);

/** Sizes that AMD's root and signing keys have, in bits. */
export type AmdKeyBits = 2048 | 4096;

interface AmdCertificateLayout {
  readonly version: 1;
  readonly keyId: Uint8Array;
  readonly certifyingKeyId: Uint8Array;
  readonly usage: number;
  readonly exponentBits: number;
  readonly modulusBits: number;
  readonly exponent: Uint8Array;
  readonly modulus: Uint8Array;
  readonly signature: Uint8Array;
}

/** The certificate of an AMD root key (ARK) or signing key (ASK) of 2048 bits: Naples. */
export const AMD_CERTIFICATE_2048: Struct<AmdCertificateLayout> = amdLayout(2048);

/** The certificate of an AMD root key (ARK) or signing key (ASK) of 4096 bits: Rome and later. */
export const AMD_CERTIFICATE_4096: Struct<AmdCertificateLayout> = amdLayout(4096);

function amdLayout(keyBits: AmdKeyBits) {
  const wide = keyBits / 8;
  return struct(
    `AMD_CERTIFICATE_${keyBits}`,
    { size: 64 + 3 * wide, source: `${API}, AMD certificate` },
    {
      version: at(0x00, version(u32, [1]), "VERSION of this structure: 1"),
      keyId: at(0x04, bytes(16), "KEY_ID of this key"),
      certifyingKeyId: at(0x14, bytes(16), "CERTIFYING_ID: KEY_ID of the key that signed"),
      usage: at(0x24, labelled(u32, SEV_USAGE), "KEY_USAGE"),
      reserved: at(0x28, mbz(16)),
      exponentBits: at(0x38, u32, `PUBEXP_SIZE in bits: ${keyBits}, though the number is short`),
      modulusBits: at(0x3c, u32, `MODULUS_SIZE in bits: ${keyBits}`),
      exponent: at(0x40, bytes(wide), "PUBEXP, little-endian"),
      modulus: at(0x40 + wide, bytes(wide), "MODULUS, little-endian"),
      signature: at(0x40 + 2 * wide, bytes(wide), "SIG over all before it, little-endian"),
    },
  );
}
