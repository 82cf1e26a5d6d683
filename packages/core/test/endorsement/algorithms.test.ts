// SPDX-License-Identifier: Apache-2.0
// Algorithms in certificates: how they were signed, and what kind of key they are of.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { NULL, bits, ecSpki, integer, oid, pss, sequence, tlv } from "../support/der-builder.ts";
import { parse, refusal } from "./parts.ts";

describe("signature algorithms", () => {
  const sha = (end: number, ...more: readonly Uint8Array[]) =>
    sequence(oid(`2.16.840.1.101.3.4.2.${end}`), ...more);
  const read = (...parameters: readonly Uint8Array[]) =>
    parse({ algorithm: pss(...parameters) }).signatureAlgorithm;

  test("parameters that are left out have the defaults of RFC 4055", () => {
    const empty = sequence(oid("1.2.840.113549.1.1.10"), sequence());
    const { signatureAlgorithm } = parse({ algorithm: empty });
    assert.deepEqual(signatureAlgorithm, {
      kind: "RSASSA-PSS",
      hash: "SHA-1",
      mgfHash: "SHA-1",
      saltLength: 20,
      trailerExplicit: false,
    });
  });

  test("other hashes, mask functions and salts are read as they are", () => {
    const mgf = (hash: Uint8Array) => tlv(0xa1, sequence(oid("1.2.840.113549.1.1.8"), hash));
    assert.deepEqual(read(tlv(0xa0, sha(1)), mgf(sha(3, NULL)), tlv(0xa2, integer(0))), {
      kind: "RSASSA-PSS",
      hash: "SHA-256",
      mgfHash: "SHA-512",
      saltLength: 0,
      trailerExplicit: false,
    });
    const odd = read(tlv(0xa0, sha(99)), tlv(0xa1, sequence(oid("1.2.3"), NULL)));
    assert.ok(odd.kind === "RSASSA-PSS");
    assert.deepEqual([odd.hash, odd.mgfHash], ["2.16.840.1.101.3.4.2.99", "1.2.3"]);
  });

  test("a trailer other than 1, parameters out of order and a negative salt are refused", () => {
    const trailer = tlv(0xa3, integer(1));
    assert.deepEqual(read(trailer), {
      kind: "RSASSA-PSS",
      hash: "SHA-1",
      mgfHash: "SHA-1",
      saltLength: 20,
      trailerExplicit: true,
    });
    for (const parameters of [
      [tlv(0xa3, integer(2))],
      [trailer, trailer],
      [tlv(0xa2, integer(48)), tlv(0xa0, sha(2))],
      [tlv(0xa2, integer(0xd0))],
      [tlv(0xa2, integer(1, 0, 0))],
      [tlv(0xa0, sha(2, NULL, NULL))],
      [tlv(0xa0, sha(2, integer(1)))],
    ]) {
      refusal({ algorithm: pss(...parameters) });
    }
    assert.equal(refusal({ algorithm: pss(tlv(0xa3, integer(0))) }).code, "out-of-range");
  });

  test("another algorithm is named by its object identifier", () => {
    const algorithm = sequence(oid("1.2.840.10045.4.3.3"));
    assert.deepEqual(parse({ algorithm }).signatureAlgorithm, {
      kind: "unknown",
      oid: "1.2.840.10045.4.3.3",
    });
    refusal({ algorithm: sequence(oid("1.2.840.113549.1.1.10")) });
  });
});

describe("keys", () => {
  const rsa = (modulus: Uint8Array, exponent: Uint8Array) =>
    sequence(sequence(oid("1.2.840.113549.1.1.1"), NULL), bits(sequence(modulus, exponent)));

  test("RSA keys have their size and exponent", () => {
    for (const [content, size] of [
      [[1], 1],
      [[0, 0x80], 8],
      [[1, 0], 9],
      [[0x7f, ...Array(511).fill(0)], 4095],
      [[0, 0x80, ...Array(511).fill(0)], 4096],
    ] as const) {
      const { key } = parse({ spki: rsa(tlv(0x02, content), integer(1, 0, 1)) });
      assert.deepEqual(key, { kind: "RSA", bits: size, exponent: 65_537 });
    }
    const huge = integer(1, 0, 0, 0, 1);
    for (const spki of [
      rsa(integer(0), integer(3)),
      rsa(integer(0x80), integer(3)),
      rsa(integer(1), integer(0x80)),
      rsa(integer(1), huge),
      sequence(sequence(oid("1.2.840.113549.1.1.1")), bits(sequence(integer(1), integer(3)))),
    ]) {
      refusal({ spki });
    }
  });

  test("other keys are named; a P-384 point must be uncompressed", () => {
    const key = (id: string, ...parameters: readonly Uint8Array[]) =>
      parse({ spki: sequence(sequence(oid(id), ...parameters), bits([1])) }).key;
    assert.deepEqual(key("1.3.101.112"), {
      kind: "unknown",
      oid: "1.3.101.112",
      title: "Ed25519",
    });
    const p256 = "1.2.840.10045.3.1.7";
    assert.deepEqual(key("1.2.840.10045.2.1", oid(p256)), {
      kind: "unknown",
      oid: p256,
      title: "EC on P-256",
    });
    assert.deepEqual(key("1.2.840.10045.2.1", sequence()), {
      kind: "unknown",
      oid: "1.2.840.10045.2.1",
      title: "EC with explicit parameters",
    });
    // RSASSA-PSS as the kind of a key: AMD's keys are plain rsaEncryption.
    assert.equal(key("1.2.840.113549.1.1.10").kind, "unknown");
    assert.equal(refusal({ spki: ecSpki(new Uint8Array(95)) }).code, "unknown-value");
  });
});
