// SPDX-License-Identifier: Apache-2.0
// Keys written as SubjectPublicKeyInfo: what node:crypto writes for the same key.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { p384Spki, rsaSpki } from "../../src/crypto/spki-write.ts";

const fromUrl = (text: string | undefined) => new Uint8Array(Buffer.from(text ?? "", "base64url"));

test("RSA keys of all sizes and exponents", () => {
  for (const [modulusLength, publicExponent] of [
    [2048, 3],
    [2048, 65_537],
    [4096, 65_537],
    [4096, 0x8000_0001],
  ] as const) {
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength, publicExponent });
    const { n, e } = publicKey.export({ format: "jwk" });
    const spki = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
    assert.deepEqual(rsaSpki(fromUrl(n), fromUrl(e)), spki);
    // Leading zeros are no part of the number.
    assert.deepEqual(rsaSpki(Uint8Array.of(0, 0, ...fromUrl(n)), fromUrl(e)), spki);
  }
});

test("points of P-384", () => {
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const { x, y } = publicKey.export({ format: "jwk" });
  const point = Uint8Array.of(...fromUrl(x), ...fromUrl(y));
  const spki = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));
  assert.deepEqual(p384Spki(point), spki);
  assert.throws(() => p384Spki(point.subarray(1)), { code: "bad-length" });
});

test("numbers that are zero are written as zero", () => {
  assert.deepEqual(
    [...rsaSpki(new Uint8Array(2), new Uint8Array(0))].slice(-9),
    [0, 0x30, 6, 2, 1, 0, 2, 1, 0],
  );
});
