// SPDX-License-Identifier: Apache-2.0
// The ASN.1 structures that P-384 keys are stored in: ECPrivateKey (RFC 5915, "SEC1"), PKCS #8
// (RFC 5958) and SubjectPublicKeyInfo (RFC 5480). Named curves and uncompressed points only.

import { DER_TAG, DerReader, contextTag } from "./der.ts";
import { equalBytes } from "./equal.ts";
import { KeyError } from "./key-error.ts";

/** Bytes of a P-384 coordinate, private value or signature half. */
export const P384_BYTES = 48;

/** A private key taken out of its container. */
export interface P384PrivateParts {
  /** The private value, big-endian, 48 bytes. */
  readonly scalar: Uint8Array;
  /** X and Y, big-endian, 96 bytes; absent when the file holds none. */
  readonly point: Uint8Array | undefined;
}

const EC = "1.2.840.10045.2.1";
const P384 = "1.3.132.0.34";

/** Names of object identifiers that are met in place of the two above. */
const OID_NAMES: Readonly<Record<string, string>> = {
  "1.2.840.10045.3.1.1": "P-192",
  "1.2.840.10045.3.1.7": "P-256",
  "1.3.132.0.10": "secp256k1",
  "1.3.132.0.33": "P-224",
  "1.3.132.0.35": "P-521",
  "1.2.840.113549.1.1.1": "RSA",
  "1.2.840.113549.1.1.10": "RSA-PSS",
  "1.3.101.110": "X25519",
  "1.3.101.112": "Ed25519",
  "1.3.101.113": "Ed448",
};

const CURVE_HINT = "make one with: openssl ecparam -name secp384r1 -genkey -noout -out key.pem";

/**
 * The private key in DER: ECPrivateKey or PKCS #8.
 * @param curveIsKnown Whether an `EC PARAMETERS` block before it named P-384.
 * @throws {LayoutError} for bytes that are neither.
 * @throws {KeyError} for another curve or kind of key, an encrypted one, or a public one.
 */
export function decodePrivateKey(der: Uint8Array, curveIsKnown = false): P384PrivateParts {
  const outer = new DerReader(der, "PrivateKey");
  const key = outer.sequence("key");
  outer.finish();
  if (key.nextTag === DER_TAG.sequence) refuseOther(key);
  const version = key.version("version");
  // ECPrivateKey has version 1 and a string next, PKCS #8 version 0 or 1 and an algorithm next.
  const parts =
    version === 1 && key.nextTag === DER_TAG.octetString
      ? readEcPrivateKey(key, curveIsKnown)
      : readPkcs8(key, version);
  key.finish();
  return parts;
}

/**
 * The point of a SubjectPublicKeyInfo: X and Y, big-endian, 96 bytes. Not yet known to be on the
 * curve.
 * @throws {LayoutError} for bytes that are no SubjectPublicKeyInfo.
 * @throws {KeyError} for another curve, kind of key or form of point.
 */
export function decodePublicKey(der: Uint8Array): Uint8Array {
  const outer = new DerReader(der, "SubjectPublicKeyInfo");
  const info = outer.sequence("info");
  outer.finish();
  if (info.nextTag === DER_TAG.integer) {
    throw new KeyError("wrong-key-type", "this is a private key where a public one is needed");
  }
  requireP384(info);
  const point = readPoint(info.bitString("subjectPublicKey"));
  info.finish();
  return point;
}

/**
 * Checks the content of an `EC PARAMETERS` block.
 * @throws {LayoutError} for bytes that are no object identifier.
 * @throws {KeyError} `wrong-curve`.
 */
export function checkParameters(der: Uint8Array): void {
  const parameters = new DerReader(der, "ECParameters");
  readCurve(parameters, "namedCurve");
  parameters.finish();
}

/** PKCS #8 of a private value, with the point where it is known. */
export function encodePkcs8(parts: P384PrivateParts): Uint8Array<ArrayBuffer> {
  const point = parts.point === undefined ? [] : [tlv(0xa1, tlv(0x03, [0x00, 0x04], parts.point))];
  const key = tlv(0x30, [0x02, 0x01, 0x01], tlv(0x04, parts.scalar), ...point);
  return tlv(0x30, [0x02, 0x01, 0x00], EC_P384_ALGORITHM, tlv(0x04, key));
}

/** AlgorithmIdentifier { id-ecPublicKey, secp384r1 } (RFC 5480 section 2.1.1). */
// prettier-ignore
const EC_P384_ALGORITHM = [
  0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04,
  0x00, 0x22,
] as const;

