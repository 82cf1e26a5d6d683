// SPDX-License-Identifier: Apache-2.0
// What both ciphers check before they begin, so that they refuse the same with the same words.

import { LayoutError } from "../bytes/index.ts";
import { KeyError } from "./key-error.ts";
import { P384_BYTES } from "./p384-key.ts";

/** Bytes of an AES-128 key and of an AES block. */
export const AES_128_BYTES = 16;

/** @throws {LayoutError} `bad-length` for a key or counter block that does not have 16 bytes. */
export function requireAesInput(key: Uint8Array, iv: Uint8Array): void {
  for (const [structure, value] of [
    ["AES-128 key", key],
    ["AES counter block", iv],
  ] as const) {
    if (value.length === AES_128_BYTES) continue;
    throw new LayoutError({
      code: "bad-length",
      structure,
      reason: `has ${value.length} bytes, must have ${AES_128_BYTES}`,
    });
  }
}

/**
 * Checks the lengths of what ECDH is computed from.
 * @throws {KeyError} `bad-private-value` or `bad-point`.
 */
export function requireAgreementInput(scalar: Uint8Array, peerPoint: Uint8Array): void {
  if (scalar.length !== P384_BYTES) throw badPrivateValue();
  if (peerPoint.length !== 2 * P384_BYTES) throw badPoint();
}

/** The error for a point that is not on the curve. */
export function badPoint(): KeyError {
  return new KeyError("bad-point", "the public key is not a point of P-384");
}

/** The error for a private value that is zero or too large. */
export function badPrivateValue(): KeyError {
  return new KeyError("bad-private-value", "the private value is zero or too large for P-384");
}
