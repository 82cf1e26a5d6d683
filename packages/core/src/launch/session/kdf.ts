// SPDX-License-Identifier: Apache-2.0
// From the shared secret to the keys that wrap the transport keys: NIST SP 800-108, counter mode, with
// HMAC-SHA256. Source: AMD SEV API (55766), LAUNCH_START, key derivation.

import { hmacSha256 } from "../../crypto/hmac.ts";
import { KEY_SIZE } from "./layout.ts";

/** The keys that wrap TEK and TIK, 16 bytes each. Secret. */
export interface WrappingKeys {
  /** Key encryption key. */
  readonly kek: Uint8Array;
  /** Key integrity key. */
  readonly kik: Uint8Array;
}

/**
 * Derives `length` bytes: blocks `HMAC(key, u32LE(i) || label || 0 || context || u32LE(bits))` for i
 * from 1, concatenated and cut (NIST SP 800-108 section 4.1; AMD counts little-endian).
 * @param label ASCII, without the zero byte that ends it.
 */
export function kdf(
  key: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const name = new TextEncoder().encode(label);
  const message = new Uint8Array(4 + name.length + 1 + context.length + 4);
  const view = new DataView(message.buffer);
  message.set(name, 4);
  message.set(context, 4 + name.length + 1);
  view.setUint32(message.length - 4, 8 * length, true);
  const derived = new Uint8Array(length);
  for (let start = 0, i = 1; start < length; start += 32, i++) {
    view.setUint32(0, i, true);
    derived.set(hmacSha256(key, message).subarray(0, length - start), start);
  }
  return derived;
}

/**
 * KEK and KIK of a session.
 * @param z X coordinate of the ECDH point, big-endian: 48 bytes with real keys.
 * @param nonce NONCE of the session, 16 bytes.
 */
export function deriveSessionKeys(z: Uint8Array, nonce: Uint8Array): WrappingKeys {
  const master = kdf(z, "sev-master-secret", nonce, KEY_SIZE);
  const none = new Uint8Array(0);
  return {
    kek: kdf(master, "sev-kek", none, KEY_SIZE),
    kik: kdf(master, "sev-kik", none, KEY_SIZE),
  };
}
