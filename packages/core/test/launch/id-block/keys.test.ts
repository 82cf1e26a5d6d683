// SPDX-License-Identifier: Apache-2.0
// Importing ID and author keys: every container that is accepted, and every refusal by name.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { LayoutError } from "../../../src/bytes/index.ts";
import {
  KeyError,
  importPublicKey,
  importSigningKey,
  makeIdBlock,
  publicKeyFromAmd,
  publicKeyToAmd,
  signIdBlock,
  signatureFromAmd,
  signatureToAmd,
  verifyIdBlock,
} from "../../../src/launch/id-block/index.ts";
import { DIGEST, idsWith, pointOf } from "./support.ts";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
const other = generateKeyPairSync("ec", { namedCurve: "P-384" });
const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });
const p521 = generateKeyPairSync("ec", { namedCurve: "P-521" });
const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 });
const ed25519 = generateKeyPairSync("ed25519");

const AMD_KEY = publicKeyToAmd(pointOf(publicKey));
const SEC1 = privateKey.export({ type: "sec1", format: "der" });
const PKCS8 = privateKey.export({ type: "pkcs8", format: "der" });
const SPKI = publicKey.export({ type: "spki", format: "der" });

/** `EC PARAMETERS` with the object identifier of P-384, as `openssl ecparam` writes it first. */
const P384_PARAMETERS = pem("EC PARAMETERS", Buffer.from("06052b81040022", "hex"));
const P256_PARAMETERS = pem("EC PARAMETERS", Buffer.from("06082a8648ce3d030107", "hex"));

