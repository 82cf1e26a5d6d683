// SPDX-License-Identifier: Apache-2.0
// Base64 of clients and guests: anything may come.

/** Bytes of base64 text; undefined for anything else. */
export function base64Bytes(text: string): Uint8Array | undefined {
  if (text === "" || text.length % 4 !== 0) return undefined;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  return Uint8Array.from(Buffer.from(text, "base64"));
}
