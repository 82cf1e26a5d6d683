// SPDX-License-Identifier: Apache-2.0
// SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) with the keys that occur around SEV: RSA (RFC
// 3279 section 2.3.1) and EC on P-384 (RFC 5480). Whether a key serves a signature scheme is decided
// here for all platforms, because their own importers differ in what they take.

import { LayoutError } from "../bytes/index.ts";
import { DER_TAG, DerReader } from "./der.ts";
import { KeyError } from "./key-error.ts";
import { SIGNATURE_SCHEMES } from "./signature.ts";
import type { SignatureScheme } from "./signature.ts";

/** What kind of key a SubjectPublicKeyInfo holds. */
export type PublicKeyKind =
  | { readonly kind: "RSA"; readonly bits: number; readonly exponent: number }
  | { readonly kind: "P-384" }
  | {
      readonly kind: "unknown";
      /** Of the algorithm; for EC keys on another curve, of the curve. */
      readonly oid: string;
      /** In words: `EC on P-256`, `RSA-PSS`. */
      readonly title: string;
    };

const RSA = "1.2.840.113549.1.1.1";
const EC = "1.2.840.10045.2.1";
const P384 = "1.3.132.0.34";

const TITLES: Readonly<Record<string, string>> = {
  "1.2.840.10045.3.1.7": "EC on P-256",
  "1.3.132.0.10": "EC on secp256k1",
  "1.3.132.0.35": "EC on P-521",
  "1.2.840.113549.1.1.10": "RSA-PSS",
  "1.3.101.112": "Ed25519",
  "1.3.101.113": "Ed448",
};

/** AMD's keys have 4096 bits. Above 8192, browsers refuse and a signature takes long to check. */
const RSA_BITS = { least: 2048, most: 8192 } as const;

/**
 * How the SubjectPublicKeyInfo of an uncompressed point on P-384 begins; 96 bytes follow. There is no
 * other encoding of one, and AMD's keys that sign reports are all of it.
 */
// prettier-ignore
export const P384_SPKI_HEAD = [
  0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
  0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04,
] as const;

function isP384Point(spki: Uint8Array): boolean {
  return (
    spki.length === P384_SPKI_HEAD.length + 96 &&
    P384_SPKI_HEAD.every((byte, i) => spki[i] === byte)
  );
}

/**
 * Reads a SubjectPublicKeyInfo. Whether an EC point is on its curve is not looked at.
 * @throws {LayoutError} for bytes that are none; also for a P-384 key that is no uncompressed point.
 */
export function readPublicKeyKind(spki: Uint8Array): PublicKeyKind {
  if (isP384Point(spki)) return { kind: "P-384" };
  const outer = new DerReader(spki, "SubjectPublicKeyInfo");
  const info = outer.sequence("info");
  outer.finish();
  const algorithm = info.sequence("algorithm");
  const oid = algorithm.objectIdentifier("algorithm");
  if (oid === RSA) {
    algorithm.null("parameters");
    algorithm.finish();
    return readRsa(info);
  }
  if (oid !== EC) return { kind: "unknown", oid, title: TITLES[oid] ?? `of algorithm ${oid}` };
  if (algorithm.nextTag !== DER_TAG.objectIdentifier) {
    return { kind: "unknown", oid, title: "EC with explicit parameters" };
  }
  const curve = algorithm.objectIdentifier("parameters");
  algorithm.finish();
  if (curve !== P384) {
    return { kind: "unknown", oid: curve, title: TITLES[curve] ?? `EC on curve ${curve}` };
  }
  const offset = info.offset;
  const point = info.bitString("subjectPublicKey");
  info.finish();
  if (point.length !== 97 || point[0] !== 0x04) {
    throw new LayoutError({
      code: "unknown-value",
      structure: "SubjectPublicKeyInfo",
      field: "subjectPublicKey",
      offset,
      reason: `is no uncompressed P-384 point (${point.length} bytes)`,
      source: "RFC 5480 section 2.2",
    });
  }
  return { kind: "P-384" };
}

/**
 * Asserts that a key serves a signature scheme.
 * @throws {LayoutError} for bytes that are no SubjectPublicKeyInfo.
 * @throws {KeyError} `wrong-key-type`, `wrong-curve` or `wrong-key-size`.
 */
export function requireKey(spki: Uint8Array, scheme: SignatureScheme): void {
  const key = readPublicKeyKind(spki);
  if (SIGNATURE_SCHEMES[scheme].kind === "ECDSA") {
    if (key.kind === "P-384") return;
    const found = key.kind === "RSA" ? "RSA" : key.title;
    const isEc = found.startsWith("EC ");
    throw new KeyError(
      isEc ? "wrong-curve" : "wrong-key-type",
      `the key is ${found}, must be EC on P-384`,
    );
  }
  if (key.kind !== "RSA") {
    const found = key.kind === "P-384" ? "EC on P-384" : key.title;
    throw new KeyError("wrong-key-type", `the key is ${found}, must be RSA`);
  }
  const { bits, exponent } = key;
  if (bits < RSA_BITS.least || bits > RSA_BITS.most) {
    const range = `${RSA_BITS.least} to ${RSA_BITS.most}`;
    throw new KeyError("wrong-key-size", `the RSA key has ${bits} bits, must have ${range}`);
  }
  if (exponent < 3 || exponent % 2 === 0) {
    throw new KeyError("wrong-key-size", `the RSA key has the exponent ${exponent}`);
  }
}

/** RSAPublicKey (RFC 8017 appendix A.1.1): modulus and an exponent of at most 32 bits. */
function readRsa(info: DerReader): PublicKeyKind {
  const outer = new DerReader(info.bitString("subjectPublicKey"), "RSAPublicKey");
  info.finish();
  const key = outer.sequence("key");
  outer.finish();
  const offset = key.offset;
  const modulus = key.integer("modulus");
  const exponent = key.unsigned("publicExponent", 0xffff_ffff);
  key.finish();
  const skip = modulus[0] === 0 ? 1 : 0;
  const top = modulus[skip] ?? 0;
  if (modulus[0]! >= 0x80 || top === 0) {
    throw new LayoutError({
      code: "out-of-range",
      structure: "RSAPublicKey",
      field: "modulus",
      offset,
      reason: "is not a positive number",
      source: "RFC 8017 appendix A.1.1",
    });
  }
  return { kind: "RSA", bits: (modulus.length - skip) * 8 - (Math.clz32(top) - 24), exponent };
}
