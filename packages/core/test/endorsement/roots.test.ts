// SPDX-License-Identifier: Apache-2.0
// The carried certificate authorities: that they are AMD's, that they sign one another, and that a
// real report can be traced to them.

import assert from "node:assert/strict";
import { X509Certificate, createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { describe, test } from "node:test";
import { fixtureSnp } from "../../../../fixtures/load.ts";
import { hexDecode } from "../../src/bytes/index.ts";
import { pemDecode } from "../../src/crypto/pem.ts";
import { signatures as node } from "../../src/crypto/signature-node.ts";
import { signatures as web } from "../../src/crypto/signature-web.ts";
import type { SignatureScheme } from "../../src/crypto/signature.ts";
import {
  AMD_ROOTS,
  PINS,
  identifyCertificate,
  parseCertificate,
  pinOf,
} from "../../src/endorsement/index.ts";
import type { Certificate } from "../../src/endorsement/index.ts";
import { missingVectors, readVector } from "../support/vectors.ts";
import { buildCertificate, name } from "../support/der-builder.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** What both verifiers say, which must be the same. */
async function verified(
  spki: Uint8Array,
  scheme: SignatureScheme,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const [a, b] = await Promise.all(
    [node, web].map(async (signatures) =>
      signatures.verify(await signatures.importKey(spki, scheme), message, signature),
    ),
  );
  assert.equal(a, b);
  return a!;
}

const signs = async (issuer: Certificate, subject: Certificate) =>
  verified(issuer.spki, "RSA-PSS-SHA384", subject.tbs, subject.signature);

for (const root of AMD_ROOTS) {
  describe(root.line, () => {
    test("the authorities have the names of the line and are pinned", () => {
      const { line, ark, ask, asvk } = root;
      assert.equal(root.origin, "AMD");
      assert.deepEqual(identifyCertificate(ark), { role: "ARK", line, pin: pinOf(ark.der) });
      assert.equal(pinOf(ark.der)?.role, "ARK");
      assert.equal(ark.subject.commonName, `ARK-${line}`);
      assert.equal(ask?.subject.commonName, `SEV-${line}`);
      assert.equal(pinOf(ask.der)?.role, "ASK");
      if (asvk !== undefined) {
        assert.equal(asvk.subject.commonName, `SEV-VLEK-${line}`);
        assert.equal(pinOf(asvk.der)?.role, "ASVK");
      }
    });

    test("the ARK signs itself, the ASK and the ASVK, and nobody else does", async () => {
      const { ark, ask, asvk } = root;
      for (const subject of [ark, ask, asvk]) {
        if (subject === undefined) continue;
        assert.equal(await signs(ark, subject), true);
        assert.equal(await signs(ask!, subject), false);
        assert.deepEqual(subject.issuer.raw, ark.subject.raw);
        assert.ok(new X509Certificate(subject.der).verify(new X509Certificate(ark.der).publicKey));
      }
    });

    test("what the authorities may do, in terms of X.509", () => {
      const { ark, ask, asvk } = root;
      assert.deepEqual(ark.basicConstraints, { ca: true });
      assert.ok(ark.keyUsage?.keyCertSign === true && ark.keyUsage.cRLSign);
      assert.match(ark.crlDistributionPoints[0]!, /^https:\/\/kdsintf\.amd\.com\/vcek\/v1\//);
      for (const signer of [ask, asvk]) {
        if (signer === undefined) continue;
        assert.deepEqual(signer.basicConstraints, { ca: true, pathLength: 0 });
        assert.ok(signer.keyUsage?.keyCertSign === true && !signer.keyUsage.cRLSign);
        assert.deepEqual(signer.authorityKeyId, ark.subjectKeyId);
        assert.equal(signer.crlDistributionPoints.length, 1);
        assert.deepEqual(signer.key, { kind: "RSA", bits: 4096, exponent: 65_537 });
      }
    });

    test("each is read once", () => {
      assert.equal(root.ark, root.ark);
      assert.equal(root.ask, root.ask);
    });
  });
}

test("the pins are nine, all different", () => {
  assert.equal(new Set(PINS.flatMap(({ der, spki }) => [der, spki])).size, 18);
  for (const root of AMD_ROOTS) {
    const carried = { ARK: root.ark, ASK: root.ask, ASVK: root.asvk };
    for (const { role, der, spki } of PINS.filter(({ line }) => line === root.line)) {
      const certificate = carried[role];
      if (certificate === undefined) continue;
      assert.equal(sha256(certificate.der), der);
      assert.equal(sha256(certificate.spki), spki);
    }
  }
});

for (const { line, role, der, spki } of PINS) {
  const path = `snp/roots/${line.toLowerCase()}-${role.toLowerCase()}.der`;
  test(
    `the pin of ${role} of ${line} is the one of the vector`,
    { skip: missingVectors(path) },
    () => {
      const vector = readVector(path);
      assert.equal(sha256(vector), der);
      assert.equal(sha256(parseCertificate(vector).spki), spki);
    },
  );
}

test("carried files of the KDS hold the authorities of their line, CRLF or not", () => {
  for (const [file, line, role] of [
    ["milan.vcek-chain.pem", "Milan", "ASK"],
    ["milan.vlek-chain.pem", "Milan", "ASVK"],
    ["turin.vcek-chain.pem", "Turin", "ASK"],
  ] as const) {
    const blocks = pemDecode(new TextDecoder().decode(fixtureSnp(file)));
    const pins = blocks.map(({ bytes }) => pinOf(bytes));
    assert.deepEqual(
      pins.map((pin) => [pin?.line, pin?.role]),
      [
        [line, role],
        [line, "ARK"],
      ],
    );
  }
});

test("the README beside the carried certificates names the origin of each", () => {
  const folder = new URL("../../src/endorsement/roots/", import.meta.url);
  const readme = readFileSync(new URL("README.md", folder), "utf8");
  for (const root of AMD_ROOTS) {
    for (const certificate of [root.ark, root.ask, root.asvk]) {
      if (certificate === undefined) continue;
      const row = new RegExp(
        `\\| ${certificate.subject.commonName!}\\b.* \\| \`.+-dev\` [^|]+ \\| \`/usr/`,
      );
      assert.match(readme, row);
    }
  }
  const files = readdirSync(folder).filter((file) => file.endsWith(".ts"));
  assert.deepEqual(files.toSorted(), ["genoa.ts", "milan.ts", "turin.ts"]);
});

test("a certificate with the name of an authority is not one", () => {
  const forged = parseCertificate(buildCertificate({ subject: name("ARK-Milan") }));
  assert.deepEqual(identifyCertificate(forged), { role: "ARK", line: "Milan" });
  const later = parseCertificate(buildCertificate({ subject: name("SEV-Nowhere") }));
  assert.deepEqual(identifyCertificate(later), { role: "ASK" });
  assert.equal(identifyCertificate(parseCertificate(buildCertificate())), undefined);
});

/** r and s of a report, from little-endian to the order signatures are checked in. */
function signatureOf(report: Uint8Array): Uint8Array {
  const part = (offset: number) => report.slice(offset, offset + 48).toReversed();
  return Uint8Array.from([...part(0x2a0), ...part(0x2e8)]);
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
for (const [title, report, vcek] of [
  ["a report of a debugged guest", fixtureSnp("milan-debug.report.bin"), "milan-debug.vcek.der"],
  ["a report", hexDecode(text(fixtureSnp("milan.report.hex"))), "milan.vcek.der"],
] as const) {
  test(`${title} is signed by its VCEK, that by the ASK of Milan`, async () => {
    const vek = parseCertificate(fixtureSnp(vcek));
    assert.deepEqual(identifyCertificate(vek), { role: "VCEK", line: "Milan" });
    const [milan] = AMD_ROOTS;
    assert.equal(await signs(milan!.ask!, vek), true);
    assert.equal(await signs(milan!.ark, vek), false);
    assert.equal(await signs(AMD_ROOTS[1]!.ask!, vek), false);
    const body = report.slice(0, 0x2a0);
    const signature = signatureOf(report);
    assert.equal(await verified(vek.spki, "ECDSA-P384-SHA384", body, signature), true);
    body[0x29f]! ^= 1;
    assert.equal(await verified(vek.spki, "ECDSA-P384-SHA384", body, signature), false);
  });
}

test("the VCEK of Turin is signed by the ASK of Turin", async () => {
  const vek = parseCertificate(fixtureSnp("turin.vcek.der"));
  assert.deepEqual(identifyCertificate(vek), { role: "VCEK", line: "Turin" });
  assert.equal(await signs(AMD_ROOTS[2]!.ask!, vek), true);
});
