// SPDX-License-Identifier: Apache-2.0
// SEV and AMD certificates: what is read is what was written, and what breaks the layout is refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LayoutError } from "../../../src/bytes/index.ts";
import {
  AMD_CERTIFICATE_SIZES,
  AMD_SEV_ROOTS,
  SEV_ALGORITHM,
  SEV_CERTIFICATE,
  SEV_SIGNED_SIZE,
  SEV_USAGE,
  encodeAmdCertificate,
  encodeSevCertificate,
  p384PublicKey,
  parseAmdCertificate,
  parseSevCertificate,
  sevSignature,
} from "../../../src/endorsement/sev/index.ts";
import { missingVectors, readVector } from "../../support/vectors.ts";
import { ecPair, rsaPair } from "./support.ts";

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const patched = (bytes: Uint8Array, offset: number, value: number): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  copy[offset] = value;
  return copy;
};

const content = {
  apiMajor: 1,
  apiMinor: 55,
  usage: SEV_USAGE.PDH,
  algorithm: SEV_ALGORITHM["ECDH-SHA256"],
  publicKey: p384PublicKey(Uint8Array.from({ length: 96 }, (_, i) => i + 1)),
};

test("a certificate that is written is read as it was meant", () => {
  fc.assert(
    fc.property(
      fc.record({ apiMajor: fc.nat(255), apiMinor: fc.nat(255), usage: fc.nat(0xffff) }),
      fc.constantFrom(2, 3, 0x102, 0x103),
      bytesOf(96),
      bytesOf(96),
      (head, algorithm, point, signature) => {
        const slot = sevSignature(SEV_USAGE.PEK, SEV_ALGORITHM["ECDSA-SHA256"], signature);
        const bytes = encodeSevCertificate({
          ...head,
          algorithm,
          publicKey: p384PublicKey(point),
          signatures: [undefined, slot],
        });
        assert.equal(bytes.length, 2084);
        const read = parseSevCertificate(bytes);
        assert.deepEqual(
          { ...head, algorithm },
          {
            apiMajor: read.apiMajor,
            apiMinor: read.apiMinor,
            usage: read.usage,
            algorithm: read.algorithm,
          },
        );
        assert.deepEqual(read.publicKey, { kind: "EC", curve: 2, point });
        assert.deepEqual(read.signatures[1], slot);
        assert.deepEqual(read.signed, bytes.subarray(0, SEV_SIGNED_SIZE));
        assert.equal(read.signatures[0].usage, SEV_USAGE.INVALID);
        assert.deepEqual(encodeSevCertificate(read), bytes);
      },
    ),
  );
});

test("coordinates are little-endian in 72 bytes each", () => {
  const bytes = encodeSevCertificate(content);
  assert.deepEqual([...bytes.subarray(0x10, 0x15)], [2, 0, 0, 0, 48]);
  assert.equal(bytes[0x14 + 47], 1);
  assert.deepEqual(
    [...bytes.subarray(0x14 + 48, 0x5c)],
    Array.from({ length: 24 }, () => 0),
  );
  assert.equal(bytes[0x5c], 96);
});

test("RSA keys and signatures keep their numbers", () => {
  const { publicKey } = rsaPair(2048);
  const signature = Uint8Array.from({ length: 256 }, (_, i) => 255 - i);
  const slot = sevSignature(SEV_USAGE.OCA, SEV_ALGORITHM["RSA-SHA256"], signature);
  const read = parseSevCertificate(
    encodeSevCertificate({
      usage: SEV_USAGE.OCA,
      algorithm: SEV_ALGORITHM["RSA-SHA256"],
      publicKey,
      signatures: [slot],
    }),
  );
  assert.deepEqual(read.publicKey, publicKey);
  assert.equal(read.signatures[0].bytes[0], signature.at(-1));
  assert.deepEqual(encodeSevCertificate(read), read.bytes);
});

test("keys of an algorithm that is not known are kept as they stand", () => {
  const bytes = patched(encodeSevCertificate(content), 0x0c, 9);
  const { publicKey } = parseSevCertificate(bytes);
  assert.equal(publicKey.kind, "unknown");
  assert.deepEqual(encodeSevCertificate(parseSevCertificate(bytes)), bytes);
});