function readPkcs8(key: DerReader, version: number): P384PrivateParts {
  if (version > 1)
    throw new KeyError("wrong-key-type", `PKCS #8 of version ${version} is not known`);
  requireP384(key);
  const inner = new DerReader(key.octetString("privateKey"), "ECPrivateKey");
  const sequence = inner.sequence("key");
  inner.finish();
  if (sequence.version("version") !== 1) {
    throw new KeyError("wrong-key-type", "the ECPrivateKey inside is not of version 1");
  }
  const parts = readEcPrivateKey(sequence, true);
  sequence.finish();
  if (key.nextTag === contextTag(0)) key.content(contextTag(0), "attributes");
  if (version === 0 || key.nextTag === undefined) return parts;
  // RFC 5958 section 2: version 1 may repeat the public key, as an implicitly tagged BIT STRING.
  const repeated = readPoint(key.bitString("publicKey", 0x81));
  if (parts.point !== undefined && !equalBytes(parts.point, repeated)) {
    throw new KeyError("key-mismatch", "the key holds two different public keys");
  }
  return { scalar: parts.scalar, point: repeated };
}

/** The components of an ECPrivateKey after its version (RFC 5915 section 3). */
function readEcPrivateKey(key: DerReader, curveIsKnown: boolean): P384PrivateParts {
  const scalar = key.octetString("privateKey");
  if (key.nextTag === contextTag(0)) {
    const parameters = key.sequence("parameters", contextTag(0));
    readCurve(parameters, "namedCurve");
    parameters.finish();
  } else if (!curveIsKnown) {
    throw new KeyError("wrong-curve", "the key does not say which curve it is of", CURVE_HINT);
  }
  if (scalar.length !== P384_BYTES) {
    throw new KeyError(
      "bad-private-value",
      `the private value has ${scalar.length} bytes, must have ${P384_BYTES}`,
      "write the key anew with: openssl pkey -in key.pem -out new.pem",
    );
  }
  if (key.nextTag !== contextTag(1)) return { scalar, point: undefined };
  const outer = key.sequence("publicKey", contextTag(1));
  const point = readPoint(outer.bitString("point"));
  outer.finish();
  return { scalar, point };
}

/** Reads an AlgorithmIdentifier and refuses every other than EC on P-384. */
function requireP384(reader: DerReader): void {
  const algorithm = reader.sequence("algorithm");
  const oid = algorithm.objectIdentifier("algorithm");
  if (oid !== EC) {
    const kind = OID_NAMES[oid] ?? `of algorithm ${oid}`;
    throw new KeyError("wrong-key-type", `the key is ${kind}, must be EC on P-384`, CURVE_HINT);
  }
  readCurve(algorithm, "parameters");
  algorithm.finish();
}

function readCurve(reader: DerReader, field: string): void {
  if (reader.nextTag === DER_TAG.sequence) {
    throw new KeyError(
      "wrong-curve",
      "the curve is given by explicit parameters, which are not accepted",
      "write the key anew with: openssl ec -in key.pem -param_enc named_curve -out new.pem",
    );
  }
  const oid = reader.objectIdentifier(field);
  if (oid !== P384) {
    const found = OID_NAMES[oid] ?? oid;
    throw new KeyError("wrong-curve", `the curve is ${found}, must be P-384`, CURVE_HINT);
  }
}

/** X and Y of an uncompressed point (SEC 1 version 2.0, section 2.3.3). */
function readPoint(encoded: Uint8Array): Uint8Array {
  if (encoded[0] === 0x04 && encoded.length === 1 + 2 * P384_BYTES) return encoded.subarray(1);
  const compressed = encoded[0] === 0x02 || encoded[0] === 0x03;
  throw new KeyError(
    "bad-point",
    compressed
      ? "the public key is a compressed point, which is not accepted"
      : `the public key is no uncompressed P-384 point (${encoded.length} bytes)`,
    "write the key anew with: openssl ec -in key.pem -conv_form uncompressed -out new.pem",
  );
}

/** Says what a PrivateKey that begins with a SEQUENCE is instead: encrypted, or a public key. */
function refuseOther(key: DerReader): never {
  key.content(DER_TAG.sequence, "algorithm");
  if (key.nextTag === DER_TAG.octetString) throw encryptedKey();
  throw new KeyError(
    "wrong-key-type",
    "this is not a private key (a public key or a certificate?)",
  );
}

/** The error for a key that is encrypted, in whichever container. */
export function encryptedKey(): KeyError {
  return new KeyError(
    "encrypted-key",
    "the key is encrypted with a passphrase",
    "decrypt it first, for example with: openssl pkey -in key.pem -out plain.pem",
  );
}

function tlv(tag: number, ...parts: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const header = length < 0x80 ? [tag, length] : [tag, 0x81, length];
  const bytes = new Uint8Array(header.length + length);
  bytes.set(header);
  let offset = header.length;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
