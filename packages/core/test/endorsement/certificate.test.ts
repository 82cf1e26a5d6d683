// SPDX-License-Identifier: Apache-2.0
// Certificates: what is read of them, what is refused, and that nothing else than LayoutError is ever
// thrown.

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { fixtureSnp } from "../../../../fixtures/load.ts";
import { LayoutError } from "../../src/bytes/index.ts";
import { AMD_ROOTS, CERTIFICATE_LIMIT, parseCertificate } from "../../src/endorsement/index.ts";
import {
  NULL,
  ascii,
  buildCertificate,
  extension,
  generalizedTime,
  integer,
  name,
  octets,
  oid,
  pss,
  sequence,
  tlv,
  utcTime,
  validity,
} from "../support/der-builder.ts";
import { parse, refusal } from "./parts.ts";

describe("a real VCEK", () => {
  const der = fixtureSnp("milan.vcek.der");
  const certificate = parseCertificate(der);
  const reference = new X509Certificate(der);

  test("has the fields that node:crypto sees", () => {
    assert.equal(certificate.version, 3);
    assert.equal(certificate.serial, 0n);
    assert.equal(certificate.subject.commonName, "SEV-VCEK");
    assert.equal(certificate.issuer.commonName, "SEV-Milan");
    assert.equal(certificate.issuer.text.replaceAll(", ", "\n"), reference.issuer);
    assert.equal(certificate.notBefore, reference.validFromDate.getTime());
    assert.equal(certificate.notAfter, reference.validToDate.getTime());
    const spki = reference.publicKey.export({ type: "spki", format: "der" });
    assert.deepEqual(Buffer.from(certificate.spki), spki);
    assert.deepEqual(certificate.key, { kind: "P-384" });
  });

  test("states its signature as AMD did before 2025: with the trailer field written out", () => {
    assert.deepEqual(certificate.signatureAlgorithm, {
      kind: "RSASSA-PSS",
      hash: "SHA-384",
      mgfHash: "SHA-384",
      saltLength: 48,
      trailerExplicit: true,
    });
    const turin = parseCertificate(fixtureSnp("turin.vcek.der"));
    assert.deepEqual(turin.signatureAlgorithm, {
      ...certificate.signatureAlgorithm,
      trailerExplicit: false,
    });
  });

  test("has no extension but AMD's", () => {
    assert.equal(certificate.basicConstraints, undefined);
    assert.equal(certificate.keyUsage, undefined);
    assert.equal(certificate.subjectKeyId, undefined);
    assert.equal(certificate.authorityKeyId, undefined);
    assert.deepEqual(certificate.crlDistributionPoints, []);
    assert.equal(certificate.extensions.length, 11);
    for (const { oid: id, critical } of certificate.extensions) {
      assert.ok(id.startsWith("1.3.6.1.4.1.3704.1."));
      assert.equal(critical, false);
    }
  });

  test("byte strings are views of the original bytes, also inside a larger buffer", () => {
    const larger = new Uint8Array(der.length + 9);
    larger.set(der, 4);
    const window = larger.subarray(4, 4 + der.length);
    const inside = parseCertificate(window);
    assert.equal(inside.tbs.buffer, larger.buffer);
    assert.deepEqual(inside.tbs, certificate.tbs);
    assert.equal(inside.tbs.byteOffset, 8);
    assert.deepEqual(inside.signature, der.slice(-512));
  });

  test("cut off anywhere, or with a byte after it, it is refused", () => {
    for (let length = 0; length < der.length; length++) {
      assert.throws(() => parseCertificate(der.subarray(0, length)), { name: "LayoutError" });
    }
    const longer = new Uint8Array(der.length + 1);
    longer.set(der);
    assert.throws(() => parseCertificate(longer), { code: "trailing-bytes" });
  });

  test("with any bit flipped it is read or refused with LayoutError", () => flipBits(der));
  test("so is an authority", () => flipBits(AMD_ROOTS[1]!.ask!.der));
});

