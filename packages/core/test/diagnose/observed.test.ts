// SPDX-License-Identifier: Apache-2.0
// Reading what a platform reported, in every form people have it.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { LayoutError, base64Encode, hexEncode } from "../../src/bytes/index.ts";
import { readDigestText, readObservedFile } from "../../src/diagnose/index.ts";
import { missingVectors, readVector } from "../support/vectors.ts";

const SNP = Uint8Array.from({ length: 48 }, (_, i) => (i * 37 + 200) & 0xff);
const SEV = SNP.subarray(0, 32);
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

function report(version = 3): Uint8Array {
  const bytes = new Uint8Array(1184);
  bytes[0] = version;
  bytes.set(SNP, 0x90);
  return bytes;
}

function fromFile(content: Uint8Array): string {
  return hexEncode(readObservedFile(content).digest);
}

test("digests as text: hexadecimal, base64, and base64 of hexadecimal", () => {
  for (const digest of [SNP, SEV]) {
    const hex = hexEncode(digest);
    const wrapped = hex.replaceAll(/(.{16})/g, "$1 \n");
    const forms = [
      hex,
      `0x${hex}`,
      hex.toUpperCase(),
      `  ${hex}\n`,
      wrapped,
      base64Encode(digest),
      base64Encode(ascii(hex)),
      base64Encode(ascii(`0x${hex}`)),
    ];
    for (const form of forms) {
      const found = readDigestText(form);
      assert.ok(found !== undefined, form);
      assert.equal(hexEncode(found.digest), hex, form);
    }
  }
});

test("text of another length says what lengths there are", () => {
  for (const text of [
    "ab".repeat(47),
    "ab".repeat(20),
    `${"ab".repeat(47)}c`,
    "A".repeat(64) + "AAAA",
  ]) {
    assert.throws(
      () => readDigestText(text),
      (error) =>
        error instanceof LayoutError && error.code === "bad-length" && /48/.test(error.hint ?? ""),
      text,
    );
  }
});

test("other text is not taken for a digest", () => {
  for (const text of ["", "report.bin", "abcd", "../x", "a b c"]) {
    assert.equal(readDigestText(text), undefined);
  }
});

test("reports: binary, text, with certificates behind them, as the driver's answer", () => {
  const header = new Uint8Array(32);
  new DataView(header.buffer).setUint32(4, 1184, true);
  const forms = [
    report(),
    ascii(hexEncode(report())),
    ascii(base64Encode(report()).replaceAll(/(.{64})/g, "$1\n")),
    new Uint8Array([...report(), ...new Uint8Array(4000)]),
    new Uint8Array([...header, ...report(), ...new Uint8Array(2784)]),
    ascii(
      `Attestation Report:\nVersion: 3\nMeasurement:\n${hexEncode(SNP)
        .toUpperCase()
        .replaceAll(/(..)/g, "$1 ")
        .replaceAll(/(.{48})/g, "$1\n")}\nHost Data:\n00 00\n`,
    ),
    ascii(`{"measurement": "${hexEncode(SNP)}", "version": 3}`),
    ascii(`${hexEncode(SNP)}\n`),
    SNP,
  ];
  for (const form of forms) assert.equal(fromFile(form), hexEncode(SNP));
  assert.match(readObservedFile(report(5)).form, /version 5/);
  assert.equal(readObservedFile(report()).report?.version, 3);
});

test("launch measurements as QMP and libvirt print them", () => {
  const blob = base64Encode(SNP);
  assert.equal(fromFile(ascii(`{"return": {"data": "${blob}"}}`)), hexEncode(SNP));
  assert.equal(fromFile(ascii(`sev-measurement: ${blob}\nsev-api-major : 1\n`)), hexEncode(SNP));
});

test("files that are something else are refused", () => {
  const two = `measurement: ${hexEncode(SNP)}\nmeasurement: ${"00".repeat(48)}\n`;
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ["bad-text", new Uint8Array(0)],
    ["bad-text", ascii("hello")],
    ["bad-text", ascii(two)],
    ["bad-text", new Uint8Array(1183)],
    ["bad-text", new Uint8Array([...report(), 0])],
    ["bad-text", new Uint8Array(2000).fill(0xff)],
    ["unsupported-version", report(6)],
    ["unsupported-version", new Uint8Array(1184)],
    ["bad-length", ascii("ab".repeat(40))],
  ];
  for (const [code, content] of cases) {
    assert.throws(
      () => readObservedFile(content),
      (error) => error instanceof LayoutError && error.code === code,
      `${code}, ${content.length} bytes`,
    );
  }
});

test("any bytes and any text are read or refused with a LayoutError", () => {
  const isNamed = (read: () => unknown): void => {
    try {
      read();
    } catch (error) {
      assert.ok(error instanceof LayoutError, String(error));
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1300 }), fc.string(), fc.base64String(), (b, t, t64) => {
      isNamed(() => readObservedFile(b));
      for (const text of [t, t64]) {
        isNamed(() => readDigestText(text));
        isNamed(() => readObservedFile(ascii(text)));
      }
    }),
    { numRuns: 500 },
  );
});

const DERIVED = [
  "version-1",
  "version-6",
  "all-zero-report",
  "trailing-1185",
  "truncated-1183",
].map((name) => `snp/derived/${name}.bin`);
test("derived reports of other versions and lengths", { skip: missingVectors(...DERIVED) }, () => {
  for (const path of DERIVED) assert.throws(() => readObservedFile(readVector(path)), LayoutError);
});
