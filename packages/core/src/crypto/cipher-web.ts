// SPDX-License-Identifier: Apache-2.0
// `#cipher` in browsers and workers: key agreement in WebCrypto, which answers with promises, and
// AES-128 of our own, which answers at once like Node's. The twin for Node is cipher-node.ts.

import { base64Decode } from "../bytes/index.ts";
import { encryptBlock, expandKey } from "./aes-portable.ts";
import type { Ciphers, P384PrivateKey } from "./cipher.ts";
import {
  AES_128_BYTES,
  badPoint,
  badPrivateValue,
  requireAesInput,
  requireAgreementInput,
} from "./cipher-input.ts";
import { KeyError } from "./key-error.ts";
import { P384_BYTES, encodePkcs8 } from "./p384-key.ts";

export type { Ciphers, P384PrivateKey, SyncCiphers } from "./cipher.ts";

const ALGORITHM = { name: "ECDH", namedCurve: "P-384" } as const;

/** Key agreement in WebCrypto, AES-128 without it. */
export const ciphers: Ciphers = {
  async generateP384(): Promise<P384PrivateKey> {
    const pair = await subtle().generateKey(ALGORITHM, true, ["deriveBits"]);
    const { d = "", x = "", y = "" } = await subtle().exportKey("jwk", pair.privateKey);
    return { scalar: base64Url(d), point: base64Url(`${x}${y}`) };
  },

  async sharedX(key: P384PrivateKey, peerPoint: Uint8Array): Promise<Uint8Array> {
    requireAgreementInput(key.scalar, peerPoint);
    // The point of the key itself is left out: it would have to be checked against the scalar.
    const pkcs8 = encodePkcs8({ scalar: key.scalar, point: undefined });
    const own = await subtle()
      .importKey("pkcs8", pkcs8, ALGORITHM, false, ["deriveBits"])
      .catch(() => {
        throw badPrivateValue();
      });
    const raw = new Uint8Array(1 + peerPoint.length);
    raw[0] = 0x04;
    raw.set(peerPoint, 1);
    const peer = await subtle()
      .importKey("raw", raw, ALGORITHM, false, [])
      .catch(() => {
        throw badPoint();
      });
    const bits = await subtle().deriveBits({ name: "ECDH", public: peer }, own, 8 * P384_BYTES);
    return new Uint8Array(bits);
  },

  aes128Ctr(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
    requireAesInput(key, iv);
    const schedule = expandKey(key);
    const counter = Uint8Array.from(iv);
    const view = new DataView(counter.buffer);
    const block = new Int32Array(4);
    const stream = new Uint8Array(AES_128_BYTES);
    const streamView = new DataView(stream.buffer);
    const result = new Uint8Array(data.length);
    for (let start = 0; start < data.length; start += AES_128_BYTES) {
      for (let i = 0; i < 4; i++) block[i] = view.getInt32(4 * i);
      encryptBlock(schedule, block);
      for (let i = 0; i < 4; i++) streamView.setInt32(4 * i, block[i]!);
      const end = Math.min(start + AES_128_BYTES, data.length);
      for (let i = start; i < end; i++) result[i] = data[i]! ^ stream[i - start]!;
      countUp(counter);
    }
    return result;
  },
};

/** Adds one to a big-endian number; after the largest comes zero. */
function countUp(counter: Uint8Array): void {
  for (let i = counter.length - 1; i >= 0; i--) {
    counter[i]! += 1;
    if (counter[i] !== 0) return;
  }
}

/** WebCrypto's numbers: base64url without padding, of which 48 or 96 bytes need none. */
function base64Url(text: string): Uint8Array {
  return base64Decode(text.replaceAll("-", "+").replaceAll("_", "/"));
}

/** WebCrypto; browsers leave it out of pages that did not come over a secure connection. */
function subtle(): SubtleCrypto {
  // The declared type does not know of such pages.
  const { crypto }: { readonly crypto?: { readonly subtle?: SubtleCrypto } } = globalThis;
  if (crypto?.subtle !== undefined) return crypto.subtle;
  throw new KeyError(
    "no-webcrypto",
    "this page has no WebCrypto, without which no key can be agreed on",
    "open the page over https, from localhost or from a file",
  );
}