function flipBits(der: Uint8Array): void {
  const copy = Uint8Array.from(der);
  for (let i = 0; i < copy.length; i++) {
    for (let bit = 0; bit < 8; bit++) {
      copy[i]! ^= 1 << bit;
      try {
        parseCertificate(copy);
      } catch (error) {
        assert.ok(error instanceof LayoutError, `byte ${i} bit ${bit}: ${String(error)}`);
      }
      copy[i]! ^= 1 << bit;
    }
  }
}

describe("what is refused", () => {
  test("anything that is too large, before it is read", () => {
    const bytes = new Uint8Array(CERTIFICATE_LIMIT + 1);
    assert.throws(() => parseCertificate(bytes), { code: "bad-length" });
    assert.throws(() => parseCertificate(bytes.subarray(1)), { code: "bad-der" });
  });

  test("versions other than 3", () => {
    for (const [version, text] of [
      [undefined, "is 1, must be 3"],
      [tlv(0xa0, integer(0)), "is 1, must be 3"],
      [tlv(0xa0, integer(1)), "is 2, must be 3"],
      [tlv(0xa0, integer(3)), "is 4, must be 3"],
    ] as const) {
      const error = refusal({ version });
      assert.equal(error.code, "unsupported-version");
      assert.equal(error.reason, text);
    }
  });

  test("serial numbers that are negative or longer than 20 bytes; zero is AMD's", () => {
    assert.equal(parse({ serial: integer(0) }).serial, 0n);
    assert.equal(
      parse({ serial: integer(0x7f, ...Array(19).fill(0xff)) }).serial,
      (1n << 159n) - 1n,
    );
    assert.equal(refusal({ serial: integer(0x80) }).code, "out-of-range");
    assert.equal(refusal({ serial: integer(1, ...Array(20).fill(0)) }).code, "out-of-range");
  });

  test("an algorithm outside that differs from the one inside", () => {
    const error = refusal({ outerAlgorithm: pss(tlv(0xa2, integer(32))) });
    assert.equal(error.code, "constant-mismatch");
    assert.equal(error.field, "signatureAlgorithm");
  });

  test("unique identifiers and anything else after the key", () => {
    for (const more of [tlv(0x81, [0, 1]), tlv(0x82, [0, 1]), NULL]) {
      assert.equal(refusal({ more }).code, "trailing-bytes");
    }
  });

  test("signatures that are not whole bytes", () => {
    assert.equal(refusal({ signature: tlv(0x03, [1, 2]) }).code, "bad-der");
  });

  test("an extension twice, and more than 64", () => {
    const one = extension("1.2.3", [1]);
    assert.match(refusal({ extensions: [one, one] }).reason, /has the extension 1\.2\.3 twice/);
    const many = Array.from({ length: 65 }, (_, i) => extension(`1.2.${i + 1}`, [1]));
    assert.equal(parse({ extensions: many.slice(1) }).extensions.length, 64);
    assert.match(refusal({ extensions: many }).reason, /more than 64/);
  });

  test("a FALSE that is written out", () => {
    const written = sequence(oid("1.2.3"), tlv(0x01, [0]), octets([1]));
    assert.match(refusal({ extensions: [written] }).reason, /is FALSE/);
    const notTrue = sequence(oid("1.2.3"), tlv(0x01, [1]), octets([1]));
    assert.match(refusal({ extensions: [notTrue] }).reason, /BOOLEAN/);
  });
});

