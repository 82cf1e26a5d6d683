// SPDX-License-Identifier: Apache-2.0
// SEV certificates (CEK, OCA, PEK, PDH, and the guest owner's GODH), read and written. Nothing is
// judged: verify-chain.ts says which usages, algorithms and signatures are right.

import { LayoutError } from "../../bytes/index.ts";
import { publicKeyFromAmd, publicKeyToAmd, signatureToAmd } from "../../launch/id-block/ecdsa.ts";
import { CURVES, ECDSA_PUBLIC_KEY } from "../../launch/id-block/layout.ts";
import {
  SEV_ALGORITHM,
  SEV_CERTIFICATE,
  SEV_PUBLIC_KEY_SIZE,
  SEV_RSA_PUBLIC_KEY,
  SEV_SIGNATURE_SIZE,
  SEV_SIGNED_SIZE,
  SEV_USAGE,
} from "./layout.ts";

/** The public key of a SEV certificate. */
export type SevPublicKey =
  | {
      readonly kind: "EC";
      /** 2 is P-384; others are kept for a judge to refuse. */
      readonly curve: number;
      /** X and Y, big-endian, 96 bytes. Not yet known to be on the curve. */
      readonly point: Uint8Array;
    }
  | {
      readonly kind: "RSA";
      /** Size of the modulus as the certificate states it. */
      readonly bits: number;
      /** Big-endian, without leading zeros. */
      readonly exponent: Uint8Array;
      /** Big-endian, without leading zeros. */
      readonly modulus: Uint8Array;
    }
  | {
      /** Of an algorithm that is not known. */
      readonly kind: "unknown";
      readonly bytes: Uint8Array;
    };

/** One of the two signatures of a SEV certificate. */
export interface SevSignature {
  /** What kind of key signed, see SEV_USAGE; INVALID (0x1000) where nothing is signed. */
  readonly usage: number;
  /** See SEV_ALGORITHM. */
  readonly algorithm: number;
  /** The field of 512 bytes as it stands: r and s in 72 bytes each, or an RSA number; little-endian. */
  readonly bytes: Uint8Array;
}

/** A SEV certificate. Byte strings are views of `bytes`, except those of the public key. */
export interface SevCertificate {
  /** The certificate as it stands: 2084 bytes. */
  readonly bytes: Uint8Array;
  /** What both signatures are over: the first 0x414 bytes. */
  readonly signed: Uint8Array;
  readonly version: number;
  /** API version of the firmware that made it. */
  readonly apiMajor: number;
  readonly apiMinor: number;
  /** See SEV_USAGE. */
  readonly usage: number;
  /** See SEV_ALGORITHM. */
  readonly algorithm: number;
  readonly publicKey: SevPublicKey;
  readonly signatures: readonly [SevSignature, SevSignature];
}

/** What {@link encodeSevCertificate} writes. */
export interface SevCertificateContent {
  /** Zero in certificates that no firmware made. */
  readonly apiMajor?: number;
  readonly apiMinor?: number;
  readonly usage: number;
  readonly algorithm: number;
  readonly publicKey: SevPublicKey;
  /** By slot; a slot that is left out is unused: usage INVALID, no algorithm, zeros. */
  readonly signatures?: readonly (SevSignature | undefined)[];
}

/** A slot without a signature. */
const UNUSED: SevSignature = {
  usage: SEV_USAGE.INVALID,
  algorithm: SEV_ALGORITHM.none,
  bytes: new Uint8Array(SEV_SIGNATURE_SIZE),
};

const EC_ALGORITHMS: ReadonlySet<number> = new Set([
  SEV_ALGORITHM["ECDSA-SHA256"],
  SEV_ALGORITHM["ECDSA-SHA384"],
  SEV_ALGORITHM["ECDH-SHA256"],
  SEV_ALGORITHM["ECDH-SHA384"],
]);
const RSA_ALGORITHMS: ReadonlySet<number> = new Set([
  SEV_ALGORITHM["RSA-SHA256"],
  SEV_ALGORITHM["RSA-SHA384"],
]);

/**
 * Reads a SEV certificate. AMD SEV API 55766, SEV certificate.
 * @throws {LayoutError} for bytes that are not exactly one certificate of version 1, and for a public
 * key whose unused bytes are not zero.
 */
export function parseSevCertificate(bytes: Uint8Array): SevCertificate {
  const fields = SEV_CERTIFICATE.decode(bytes);
  const { version, apiMajor, apiMinor, usage, algorithm } = fields;
  return {
    bytes,
    signed: bytes.subarray(0, SEV_SIGNED_SIZE),
    version,
    apiMajor,
    apiMinor,
    usage,
    algorithm,
    publicKey: readPublicKey(fields.publicKey, algorithm),
    signatures: [
      {
        usage: fields.signature1Usage,
        algorithm: fields.signature1Algorithm,
        bytes: fields.signature1,
      },
      {
        usage: fields.signature2Usage,
        algorithm: fields.signature2Algorithm,
        bytes: fields.signature2,
      },
    ],
  };
}

