// SPDX-License-Identifier: Apache-2.0
// Both ciphers: published vectors, agreement between the two, refusals by name, and that `#cipher` is
// Node's here.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { ciphers as imported } from "#cipher";
import { hexDecode, hexEncode } from "../../src/bytes/index.ts";
import { ciphers as node, ciphersSync } from "../../src/crypto/cipher-node.ts";
import { ciphers as web } from "../../src/crypto/cipher-web.ts";
import type { P384PrivateKey } from "../../src/crypto/cipher-node.ts";

/** NIST SP 800-38A, F.5.1: CTR-AES128.Encrypt. */
const CTR = {
  key: "2b7e151628aed2a6abf7158809cf4f3c",
  iv: "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
  plain:
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51" +
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
  cipher:
    "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff" +
    "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee",
};

/** RFC 5903 section 8.2: 384-bit random ECP group. */
const ECDH = {
  scalar:
    "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655" +
    "e35b538041e649ee3faef896783ab194",
  peer:
    "e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d" +
    "0d1ac43a0336def96fda41d0774a3571" +
    "dcfbec7aacf3196472169e838430367f66eebe3c6e70c416dd5f0c68759dd1ff" +
    "f83fa40142209dff5eaad96db9e6386c",
  x:
    "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4" +
    "d603135569b9e9d09cf5d4a270f59746",
};

/** The largest private value, and one more: the order of the group (SEC 2, section 2.5.1). */
const ORDER =
  "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";

const keyOf = (scalar: string): P384PrivateKey => ({
  scalar: hexDecode(scalar),
  point: new Uint8Array(96),
});

for (const [name, ciphers] of [
  ["node:crypto", node],
  ["WebCrypto and portable AES", web],
] as const) {
  describe(name, () => {
    test("AES-128 in counter mode: NIST's example, in whole and cut at every length", () => {
      const [key, iv] = [hexDecode(CTR.key), hexDecode(CTR.iv)];
      const plain = hexDecode(CTR.plain);
      for (let length = 0; length <= plain.length; length++) {
        const cipher = ciphers.aes128Ctr(key, iv, plain.subarray(0, length));
        assert.equal(hexEncode(cipher), CTR.cipher.slice(0, 2 * length));
      }
    });

    test("the counter block is one number of 128 bits", () => {
      const key = hexDecode(CTR.key);
      const last = ciphers.aes128Ctr(key, new Uint8Array(16).fill(0xff), new Uint8Array(32));
      const first = ciphers.aes128Ctr(key, new Uint8Array(16), new Uint8Array(16));
      assert.deepEqual(last.subarray(16), first);
    });

    test("ECDH: the example of RFC 5903", async () => {
      const x = await ciphers.sharedX(keyOf(ECDH.scalar), hexDecode(ECDH.peer));
      assert.equal(hexEncode(x), ECDH.x);
    });

    test("new keys are of full length, differ, and agree with one another", async () => {
      const [a, b] = [await ciphers.generateP384(), await ciphers.generateP384()];
      assert.deepEqual([a.scalar.length, a.point.length], [48, 96]);
      assert.notDeepEqual(a.scalar, b.scalar);
      assert.deepEqual(await ciphers.sharedX(a, b.point), await ciphers.sharedX(b, a.point));
    });

    test("points off the curve and impossible private values are refused", async () => {
      const own = await ciphers.generateP384();
      const off = hexDecode(ECDH.peer);
      off[95]! ^= 1;
      for (const point of [off, new Uint8Array(96), new Uint8Array(95), new Uint8Array(0)]) {
        await assert.rejects(async () => ciphers.sharedX(own, point), { code: "bad-point" });
      }
      for (const scalar of ["00".repeat(48), "ff".repeat(48), ORDER, "01"]) {
        await assert.rejects(async () => ciphers.sharedX(keyOf(scalar), own.point), {
          name: "KeyError",
          code: "bad-private-value",
        });
      }
    });

    test("keys and counter blocks of another length are refused", () => {
      const sound = new Uint8Array(16);
      for (const wrong of [new Uint8Array(15), new Uint8Array(24), new Uint8Array(0)]) {
        assert.throws(() => ciphers.aes128Ctr(wrong, sound, sound), { code: "bad-length" });
        assert.throws(() => ciphers.aes128Ctr(sound, wrong, sound), { code: "bad-length" });
      }
    });
  });
}

test("both agree on any key, counter block and data", () => {
  const block = fc.uint8Array({ minLength: 16, maxLength: 16 });
  fc.assert(
    fc.property(block, block, fc.uint8Array({ maxLength: 100 }), (key, iv, data) => {
      assert.deepEqual(web.aes128Ctr(key, iv, data), node.aes128Ctr(key, iv, data));
    }),
  );
});

test("a shared coordinate with leading zeros keeps its 48 bytes", async () => {
  // One in 256 has one: looked for, so that the padding is really met.
  const own = ciphersSync.generateP384();
  for (let tries = 0; tries < 20_000; tries++) {
    const peer = ciphersSync.generateP384();
    const x = ciphersSync.sharedX(own, peer.point);
    assert.equal(x.length, 48);
    if (x[0] !== 0) continue;
    assert.deepEqual(await web.sharedX(own, peer.point), x);
    return;
  }
  assert.fail("no coordinate with a leading zero in 20000");
});

test("without WebCrypto the error says what to do", async () => {
  const { crypto } = globalThis;
  const set = (value: unknown): void => {
    Object.defineProperty(globalThis, "crypto", { value, configurable: true, writable: true });
  };
  set({});
  try {
    await assert.rejects(async () => web.generateP384(), { code: "no-webcrypto" });
  } finally {
    set(crypto);
  }
});

test("#cipher is Node's in Node", () => assert.equal(imported, node));