describe("extensions", () => {
  const withOne = (id: string, value: Uint8Array) => parse({ extensions: [extension(id, value)] });
  const refused = (id: string, value: Uint8Array) =>
    refusal({ extensions: [extension(id, value)] });

  test("unknown critical ones are kept and can be told", () => {
    const { extensions } = parse({ extensions: [extension("1.2.3.4", [1, 2], true)] });
    assert.deepEqual(extensions, [{ oid: "1.2.3.4", critical: true, value: Uint8Array.of(1, 2) }]);
  });

  test("basic constraints", () => {
    const read = (value: Uint8Array) => withOne("2.5.29.19", value).basicConstraints;
    assert.deepEqual(read(sequence()), { ca: false });
    assert.deepEqual(read(sequence(tlv(0x01, [0xff]))), { ca: true });
    const zero = sequence(tlv(0x01, [0xff]), integer(0));
    assert.deepEqual(read(zero), { ca: true, pathLength: 0 });
    refused("2.5.29.19", sequence(integer(0)));
    refused("2.5.29.19", sequence(tlv(0x01, [0xff]), integer(0x80)));
    refused("2.5.29.19", tlv(0x30, [], [0]).subarray(0, 3));
  });

  test("key usage; AMD's signing keys have a zero bit at the end, which DER leaves out", () => {
    const read = (...content: readonly number[]) => {
      const usage = withOne("2.5.29.15", tlv(0x03, content)).keyUsage!;
      return Object.entries(usage).flatMap(([title, isSet]) => (isSet ? [title] : []));
    };
    assert.deepEqual(read(1, 0x06), ["keyCertSign", "cRLSign"]);
    assert.deepEqual(read(1, 0x04), ["keyCertSign"]);
    assert.deepEqual(read(2, 0x04), ["keyCertSign"]);
    assert.deepEqual(read(7, 0x80), ["digitalSignature"]);
    assert.deepEqual(read(7, 0, 0x80), ["decipherOnly"]);
    assert.deepEqual(read(0), []);
    for (const content of [[], [1], [8, 0], [1, 1], [3, 0x04], [0, 0, 0, 0], [0, 0, 0x40]]) {
      refused("2.5.29.15", tlv(0x03, content));
    }
  });

  test("key identifiers and distribution points", () => {
    const id = Uint8Array.of(1, 2, 3);
    assert.deepEqual(withOne("2.5.29.14", octets(id)).subjectKeyId, id);
    assert.deepEqual(withOne("2.5.29.35", sequence(tlv(0x80, id))).authorityKeyId, id);
    const other = sequence(tlv(0xa1, tlv(0xa4, name("x"))), tlv(0x82, [1]));
    assert.equal(withOne("2.5.29.35", other).authorityKeyId, undefined);
    refused("2.5.29.35", sequence(tlv(0x83, id)));
    refused("2.5.29.14", id);
    const uri = (text: string) => tlv(0x86, ascii(text));
    const point = (...names: readonly Uint8Array[]) => sequence(tlv(0xa0, tlv(0xa0, ...names)));
    const points = sequence(
      point(uri("https://a.example/crl"), tlv(0x82, ascii("dns"))),
      sequence(tlv(0xa0, tlv(0xa1, [])), tlv(0x81, [0])),
      point(uri("https://b.example/crl")),
    );
    assert.deepEqual(withOne("2.5.29.31", points).crlDistributionPoints, [
      "https://a.example/crl",
      "https://b.example/crl",
    ]);
    refused("2.5.29.31", sequence(point(uri("https://a.example/\u001b[2J"))));
    refused("2.5.29.31", sequence(point(uri("https://a.example/ b"))));
  });
});

