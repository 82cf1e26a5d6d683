// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { X509Certificate, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fixtureSnp } from "../../../../fixtures/load.ts";
import { UsageError } from "../../src/command/usage-error.ts";
import { readKeyBytes } from "../../src/input/public-key.ts";

const folder = mkdtempSync(join(tmpdir(), "greenlight-keys-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function file(content: Uint8Array | string): string {
  const path = join(folder, "key");
  writeFileSync(path, content);
  return path;
}

const PAIRS = [
  generateKeyPairSync("ec", { namedCurve: "P-256" }),
  generateKeyPairSync("rsa", { modulusLength: 2048 }),
  generateKeyPairSync("ed25519"),
];

test("public keys in PEM and DER give the bytes that stand there", () => {
  for (const { publicKey } of PAIRS) {
    const der = publicKey.export({ type: "spki", format: "der" });
    const pem = publicKey.export({ type: "spki", format: "pem" });
    for (const content of [der, pem, `a comment\n${pem}`]) {
      assert.deepEqual(Buffer.from(readKeyBytes(file(content), { orRaw: false })), der);
    }
  }
});

test("a certificate gives its key as it stands in it", () => {
  const der = fixtureSnp("milan.vcek.der");
  const certificate = new X509Certificate(der);
  for (const content of [der, certificate.toString()]) {
    const key = readKeyBytes(file(content), { orRaw: false });
    assert.ok(certificate.raw.includes(key));
    assert.ok(key.length > 100);
  }
});

test("private keys are refused, also where any bytes are taken", () => {
  for (const { privateKey } of PAIRS) {
    const pem = privateKey.export({ type: "pkcs8", format: "pem" });
    for (const orRaw of [true, false]) {
      assert.throws(
        () => readKeyBytes(file(pem), { orRaw }),
        (error) => error instanceof UsageError && /is a private key/.test(error.message),
      );
    }
  }
});

test("other content counts as itself where that is asked for, and is refused elsewhere", () => {
  const { publicKey } = PAIRS[0]!;
  const pem = publicKey.export({ type: "spki", format: "pem" });
  for (const content of ["any bytes", Uint8Array.of(0x30, 0), pem + pem]) {
    const path = file(content);
    assert.deepEqual(Buffer.from(readKeyBytes(path, { orRaw: true })), Buffer.from(content));
    assert.throws(() => readKeyBytes(path, { orRaw: false }), UsageError);
  }
  assert.throws(() => readKeyBytes(file(""), { orRaw: true }), UsageError);
});
