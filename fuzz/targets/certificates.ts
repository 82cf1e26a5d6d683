// SPDX-License-Identifier: Apache-2.0
// Targets of certificates: the whole, AMD's extensions, revocation lists, and the parts of DER that only
// they have.

import { LayoutError } from "../../packages/core/src/bytes/index.ts";
import { DER_TAG, DerReader } from "../../packages/core/src/crypto/der.ts";
import { KeyError } from "../../packages/core/src/crypto/key-error.ts";
import { requireKey } from "../../packages/core/src/crypto/spki.ts";
import {
  AMD_ROOTS,
  identifyCertificate,
  parseCertificate,
  parseRevocationList,
  readVekExtensions,
  tcbOfLevels,
} from "../../packages/core/src/endorsement/index.ts";
import {
  VCEK_VALUES,
  ascii,
  buildCertificate,
  buildList,
  buildVek,
  ecSpki,
  extension,
  generalizedTime,
  integer,
  name,
  octets,
  oid,
  revoked,
  sequence,
  tlv,
  utcTime,
} from "../../packages/core/test/support/der-builder.ts";
import { fixtureSnp } from "../../fixtures/load.ts";
import type { Target } from "../engine/target.ts";
import { check, declared, shifted } from "./support.ts";

const authority = buildCertificate({
  subject: name("ARK-Milan"),
  extensions: [
    extension("2.5.29.15", [3, 2, 1, 6], true),
    extension("2.5.29.19", sequence(tlv(0x01, [0xff]), integer(0)), true),
    extension("2.5.29.14", octets([1, 2, 3])),
    extension("2.5.29.35", sequence(tlv(0x80, [1, 2, 3]))),
    extension(
      "2.5.29.31",
      sequence(sequence(tlv(0xa0, tlv(0xa0, tlv(0x86, ascii("https://a.example/crl")))))),
    ),
  ],
});

const dictionary = [
  oid("1.2.840.113549.1.1.10"),
  oid("1.2.840.113549.1.1.1"),
  oid("2.5.29.19"),
  oid("1.3.6.1.4.1.3704.1.3.9"),
  oid("1.3.6.1.4.1.3704.1.5"),
  utcTime("240229000000Z"),
  generalizedTime("20500101000000Z"),
  tlv(0x01, [0xff]),
  tlv(0xa3, integer(1)),
];

const expected = declared(LayoutError);

/** A view must lie inside the bytes that were given. */
function isInside(view: Uint8Array, whole: Uint8Array): boolean {
  const start = view.byteOffset - whole.byteOffset;
  return view.buffer === whole.buffer && start >= 0 && start + view.length <= whole.length;
}

export const targets: readonly Target[] = [
  {
    name: "certificate",
    seeds: () => [
      authority,
      AMD_ROOTS[0]!.ark.der,
      AMD_ROOTS[0]!.ask!.der,
      buildVek(VCEK_VALUES),
      fixtureSnp("turin.vcek.der"),
    ],
    dictionary,
    maxLength: 2048,
    expected,
    run(data) {
      const bytes = shifted(data);
      const certificate = parseCertificate(bytes);
      const { tbs, spki, signature, issuer, subject, extensions } = certificate;
      for (const view of [tbs, spki, signature, issuer.raw, subject.raw]) {
        check(isInside(view, bytes), "every part is a view of the certificate");
      }
      check(certificate.serial >= 0n, "serial numbers are not negative");
      check(Number.isInteger(certificate.notBefore), "times are whole numbers");
      check(Number.isInteger(certificate.notAfter), "times are whole numbers");
      check(extensions.length <= 64, "the number of extensions is bounded");
      check(!/\p{Cc}/u.test(subject.text + issuer.text), "names can be printed");
      identifyCertificate(certificate);
    },
  },
  {
    name: "vek-extensions",
    seeds: () => [
      buildVek(VCEK_VALUES),
      buildVek({ ...VCEK_VALUES, "4": octets(new Uint8Array(64)) }),
      buildVek({ ...VCEK_VALUES, "4": undefined, "5": tlv(0x16, ascii("CN=x")) }),
      fixtureSnp("turin.vcek.der"),
    ],
    dictionary,
    maxLength: 2048,
    expected,
    run(data) {
      const { spl, hwId, structVersion } = readVekExtensions(parseCertificate(shifted(data)));
      for (const part of Object.values(tcbOfLevels(spl))) {
        check(Number.isInteger(part) && part >= 0 && part <= 255, "levels fit a byte");
      }
      check((spl.fmc === undefined) === (structVersion === 0), "FMC belongs to version 1");
      const isRight = hwId === undefined || hwId.length === (structVersion === 0 ? 64 : 8);
      check(isRight, "hwID has the length of its version");
    },
  },
  {
    name: "crl",
    seeds: () => [
      buildList(),
      buildList({
        revoked: [revoked(integer(2, 0, 1), extension("2.5.29.21", tlv(0x0a, [1])))],
        extensions: [extension("2.5.29.20", integer(10))],
      }),
    ],
    dictionary,
    maxLength: 2048,
    expected,
    run(data) {
      const bytes = shifted(data);
      const list = parseRevocationList(bytes);
      check(isInside(list.tbs, bytes), "the signed part is a view of the list");
      check(list.revoked.length * 20 <= bytes.length, "no more entries than there is room for");
    },
  },
  {
    name: "public-key-info",
    seeds: () => [
      ecSpki(),
      sequence(
        sequence(oid("1.2.840.113549.1.1.1"), [5, 0]),
        tlv(0x03, [0], sequence(integer(0, 0x80, ...Array(255).fill(7)), integer(1, 0, 1))),
      ),
    ],
    dictionary,
    maxLength: 1200,
    expected: declared(LayoutError, KeyError),
    run(data) {
      const spki = shifted(data);
      requireKey(spki, (data.at(-1) ?? 0) % 2 === 0 ? "ECDSA-P384-SHA384" : "RSA-PSS-SHA384");
    },
  },
  {
    name: "der-time",
    seeds: () => [
      utcTime("240229235959Z"),
      utcTime("500101000000Z"),
      generalizedTime("20500101000000Z"),
      generalizedTime("99991231235959Z"),
    ],
    maxLength: 20,
    expected,
    run(data) {
      const reader = new DerReader(shifted(data), "Time");
      const isGeneralized = reader.nextTag === DER_TAG.generalizedTime;
      const time = reader.time("time");
      reader.finish();
      // The same instant written again is the same text.
      const digits = new Date(time).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
      const text = String.fromCharCode(...data.subarray(2));
      check(text === (isGeneralized ? digits : digits.slice(2)), "the time reads as it is written");
    },
  },
];
