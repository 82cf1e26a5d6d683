// SPDX-License-Identifier: Apache-2.0
// HMAC-SHA256 on the synchronous hash. Source: RFC 2104.

import { sha256 } from "#crypto";

const BLOCK = 64;

/** HMAC-SHA256, 32 bytes. A key longer than a block is hashed first, as the RFC says. */
export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  const padded = new Uint8Array(BLOCK);
  padded.set(key.length > BLOCK ? sha256(key) : key);
  const inner = new Uint8Array(BLOCK + message.length);
  inner.set(padded.map((byte) => byte ^ 0x36));
  inner.set(message, BLOCK);
  const outer = new Uint8Array(BLOCK + 32);
  outer.set(padded.map((byte) => byte ^ 0x5c));
  outer.set(sha256(inner), BLOCK);
  return sha256(outer);
}