test("other lengths, versions and reserved bytes are refused", () => {
  const bytes = encodeSevCertificate(content);
  const rows: readonly (readonly [Uint8Array, string])[] = [
    [bytes.subarray(0, 2083), "truncated"],
    [Uint8Array.of(...bytes, 0), "trailing-bytes"],
    [new Uint8Array(0), "truncated"],
    [patched(bytes, 0, 2), "unsupported-version"],
    [patched(bytes, 6, 1), "must-be-zero"],
    [patched(bytes, 0x14 + 48, 1), "must-be-zero"],
    [patched(bytes, 0xa4, 1), "must-be-zero"],
    [patched(bytes, 0x413, 1), "must-be-zero"],
  ];
  for (const [broken, code] of rows) {
    assert.throws(() => parseSevCertificate(broken), { name: "LayoutError", code });
  }
  const slot = sevSignature(SEV_USAGE.PEK, 2, new Uint8Array(96));
  assert.throws(() => encodeSevCertificate({ ...content, signatures: [slot, slot, slot] }), {
    code: "bad-length",
  });
  assert.throws(() => sevSignature(SEV_USAGE.PEK, 2, new Uint8Array(95)), { code: "bad-length" });
});

test("AMD certificates of both sizes are written as they are read", () => {
  for (const { ark, ask } of AMD_SEV_ROOTS) {
    for (const certificate of [ark, ask!]) {
      assert.equal(certificate.bytes.length, AMD_CERTIFICATE_SIZES[certificate.bits]);
      assert.deepEqual([...certificate.exponent], [1, 0, 1]);
      assert.equal(certificate.modulus.length * 8, certificate.bits);
      assert.deepEqual(encodeAmdCertificate(certificate), certificate.bytes);
    }
  }
});

test("AMD certificates with other sizes than their bytes have are refused", () => {
  const { bytes } = AMD_SEV_ROOTS[1]!.ark;
  const naples = AMD_SEV_ROOTS[0]!.ark.bytes;
  const rows: readonly (readonly [Uint8Array, string])[] = [
    [bytes.subarray(0, 1599), "bad-length"],
    [Uint8Array.of(...bytes, 0), "bad-length"],
    [bytes.subarray(0, 831), "truncated"],
    [naples.subarray(0, 576), "truncated"],
    [new Uint8Array(0), "truncated"],
    [bytes.subarray(0, 832), "out-of-range"],
    [patched(bytes, 0, 2), "unsupported-version"],
    [patched(bytes, 0x28, 1), "must-be-zero"],
    [patched(bytes, 0x39, 8), "out-of-range"],
    [patched(bytes, 0x3d, 8), "out-of-range"],
  ];
  for (const [broken, code] of rows) {
    assert.throws(() => parseAmdCertificate(broken), { name: "LayoutError", code });
  }
});

test("numbers that do not fit are not written", () => {
  const { modulus } = rsaPair(4096);
  const ids = { keyId: new Uint8Array(16), certifyingKeyId: new Uint8Array(16) };
  const make = () => encodeAmdCertificate({ ...ids, usage: SEV_USAGE.ARK, bits: 2048, modulus });
  assert.throws(make, LayoutError);
});

test(
  "a guest owner's GODH is one of these certificates",
  { skip: missingVectors("sev/sim/godh.bin") },
  () => {
    const bytes = readVector("sev/sim/godh.bin");
    const { usage, algorithm, publicKey } = parseSevCertificate(bytes);
    assert.equal(usage, SEV_USAGE.PDH);
    assert.deepEqual(encodeSevCertificate({ usage, algorithm, publicKey }), bytes);
    assert.equal(SEV_CERTIFICATE.size, bytes.length);
  },
);

test("a point need not be on the curve to be read", () => {
  const { publicKey } = ecPair();
  assert.equal(publicKey.kind, "EC");
  const { publicKey: read } = parseSevCertificate(encodeSevCertificate(content));
  assert.equal(read.kind, "EC");
});
