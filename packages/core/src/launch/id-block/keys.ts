// SPDX-License-Identifier: Apache-2.0
// ID and author keys from files: PEM or DER, SEC1 or PKCS #8 for private ones, SubjectPublicKeyInfo
// for public ones. Private keys go into WebCrypto as not extractable and are never shown.

import { base64Decode } from "../../bytes/index.ts";
import {
  checkParameters,
  decodePrivateKey,
  decodePublicKey,
  encodePkcs8,
  encryptedKey,
} from "../../crypto/p384-key.ts";
import type { P384PrivateParts } from "../../crypto/p384-key.ts";
import { KeyError } from "../../crypto/key-error.ts";
import { pemDecode } from "../../crypto/pem.ts";
import type { PemBlock } from "../../crypto/pem.ts";
import { P384_KEY, publicKeyFromAmd, publicKeyToAmd } from "./ecdsa.ts";

/** A P-384 key that can sign an ID block or, as author key, an ID key. */
export interface SigningKey {
  /** Signs; not extractable. */
  readonly privateKey: CryptoKey;
  /** The public half as AMD stores it, 1028 bytes. */
  readonly publicKey: Uint8Array;
}

/** A key file is about 300 bytes; nothing above this is read as one. */
const FILE_LIMIT = 0x10000;

const HINT = "a P-384 key in PEM or DER is needed, as openssl ecparam or openssl genpkey writes it";

/**
 * Imports a private key: PEM (`EC PRIVATE KEY`, also after `EC PARAMETERS`, or `PRIVATE KEY`) or
 * the DER of either. A public key in the file must belong to the private one.
 * @throws {LayoutError} for text or bytes that break PEM, base64 or DER.
 * @throws {KeyError} for a key that is encrypted, of another kind or curve, or inconsistent.
 */
export async function importSigningKey(file: Uint8Array | string): Promise<SigningKey> {
  const parts = readPrivateKey(file);
  const point = parts.point ?? (await derivePoint(parts));
  const publicKey = publicKeyToAmd(point);
  await importVerifyKey(publicKey);
  const key = encodePkcs8({ scalar: parts.scalar, point });
  const privateKey = await importPkcs8(key, false).catch(() => {
    throw new KeyError(
      "key-mismatch",
      "the public key in the file does not belong to its private key",
      "write the key anew without its public half: openssl ec -in key.pem -no_public -out new.pem",
    );
  });
  return { privateKey, publicKey };
}

/**
 * Imports a public key, PEM (`PUBLIC KEY`) or DER (SubjectPublicKeyInfo), as AMD's 1028 bytes. The
 * point is known to be on the curve afterwards.
 * @throws {LayoutError} for text or bytes that break PEM, base64 or DER.
 * @throws {KeyError} for another kind of key, another curve or a point that is not on it.
 */
export async function importPublicKey(file: Uint8Array | string): Promise<Uint8Array> {
  const input = readFile(file);
  const der = input instanceof Uint8Array ? input : onlyBlock(input, ["PUBLIC KEY"]).bytes;
  const publicKey = publicKeyToAmd(decodePublicKey(der));
  await importVerifyKey(publicKey);
  return publicKey;
}

/**
 * The WebCrypto key that checks signatures made by AMD's 1028-byte public key.
 * @throws {LayoutError} for bytes that break the layout.
 * @throws {KeyError} `bad-point` for a point that is not on P-384.
 */
export async function importVerifyKey(publicKey: Uint8Array): Promise<CryptoKey> {
  const point = publicKeyFromAmd(publicKey);
  const raw = new Uint8Array(1 + point.length);
  raw[0] = 0x04;
  raw.set(point, 1);
  return crypto.subtle.importKey("raw", raw, P384_KEY, false, ["verify"]).catch(() => {
    throw new KeyError("bad-point", "the public key is not a point of P-384");
  });
}

function readPrivateKey(file: Uint8Array | string): P384PrivateParts {
  const input = readFile(file);
  if (input instanceof Uint8Array) return decodePrivateKey(input);
  const block = onlyBlock(input, ["EC PRIVATE KEY", "PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]);
  const isEncrypted = block.headers.some((line) => /^Proc-Type:.*ENCRYPTED/i.test(line));
  if (isEncrypted || block.label === "ENCRYPTED PRIVATE KEY") throw encryptedKey();
  const parameters = input.filter(({ label }) => label === "EC PARAMETERS");
  for (const { bytes } of parameters) checkParameters(bytes);
  return decodePrivateKey(block.bytes, parameters.length > 0);
}

/** PEM blocks of the file, or its bytes when it is DER. */
function readFile(file: Uint8Array | string): readonly PemBlock[] | Uint8Array {
  if (file.length > FILE_LIMIT) {
    throw new KeyError("no-key", `this is too large to be a key (${file.length} bytes)`, HINT);
  }
  const text = typeof file === "string" ? file : new TextDecoder().decode(file);
  const blocks = pemDecode(text);
  if (blocks.length > 0) return blocks;
  // DER of every key begins with a SEQUENCE; anything else is no key at all.
  if (typeof file !== "string" && file[0] === 0x30) return file;
  throw new KeyError("no-key", "this is neither PEM nor DER", HINT);
}

function onlyBlock(blocks: readonly PemBlock[], labels: readonly string[]): PemBlock {
  const found = blocks.filter(({ label }) => labels.includes(label));
  if (found.length > 1) {
    throw new KeyError("several-keys", `the file holds ${found.length} keys, one is needed`);
  }
  if (found[0] !== undefined) return found[0];
  const present = blocks.map(({ label }) => label).join(", ");
  throw new KeyError("wrong-key-type", `the file holds ${present}, needed is ${labels[0]}`, HINT);
}

/** The public point of a private value, for files that hold none. */
async function derivePoint(parts: P384PrivateParts): Promise<Uint8Array> {
  const key = await importPkcs8(encodePkcs8(parts), true).catch(() => {
    throw new KeyError(
      "bad-private-value",
      "the private value is zero or too large for P-384",
      "some browsers also refuse a key file that lacks its public key",
    );
  });
  const { x = "", y = "" } = await crypto.subtle.exportKey("jwk", key);
  // 48 bytes are 64 digits each, so that neither has padding and the two can be joined.
  return base64Decode(`${x}${y}`.replaceAll("-", "+").replaceAll("_", "/"));
}

function importPkcs8(pkcs8: Uint8Array<ArrayBuffer>, extractable: boolean): Promise<CryptoKey> {
  return crypto.subtle.importKey("pkcs8", pkcs8, P384_KEY, extractable, ["sign"]);
}
