// SPDX-License-Identifier: Apache-2.0
// What every signature verifier must do, whichever platform it is made for. Keys and signatures are
// made by node:crypto.

import assert from "node:assert/strict";
import { constants, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { describe, test } from "node:test";
import { hexDecode } from "../../src/bytes/index.ts";
import type { SignatureScheme, SignatureVerifier, VerifyKey } from "../../src/crypto/signature.ts";

/** Order of P-384 (SEC 2 version 2.0, section 2.5.1). */
const ORDER = hexDecode(
  "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
);

const spkiOf = (key: KeyObject): Uint8Array =>
  new Uint8Array(key.export({ type: "spki", format: "der" }));
const rsa = (modulusLength: number, publicExponent = 0x1_0001) =>
  generateKeyPairSync("rsa", { modulusLength, publicExponent });

const ec = generateKeyPairSync("ec", { namedCurve: "P-384" });
const rsaPair = rsa(2048);
const MESSAGE = new TextEncoder().encode("672 bytes of a report, or a tbsCertificate");

const pssSign = (saltLength: number, hash = "sha384"): Uint8Array =>
  new Uint8Array(
    sign(hash, MESSAGE, {
      key: rsaPair.privateKey,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength,
    }),
  );

/** Checks a verifier. `other` is one for another platform. */
export function checkVerifier(
  title: string,
  signatures: SignatureVerifier,
  other: SignatureVerifier,
): void {
  const importKey = async (spki: Uint8Array, scheme: SignatureScheme): Promise<VerifyKey> =>
    signatures.importKey(spki, scheme);
  const refused = async (spki: Uint8Array, scheme: SignatureScheme, code: string) =>
    assert.rejects(importKey(spki, scheme), { name: "KeyError", code });

  describe(title, () => {
    const signed = new Uint8Array(
      sign("sha384", MESSAGE, { key: ec.privateKey, dsaEncoding: "ieee-p1363" }),
    );

    test("ECDSA: the right signature, and none with a changed byte", async () => {
      const key = await importKey(spkiOf(ec.publicKey), "ECDSA-P384-SHA384");
      assert.equal(key.scheme, "ECDSA-P384-SHA384");
      assert.equal(await signatures.verify(key, MESSAGE, signed), true);
      for (const at of [0, 47, 48, 95]) {
        const changed = Uint8Array.from(signed);
        changed[at]! ^= 1;
        assert.equal(await signatures.verify(key, MESSAGE, changed), false);
      }
      assert.equal(await signatures.verify(key, MESSAGE.subarray(1), signed), false);
    });

    test("ECDSA: r and s that are zero, the order or above are false, never an error", async () => {
      const key = await importKey(spkiOf(ec.publicKey), "ECDSA-P384-SHA384");
      const beyond = [new Uint8Array(48), ORDER, new Uint8Array(48).fill(0xff)];
      for (const value of beyond) {
        for (const at of [0, 48]) {
          const changed = Uint8Array.from(signed);
          changed.set(value, at);
          assert.equal(await signatures.verify(key, MESSAGE, changed), false);
        }
      }
      assert.equal(await signatures.verify(key, MESSAGE, new Uint8Array(96)), false);
    });

    test("signatures of another length are false, never an error", async () => {
      const ecKey = await importKey(spkiOf(ec.publicKey), "ECDSA-P384-SHA384");
      for (const length of [0, 1, 95, 97, 144]) {
        assert.equal(await signatures.verify(ecKey, MESSAGE, new Uint8Array(length)), false);
      }
      const der = new Uint8Array(sign("sha384", MESSAGE, ec.privateKey));
      assert.equal(await signatures.verify(ecKey, MESSAGE, der), false);
      const rsaKey = await importKey(spkiOf(rsaPair.publicKey), "RSA-PSS-SHA384");
      for (const length of [0, 1, 255, 257, 512]) {
        assert.equal(await signatures.verify(rsaKey, MESSAGE, new Uint8Array(length)), false);
      }
    });

    test("RSA-PSS: only with SHA-384 and a salt of 48 bytes", async () => {
      const key = await importKey(spkiOf(rsaPair.publicKey), "RSA-PSS-SHA384");
      assert.equal(await signatures.verify(key, MESSAGE, pssSign(48)), true);
      for (const wrong of [pssSign(47), pssSign(32), pssSign(0), pssSign(48, "sha256")]) {
        assert.equal(await signatures.verify(key, MESSAGE, wrong), false);
      }
      const pkcs1 = new Uint8Array(sign("sha384", MESSAGE, rsaPair.privateKey));
      assert.equal(await signatures.verify(key, MESSAGE, pkcs1), false);
    });

    test("SHA-256: the same keys, other signatures", async () => {
      const ecKey = await importKey(spkiOf(ec.publicKey), "ECDSA-P384-SHA256");
      const of256 = new Uint8Array(
        sign("sha256", MESSAGE, { key: ec.privateKey, dsaEncoding: "ieee-p1363" }),
      );
      assert.equal(await signatures.verify(ecKey, MESSAGE, of256), true);
      assert.equal(await signatures.verify(ecKey, MESSAGE, signed), false);
      assert.equal(await signatures.verify(ecKey, MESSAGE, of256.subarray(1)), false);
      const rsaKey = await importKey(spkiOf(rsaPair.publicKey), "RSA-PSS-SHA256");
      assert.equal(await signatures.verify(rsaKey, MESSAGE, pssSign(32, "sha256")), true);
      for (const wrong of [pssSign(48, "sha256"), pssSign(32), pssSign(48)]) {
        assert.equal(await signatures.verify(rsaKey, MESSAGE, wrong), false);
      }
      await refused(spkiOf(rsaPair.publicKey), "ECDSA-P384-SHA256", "wrong-key-type");
      await refused(spkiOf(ec.publicKey), "RSA-PSS-SHA256", "wrong-key-type");
    });

    test("views of larger buffers and shared memory are taken", async () => {
      const shared = new Uint8Array(new SharedArrayBuffer(500));
      shared.set(MESSAGE, 3);
      shared.set(signed, 200);
      const spki = spkiOf(ec.publicKey);
      shared.set(spki, 300);
      const key = await importKey(shared.subarray(300, 300 + spki.length), "ECDSA-P384-SHA384");
      const message = shared.subarray(3, 3 + MESSAGE.length);
      assert.equal(await signatures.verify(key, message, shared.subarray(200, 296)), true);
    });

    test("only P-384 keys are taken for ECDSA", async () => {
      for (const namedCurve of ["P-256", "P-521", "secp256k1"]) {
        const { publicKey } = generateKeyPairSync("ec", { namedCurve });
        await refused(spkiOf(publicKey), "ECDSA-P384-SHA384", "wrong-curve");
      }
      await refused(spkiOf(rsaPair.publicKey), "ECDSA-P384-SHA384", "wrong-key-type");
      const { publicKey: edwards } = generateKeyPairSync("ed25519");
      await refused(spkiOf(edwards), "ECDSA-P384-SHA384", "wrong-key-type");
    });

    test("a point that is not on the curve is refused", async () => {
      const spki = spkiOf(ec.publicKey);
      spki[spki.length - 1]! ^= 1;
      await refused(spki, "ECDSA-P384-SHA384", "bad-point");
      await refused(spki.fill(0, -96), "ECDSA-P384-SHA384", "bad-point");
    });

    test("only plain RSA keys of 2048 to 8192 bits are taken for RSA-PSS", async () => {
      await refused(spkiOf(ec.publicKey), "RSA-PSS-SHA384", "wrong-key-type");
      const pss = generateKeyPairSync("rsa-pss", { modulusLength: 2048 });
      await refused(spkiOf(pss.publicKey), "RSA-PSS-SHA384", "wrong-key-type");
      await refused(spkiOf(rsa(1024).publicKey), "RSA-PSS-SHA384", "wrong-key-size");
      const one = createPublicKey({
        key: { ...rsaPair.publicKey.export({ format: "jwk" }), e: "AQ" },
        format: "jwk",
      });
      await refused(spkiOf(one), "RSA-PSS-SHA384", "wrong-key-size");
      const large = { kty: "RSA", e: "AQAB", n: Buffer.alloc(1025, 0xff).toString("base64url") };
      const larger = createPublicKey({ key: large, format: "jwk" });
      await refused(spkiOf(larger), "RSA-PSS-SHA384", "wrong-key-size");
    });

    test("bytes that are no key are no key", async () => {
      const spki = spkiOf(ec.publicKey);
      const longer = new Uint8Array(spki.length + 1);
      longer.set(spki);
      for (const bytes of [new Uint8Array(0), spki.subarray(1), spki.subarray(0, -1), longer]) {
        await assert.rejects(importKey(bytes, "ECDSA-P384-SHA384"), { name: "LayoutError" });
      }
    });

    test("a key of another verifier is a mistake of the caller", async () => {
      const foreign = await other.importKey(spkiOf(ec.publicKey), "ECDSA-P384-SHA384");
      await assert.rejects(async () => signatures.verify(foreign, MESSAGE, signed), TypeError);
    });
  });
}