/**
 * Writes a SEV certificate: 2084 bytes, of which the first {@link SEV_SIGNED_SIZE} are what its
 * signatures cover. To sign one, write it without signatures, sign that part, and write it again.
 * @throws {LayoutError} for values that do not fit, and for more than two signatures.
 */
export function encodeSevCertificate(content: SevCertificateContent): Uint8Array {
  const { apiMajor = 0, apiMinor = 0, usage, algorithm, publicKey, signatures = [] } = content;
  if (signatures.length > 2) {
    throw new LayoutError({
      code: "bad-length",
      structure: SEV_CERTIFICATE.name,
      reason: `has ${signatures.length} signatures, has room for 2`,
    });
  }
  const [first = UNUSED, second = UNUSED] = signatures;
  return SEV_CERTIFICATE.encode({
    version: 1,
    apiMajor,
    apiMinor,
    usage,
    algorithm,
    publicKey: writePublicKey(publicKey),
    signature1Usage: first.usage,
    signature1Algorithm: first.algorithm,
    signature1: first.bytes,
    signature2Usage: second.usage,
    signature2Algorithm: second.algorithm,
    signature2: second.bytes,
  });
}

/**
 * A signature in the form that certificates hold it in.
 * @param signature ECDSA: r and s, big-endian, 96 bytes. RSA: big-endian, as long as the modulus.
 * @throws {LayoutError} `bad-length`.
 */
export function sevSignature(
  usage: number,
  algorithm: number,
  signature: Uint8Array,
): SevSignature {
  if (!RSA_ALGORITHMS.has(algorithm)) {
    return { usage, algorithm, bytes: signatureToAmd(signature) };
  }
  return { usage, algorithm, bytes: littleEndian(signature, SEV_SIGNATURE_SIZE, "RSA signature") };
}

/** The public key of a point on P-384 (X and Y, big-endian, 96 bytes). */
export function p384PublicKey(point: Uint8Array): SevPublicKey {
  return { kind: "EC", curve: CURVES["P-384"], point };
}

/**
 * The number in little-endian order, zero-extended.
 * @throws {LayoutError} `bad-length` when it is longer.
 */
export function littleEndian(bigEndian: Uint8Array, length: number, what: string): Uint8Array {
  if (bigEndian.length > length) {
    throw new LayoutError({
      code: "bad-length",
      structure: what,
      reason: `has ${bigEndian.length} bytes, has room for ${length}`,
    });
  }
  const bytes = new Uint8Array(length);
  bytes.set(bigEndian.toReversed());
  return bytes;
}

/** The number of a little-endian field: big-endian, without leading zeros. */
export function numberOf(field: Uint8Array): Uint8Array {
  const bigEndian = field.toReversed();
  const start = bigEndian.findIndex((byte) => byte !== 0);
  return start < 0 ? new Uint8Array(0) : bigEndian.subarray(start);
}

function readPublicKey(field: Uint8Array, algorithm: number): SevPublicKey {
  if (EC_ALGORITHMS.has(algorithm)) {
    return {
      kind: "EC",
      curve: ECDSA_PUBLIC_KEY.decode(field).curve,
      point: publicKeyFromAmd(field),
    };
  }
  if (!RSA_ALGORITHMS.has(algorithm)) return { kind: "unknown", bytes: field };
  const { modulusBits, exponent, modulus } = SEV_RSA_PUBLIC_KEY.decode(field);
  return {
    kind: "RSA",
    bits: modulusBits,
    exponent: numberOf(exponent),
    modulus: numberOf(modulus),
  };
}

function writePublicKey(key: SevPublicKey): Uint8Array {
  switch (key.kind) {
    case "EC": {
      const p384 = ECDSA_PUBLIC_KEY.decode(publicKeyToAmd(key.point));
      return ECDSA_PUBLIC_KEY.encode({ ...p384, curve: key.curve });
    }
    case "RSA":
      return SEV_RSA_PUBLIC_KEY.encode({
        modulusBits: key.bits,
        exponent: littleEndian(key.exponent, 512, "RSA exponent"),
        modulus: littleEndian(key.modulus, 512, "RSA modulus"),
      });
    case "unknown":
      if (key.bytes.length === SEV_PUBLIC_KEY_SIZE) return key.bytes;
      throw new LayoutError({
        code: "bad-length",
        structure: SEV_CERTIFICATE.name,
        field: "publicKey",
        reason: `has ${key.bytes.length} bytes, must have ${SEV_PUBLIC_KEY_SIZE}`,
      });
  }
}
