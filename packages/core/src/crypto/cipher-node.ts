// SPDX-License-Identifier: Apache-2.0
// `#cipher` in Node: everything at once, on OpenSSL. The twin for browsers is cipher-web.ts.

import { Buffer } from "node:buffer";
import { createCipheriv, createECDH } from "node:crypto";
import type { ECDH } from "node:crypto";
import type { Ciphers, P384PrivateKey, SyncCiphers } from "./cipher.ts";
import {
  badPoint,
  badPrivateValue,
  requireAesInput,
  requireAgreementInput,
} from "./cipher-input.ts";
import { P384_BYTES } from "./p384-key.ts";

export type { Ciphers, P384PrivateKey, SyncCiphers } from "./cipher.ts";

const CURVE = "secp384r1";
const UNCOMPRESSED = 0x04;

/** Key agreement and encryption on OpenSSL, with the types of functions that answer at once. */
export const ciphersSync: SyncCiphers = {
  generateP384(): P384PrivateKey {
    const pair = createECDH(CURVE);
    pair.generateKeys();
    return { scalar: padded(pair.getPrivateKey()), point: pointOf(pair) };
  },

  sharedX(key: P384PrivateKey, peerPoint: Uint8Array): Uint8Array {
    requireAgreementInput(key.scalar, peerPoint);
    const pair = createECDH(CURVE);
    try {
      pair.setPrivateKey(key.scalar);
    } catch {
      throw badPrivateValue();
    }
    try {
      return padded(pair.computeSecret(Buffer.concat([Buffer.of(UNCOMPRESSED), peerPoint])));
    } catch {
      throw badPoint();
    }
  },

  aes128Ctr(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
    requireAesInput(key, iv);
    const cipher = createCipheriv("aes-128-ctr", key, iv);
    return copyOf(cipher.update(data), data.length);
  },
};

/** The same with the types that hold on every platform. */
export const ciphers: Ciphers = { ...ciphersSync };

function pointOf(pair: ECDH): Uint8Array {
  return copyOf(pair.getPublicKey().subarray(1), 2 * P384_BYTES);
}

/** A number in all the 48 bytes of a coordinate; OpenSSL leaves leading zeros out. */
function padded(number: Uint8Array): Uint8Array {
  const whole = new Uint8Array(P384_BYTES);
  whole.set(number, P384_BYTES - number.length);
  return whole;
}

/** A plain array of its own, which no pool of buffers keeps. */
function copyOf(bytes: Uint8Array, length: number): Uint8Array {
  const copy = new Uint8Array(length);
  copy.set(bytes);
  return copy;
}