describe("names and times", () => {
  test("names are text, in the order of the certificate, with structure escaped", () => {
    const attribute = (id: string, tag: number, text: string) =>
      sequence(oid(id), tlv(tag, ascii(text)));
    const subject = sequence(
      tlv(0x31, attribute("2.5.4.10", 0x13, "A, B")),
      tlv(0x31, attribute("2.5.4.3", 0x0c, "x"), attribute("1.2.3.4", 0x16, "a@b")),
      tlv(0x31, attribute("2.5.4.11", 0x0c, "Größe")),
    );
    const { text, commonName, raw } = parse({ subject }).subject;
    assert.equal(text, String.raw`O=A\, B, CN=x + 1.2.3.4=a@b, OU=Größe`);
    assert.equal(commonName, "x");
    assert.deepEqual(raw, subject);
    const twice = sequence(
      tlv(0x31, attribute("2.5.4.3", 0x0c, "a")),
      tlv(0x31, attribute("2.5.4.3", 0x0c, "b")),
    );
    assert.equal(parse({ subject: twice }).subject.commonName, undefined);
    assert.deepEqual(parse({ subject: sequence() }).subject.text, "");
  });

  test("names that could steer a terminal are refused", () => {
    const bad: readonly (readonly [tag: number, content: ArrayLike<number>])[] = [
      [0x0c, ascii("a\u001b[2J")],
      [0x0c, ascii("a\u007f")],
      [0x0c, ascii("a\u009b2J")],
      [0x0c, ascii("a\u202eb")],
      [0x0c, [0xc3]],
      [0x0c, [0xed, 0xa0, 0x80]],
      [0x13, ascii("a@b")],
      [0x13, ascii("\u00e9")],
      [0x16, ascii("\u00e9")],
      [0x14, ascii("T61")],
      [0x1e, [0, 0x41]],
    ];
    for (const [tag, content] of bad) {
      const subject = sequence(tlv(0x31, sequence(oid("2.5.4.3"), tlv(tag, content))));
      assert.equal(refusal({ subject }).code, "bad-text");
    }
    assert.equal(refusal({ subject: sequence(tlv(0x31)) }).code, "truncated");
  });

  test("times are UTCTime up to 2049 and GeneralizedTime after that", () => {
    const times = (from: Uint8Array, until: Uint8Array) => {
      const { notBefore, notAfter } = parse({ validity: validity(from, until) });
      return [notBefore, notAfter].map((time) => new Date(time).toISOString());
    };
    assert.deepEqual(times(utcTime("500101000000Z"), utcTime("491231235959Z")), [
      "1950-01-01T00:00:00.000Z",
      "2049-12-31T23:59:59.000Z",
    ]);
    assert.deepEqual(times(utcTime("240229000000Z"), generalizedTime("99991231235959Z")), [
      "2024-02-29T00:00:00.000Z",
      "9999-12-31T23:59:59.000Z",
    ]);
    const start = utcTime("240101000000Z");
    for (const time of [
      utcTime("2401010000Z"),
      utcTime("240101000000+0000"),
      utcTime("240101000000"),
      utcTime("240001000000Z"),
      utcTime("241301000000Z"),
      utcTime("240100000000Z"),
      utcTime("230229000000Z"),
      utcTime("240431000000Z"),
      utcTime("240101240000Z"),
      utcTime("240101006000Z"),
      utcTime("240101000060Z"),
      utcTime("2401010000 0Z"),
      utcTime("24010100000aZ"),
      generalizedTime("00000101000000Z"),
      generalizedTime("20500101000000.5Z"),
      generalizedTime("205001010000Z"),
      generalizedTime("21000229000000Z"),
      tlv(0x18, ascii("2050-1-1T00:00Z")),
      integer(1),
    ]) {
      assert.equal(refusal({ validity: validity(start, time) }).code, "bad-der");
    }
  });

  test("times agree with Date for every day", () => {
    fc.assert(
      fc.property(fc.date({ min: new Date("1950-01-01"), max: new Date("9999-12-31") }), (date) => {
        if (Number.isNaN(date.getTime())) return;
        const text = date.toISOString().replace(/\.\d+Z$/, "Z");
        const digits = text.replaceAll(/[-:T]/g, "");
        const general = generalizedTime(digits);
        const isEarly = date.getUTCFullYear() < 2050;
        for (const time of isEarly ? [utcTime(digits.slice(2)), general] : [general]) {
          assert.equal(parse({ validity: validity(time, time) }).notAfter, Date.parse(text));
        }
      }),
    );
  });
});

test("random bytes and damaged certificates throw nothing but LayoutError", () => {
  const der = buildCertificate({ extensions: [extension("2.5.29.19", sequence(), true)] });
  const damage = fc
    .array(fc.tuple(fc.nat({ max: der.length - 1 }), fc.nat({ max: 255 })), { maxLength: 6 })
    .map((changes) => {
      const copy = Uint8Array.from(der);
      for (const [at, value] of changes) copy[at] = value;
      return copy;
    });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damage), (bytes) => {
      try {
        assert.equal(parseCertificate(bytes).der, bytes);
      } catch (error) {
        assert.ok(error instanceof LayoutError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});