function pem(label: string, der: Uint8Array): string {
  const text = Buffer.from(der)
    .toString("base64")
    .replaceAll(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN ${label}-----\n${text}\n-----END ${label}-----\n`;
}

/** DER of at most 65535 bytes, for keys that no tool writes. */
function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const { length: size } = body;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const hex = (text: string): Buffer => Buffer.from(text, "hex");
const scalar = Buffer.from(privateKey.export({ format: "jwk" }).d ?? "", "base64url");
const pointBits = (point: Uint8Array) => Buffer.concat([hex("0004"), point]);
const CURVE = tlv(0xa0, hex("06052b81040022"));
const ecPrivateKey = (d: Uint8Array, ...rest: readonly Uint8Array[]) =>
  tlv(0x30, hex("020101"), tlv(0x04, d), ...rest);
const pkcs8 = (version: string, key: Uint8Array, ...rest: readonly Uint8Array[]) =>
  tlv(0x30, hex(version), hex("301006072a8648ce3d020106052b81040022"), tlv(0x04, key), ...rest);

async function refused(file: Uint8Array | string, code: string): Promise<Error> {
  let caught: unknown;
  await assert.rejects(importSigningKey(file), (error) => {
    caught = error;
    return error instanceof Error && "code" in error && error.code === code;
  });
  return caught as Error;
}

describe("importSigningKey", () => {
  const text = (options: { type: "sec1" | "pkcs8" }) =>
    privateKey.export({ ...options, format: "pem" });
  const accepted: readonly (readonly [string, Uint8Array | string])[] = [
    ["SEC1 PEM", text({ type: "sec1" })],
    ["SEC1 PEM as bytes", Buffer.from(text({ type: "sec1" }))],
    ["SEC1 PEM after EC PARAMETERS", P384_PARAMETERS + text({ type: "sec1" })],
    ["SEC1 DER", SEC1],
    ["PKCS #8 PEM", text({ type: "pkcs8" })],
    ["PKCS #8 DER", PKCS8],
    ["PEM with CRLF line ends", text({ type: "pkcs8" }).replaceAll("\n", "\r\n")],
    ["PEM with a byte order mark", `\uFEFF${text({ type: "pkcs8" })}`],
    ["PEM after other text", `Bag Attributes\n    friendlyName: id\n${text({ type: "pkcs8" })}`],
    [
      "PEM with its base64 on one line and no line end",
      `-----BEGIN PRIVATE KEY-----\n${PKCS8.toString("base64")}\n-----END PRIVATE KEY-----`,
    ],
    ["PEM beside its public key", pem("PUBLIC KEY", SPKI) + pem("PRIVATE KEY", PKCS8)],
    ["SEC1 without public key", ecPrivateKey(scalar, CURVE)],
    [
      "SEC1 without curve, which EC PARAMETERS names",
      P384_PARAMETERS + pem("EC PRIVATE KEY", ecPrivateKey(scalar)),
    ],
    ["PKCS #8 without public key", pkcs8("020100", ecPrivateKey(scalar))],
    ["PKCS #8 naming the curve twice", pkcs8("020100", ecPrivateKey(scalar, CURVE))],
    ["PKCS #8 with attributes", pkcs8("020100", ecPrivateKey(scalar), hex("a000"))],
    [
      "PKCS #8 of version 2 (RFC 5958)",
      pkcs8("020101", ecPrivateKey(scalar), tlv(0x81, pointBits(pointOf(publicKey)))),
    ],
  ];
  for (const [name, file] of accepted) {
    test(`accepts ${name}`, async () => {
      const key = await importSigningKey(file);
      assert.deepEqual(key.publicKey, AMD_KEY);
      assert.equal(key.privateKey.extractable, false);
      const idBlock = makeIdBlock({ launchDigest: DIGEST });
      const idAuth = await signIdBlock(idBlock, key);
      assert.deepEqual(idsWith("fail", await verifyIdBlock(idBlock, idAuth)), []);
    });
  }

  test("refuses encrypted keys by name, in every container", async () => {
    const secret = { cipher: "aes-256-cbc", passphrase: "correct horse" } as const;
    const files = [
      privateKey.export({ type: "pkcs8", format: "pem", ...secret }),
      privateKey.export({ type: "pkcs8", format: "der", ...secret }),
      privateKey.export({ type: "sec1", format: "pem", ...secret }),
    ];
    for (const file of files) {
      const error = await refused(file, "encrypted-key");
      assert.ok(error instanceof KeyError);
      assert.match(error.hint ?? "", /openssl pkey/);
    }
  });

  test("refuses other curves by name", async () => {
    for (const [pair, name] of [
      [p256, "P-256"],
      [p521, "P-521"],
    ] as const) {
      for (const type of ["sec1", "pkcs8"] as const) {
        const error = await refused(pair.privateKey.export({ type, format: "der" }), "wrong-curve");
        assert.equal(error.message, `the curve is ${name}, must be P-384`);
      }
    }
    await refused(P256_PARAMETERS + pem("EC PRIVATE KEY", SEC1), "wrong-curve");
    await refused(ecPrivateKey(scalar), "wrong-curve");
    await refused(pem("EC PRIVATE KEY", ecPrivateKey(scalar)), "wrong-curve");
    await refused(ecPrivateKey(scalar, tlv(0xa0, tlv(0x30, hex("020101")))), "wrong-curve");
    await refused(ecPrivateKey(scalar, tlv(0xa0, hex("06032a0304"))), "wrong-curve");
  });

  test("refuses other kinds of key by name", async () => {
    const rsaError = await refused(
      rsa.privateKey.export({ type: "pkcs8", format: "der" }),
      "wrong-key-type",
    );
    assert.equal(rsaError.message, "the key is RSA, must be EC on P-384");
    const ed = await refused(
      ed25519.privateKey.export({ type: "pkcs8", format: "pem" }),
      "wrong-key-type",
    );
    assert.equal(ed.message, "the key is Ed25519, must be EC on P-384");
    const pkcs1 = await refused(
      rsa.privateKey.export({ type: "pkcs1", format: "pem" }),
      "wrong-key-type",
    );
    assert.match(pkcs1.message, /holds RSA PRIVATE KEY, needed is EC PRIVATE KEY/);
    await refused(SPKI, "wrong-key-type");
    await refused(pem("PUBLIC KEY", SPKI), "wrong-key-type");
    await refused(pkcs8("020102", ecPrivateKey(scalar)), "wrong-key-type");
    await refused(pkcs8("020100", tlv(0x30, hex("020100"), tlv(0x04, scalar))), "wrong-key-type");
  });

  test("refuses a public key that does not belong to the private one", async () => {
    const stranger = pointOf(other.publicKey);
    const withPoint = (point: Uint8Array) =>
      ecPrivateKey(scalar, CURVE, tlv(0xa1, tlv(0x03, pointBits(point))));
    await importSigningKey(withPoint(pointOf(publicKey)));
    await refused(withPoint(stranger), "key-mismatch");
    await refused(pkcs8("020100", withPoint(stranger)), "key-mismatch");
    await refused(
      pkcs8("020101", ecPrivateKey(scalar), tlv(0x81, pointBits(stranger))),
      "key-mismatch",
    );
    const twice = withPoint(pointOf(publicKey));
    await refused(pkcs8("020101", twice, tlv(0x81, pointBits(stranger))), "key-mismatch");
    const own = tlv(0x81, pointBits(pointOf(publicKey)));
    await importSigningKey(pkcs8("020101", twice, own));
    await refused(pkcs8("020101", withPoint(stranger), own), "key-mismatch");
  });

  test("refuses points that are not on the curve or in another form", async () => {
    const point = pointOf(publicKey);
    point[95]! ^= 1;
    const withBits = (bits: Uint8Array) => ecPrivateKey(scalar, CURVE, tlv(0xa1, tlv(0x03, bits)));
    await refused(withBits(pointBits(point)), "bad-point");
    await refused(withBits(pointBits(new Uint8Array(96))), "bad-point");
    await refused(withBits(hex("0000")), "bad-point");
    const compressed = Buffer.concat([hex("0003"), point.subarray(0, 48)]);
    for (const form of [0x02, 0x03]) {
      compressed[1] = form;
      const error = await refused(withBits(compressed), "bad-point");
      assert.equal(error.message, "the public key is a compressed point, which is not accepted");
    }
    const hybrid = Buffer.concat([hex("0006"), pointOf(publicKey)]);
    const error = await refused(withBits(hybrid), "bad-point");
    assert.equal(error.message, "the public key is no uncompressed P-384 point (97 bytes)");
  });

  test("refuses private values out of range", async () => {
    for (const d of [new Uint8Array(48), new Uint8Array(48).fill(0xff)]) {
      await refused(ecPrivateKey(d, CURVE), "bad-private-value");
    }
    await refused(ecPrivateKey(scalar.subarray(1), CURVE), "bad-private-value");
    await refused(ecPrivateKey(Buffer.concat([hex("00"), scalar]), CURVE), "bad-private-value");
  });

  test("refuses trailing bytes at every level", async () => {
    const extra = hex("0500");
    await refused(Buffer.concat([SEC1, hex("00")]), "trailing-bytes");
    await refused(Buffer.concat([PKCS8, hex("00")]), "trailing-bytes");
    await refused(ecPrivateKey(scalar, CURVE, extra), "trailing-bytes");
    await refused(ecPrivateKey(scalar, tlv(0xa0, hex("06052b81040022"), extra)), "trailing-bytes");
    const point = tlv(0x03, pointBits(pointOf(publicKey)));
    await refused(ecPrivateKey(scalar, CURVE, tlv(0xa1, point, extra)), "trailing-bytes");
    const algorithm = tlv(0x30, hex("06072a8648ce3d0201"), hex("06052b81040022"), extra);
    const wrapped = tlv(0x04, ecPrivateKey(scalar));
    await refused(tlv(0x30, hex("020100"), algorithm, wrapped), "trailing-bytes");
    await refused(pkcs8("020100", Buffer.concat([ecPrivateKey(scalar), extra])), "trailing-bytes");
    await refused(pkcs8("020100", ecPrivateKey(scalar, extra)), "trailing-bytes");
    await refused(pkcs8("020100", ecPrivateKey(scalar), extra), "trailing-bytes");
    await refused(
      P384_PARAMETERS.replace("BgUrgQQAIg==", "BgUrgQQAIgUA") + pem("EC PRIVATE KEY", SEC1),
      "trailing-bytes",
    );
  });

  test("refuses files that hold no key, or several", async () => {
    for (const file of ["", "hello", new Uint8Array(0), new Uint8Array([1, 2, 3]), "0"]) {
      const error = await refused(file, "no-key");
      assert.equal(error.message, "this is neither PEM nor DER");
    }
    const large = await refused(new Uint8Array(0x10001).fill(0x30), "no-key");
    assert.equal(large.message, "this is too large to be a key (65537 bytes)");
    await importSigningKey(pem("PRIVATE KEY", PKCS8).padEnd(0x10000));
    await refused(pem("PRIVATE KEY", PKCS8) + pem("EC PRIVATE KEY", SEC1), "several-keys");
    await refused(P384_PARAMETERS, "wrong-key-type");
  });

  test("refuses any key with a byte changed or missing", async () => {
    for (const der of [SEC1, PKCS8]) {
      for (let i = 0; i < der.length; i++) {
        const changed = new Uint8Array(der);
        changed[i]! ^= 1 << (i % 8);
        for (const file of [changed, der.subarray(0, i)]) {
          await assert.rejects(importSigningKey(file), isNamed, `byte ${i}`);
        }
      }
    }
  });

  test("random bytes and text throw nothing but named errors", async () => {
    const sequence = fc.uint8Array({ maxLength: 200 }).map((bytes) => tlv(0x30, bytes));
    const block = fc
      .tuple(fc.constantFrom("EC PRIVATE KEY", "PRIVATE KEY", "EC PARAMETERS"), fc.uint8Array())
      .map(([label, bytes]) => pem(label, bytes));
    const line = fc.constantFrom(
      "-----BEGIN PRIVATE KEY-----",
      "-----END PRIVATE KEY-----",
      "AAAA",
      "a: b",
      "",
    );
    const lines = fc.array(line).map((found) => found.join("\n"));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array(), sequence, block, lines), async (file) => {
        await assert.rejects(importSigningKey(file), isNamed);
        await assert.rejects(importPublicKey(file), isNamed);
      }),
      { numRuns: 300 },
    );
  });
});

describe("importPublicKey", () => {
  test("accepts SubjectPublicKeyInfo in PEM and DER", async () => {
    assert.deepEqual(await importPublicKey(SPKI), AMD_KEY);
    assert.deepEqual(await importPublicKey(pem("PUBLIC KEY", SPKI)), AMD_KEY);
    assert.deepEqual(await importPublicKey(Buffer.from(pem("PUBLIC KEY", SPKI))), AMD_KEY);
  });

  test("refuses everything else by name", async () => {
    const offCurve = new Uint8Array(SPKI);
    offCurve[offCurve.length - 1]! ^= 1;
    const cases: readonly (readonly [Uint8Array | string, string])[] = [
      [p256.publicKey.export({ type: "spki", format: "der" }), "wrong-curve"],
      [rsa.publicKey.export({ type: "spki", format: "der" }), "wrong-key-type"],
      [PKCS8, "wrong-key-type"],
      [pem("PRIVATE KEY", PKCS8), "wrong-key-type"],
      [offCurve, "bad-point"],
      [Buffer.concat([SPKI, hex("00")]), "trailing-bytes"],
      [tlv(0x30, SPKI.subarray(2), hex("0500")), "trailing-bytes"],
      [SPKI.subarray(0, -1), "truncated"],
      ["", "no-key"],
      [pem("PUBLIC KEY", SPKI).repeat(2), "several-keys"],
    ];
    for (const [file, code] of cases) await assert.rejects(importPublicKey(file), { code });
  });
});

describe("AMD's fields", () => {
  const halves = fc.uint8Array({ minLength: 96, maxLength: 96 });

  test("keys and signatures are little-endian in 72 bytes, and come back", () => {
    fc.assert(
      fc.property(halves, (joined) => {
        for (const [field, size, start] of [
          [publicKeyToAmd(joined), 1028, 4],
          [signatureToAmd(joined), 512, 0],
        ] as const) {
          assert.equal(field.length, size);
          assert.deepEqual(field.slice(start, start + 48), joined.slice(0, 48).toReversed());
          assert.deepEqual(field.slice(start + 72, start + 120), joined.slice(48).toReversed());
        }
        assert.deepEqual(publicKeyFromAmd(publicKeyToAmd(joined)), joined);
        assert.deepEqual(signatureFromAmd(signatureToAmd(joined)), joined);
      }),
    );
  });

  test("values of 2^384 and more are refused", () => {
    const signature = signatureToAmd(new Uint8Array(96));
    signature[48] = 1;
    assert.throws(() => signatureFromAmd(signature), {
      name: "LayoutError",
      code: "must-be-zero",
      field: "rHigh",
      offset: 48,
    });
    const key = publicKeyToAmd(new Uint8Array(96));
    key[4 + 72 + 71] = 0x80;
    assert.throws(() => publicKeyFromAmd(key), { code: "must-be-zero", field: "qyHigh" });
  });

  test("other lengths are refused", () => {
    for (const convert of [publicKeyToAmd, signatureToAmd]) {
      assert.throws(() => convert(new Uint8Array(95)), { code: "bad-length" });
      assert.throws(() => convert(new Uint8Array(97)), { code: "bad-length" });
    }
    for (const convert of [publicKeyFromAmd, signatureFromAmd]) {
      assert.throws(() => convert(new Uint8Array(511)), { code: "truncated" });
      assert.throws(() => convert(new Uint8Array(1029)), { code: "trailing-bytes" });
    }
  });
});

function isNamed(error: unknown): boolean {
  return error instanceof LayoutError || error instanceof KeyError;
}
