// SPDX-License-Identifier: Apache-2.0
// Every real certificate and revocation list of the vectors: what their index says of them, what
// node:crypto sees in them, and that both verifiers find the signatures that are there.

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { LayoutError, hexEncode } from "../../src/bytes/index.ts";
import { pemDecode } from "../../src/crypto/pem.ts";
import { signatures as node } from "../../src/crypto/signature-node.ts";
import { signatures as web } from "../../src/crypto/signature-web.ts";
import type { SignatureScheme } from "../../src/crypto/signature.ts";
import {
  AMD_ROOTS,
  identifyCertificate,
  parseCertificate,
  parseRevocationList,
  readVekExtensions,
} from "../../src/endorsement/index.ts";
import type { Certificate } from "../../src/endorsement/index.ts";
import { missingVectors, readVector, readVectorJson } from "../support/vectors.ts";

/** A row of the index, as far as it is compared here. */
interface Row {
  readonly file: string;
  readonly kind: string;
  readonly product: string;
  readonly role?: string;
  readonly serial?: string;
  readonly subject?: string;
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly productName?: string;
  readonly structVersion?: number;
  readonly tcb?: Readonly<Record<string, number>>;
  readonly hwidExtLen?: number | null;
  readonly cspId?: string | null;
  readonly chainValid?: boolean;
  readonly pssTrailerExplicit?: boolean;
  readonly issuer?: string;
  readonly thisUpdate?: string;
  readonly nextUpdate?: string;
  readonly revokedSerials?: readonly string[];
  readonly pairedVek?: string | null;
  readonly verifiedByUs?: { readonly signatureValid?: boolean };
}

const INDEX = "snp/index.json";
const skip = missingVectors(INDEX);
const rows =
  skip === false ? (readVectorJson(INDEX) as { readonly vectors: readonly Row[] }).vectors : [];
const ofKind = (...kinds: readonly string[]) => rows.filter(({ kind }) => kinds.includes(kind));
const read = (row: Row) => readVector(`snp/${row.file}`);
const serialOf = (text: string) => BigInt(`0x${text}`);
const rootOf = (line: string) =>
  AMD_ROOTS.find((root) => root.line.toLowerCase() === line.toLowerCase())!;
/** The ASVKs that are not carried are among the vectors. */
const signerOf = (line: string, role: "ask" | "asvk") =>
  parseCertificate(readVector(`snp/roots/${line.toLowerCase()}-${role}.der`));

/** What both verifiers say, which must be the same. */
async function verified(
  spki: Uint8Array,
  scheme: SignatureScheme,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const a = await node.verify(await node.importKey(spki, scheme), message, signature);
  const b = await web.verify(await web.importKey(spki, scheme), message, signature);
  assert.equal(a, b, "both verifiers agree");
  return a;
}

/** Fields that node:crypto's own reader has too. */
function compareWithNode(certificate: Certificate): void {
  const other = new X509Certificate(certificate.der);
  assert.equal(certificate.serial, serialOf(other.serialNumber));
  assert.equal(certificate.notBefore, other.validFromDate.getTime());
  assert.equal(certificate.notAfter, other.validToDate.getTime());
  assert.equal(certificate.subject.text, other.subject.replaceAll("\n", ", "));
  assert.equal(certificate.issuer.text, other.issuer.replaceAll("\n", ", "));
  const spki = other.publicKey.export({ type: "spki", format: "der" });
  assert.equal(hexEncode(certificate.spki), spki.toString("hex"));
  assert.equal(certificate.basicConstraints?.ca ?? false, other.ca);
  const { asymmetricKeyType, asymmetricKeyDetails } = other.publicKey;
  const { key } = certificate;
  if (key.kind === "RSA") {
    assert.equal(asymmetricKeyType, "rsa");
    assert.equal(key.bits, asymmetricKeyDetails?.modulusLength);
    assert.equal(BigInt(key.exponent), asymmetricKeyDetails?.publicExponent);
  } else {
    assert.equal(key.kind, "P-384");
    assert.equal(asymmetricKeyDetails?.namedCurve, "secp384r1");
  }
}

test("the index has certificates and lists", { skip }, () => {
  assert.equal(ofKind("root-cert").length, 9);
  assert.equal(ofKind("vcek", "vlek").length, 20);
  assert.equal(ofKind("crl").length, 5);
});

for (const row of ofKind("root-cert")) {
  test(row.file, async () => {
    const certificate = parseCertificate(read(row));
    compareWithNode(certificate);
    assert.equal(`CN=${certificate.subject.commonName}`, row.subject);
    assert.equal(certificate.serial, serialOf(row.serial!));
    assert.equal(certificate.notBefore, Date.parse(row.notBefore!));
    assert.equal(certificate.notAfter, Date.parse(row.notAfter!));
    const identity = identifyCertificate(certificate);
    assert.equal(identity?.role, row.role);
    assert.equal(identity?.line, row.product);
    assert.equal(identity?.pin?.role, row.role);
    const { ark } = rootOf(row.product);
    const { tbs, signature } = certificate;
    assert.equal(await verified(ark.spki, "RSA-PSS-SHA384", tbs, signature), true);
  });
}

for (const row of ofKind("vcek", "vlek")) {
  test(row.file, async () => {
    const certificate = parseCertificate(read(row));
    compareWithNode(certificate);
    assert.equal(certificate.serial, 0n);
    const kind = row.kind.toUpperCase();
    assert.equal(certificate.subject.commonName, `SEV-${kind}`);
    assert.deepEqual(identifyCertificate(certificate), { role: kind, line: row.product });
    const { signatureAlgorithm } = certificate;
    assert.ok(signatureAlgorithm.kind === "RSASSA-PSS");
    const { hash, mgfHash, saltLength, trailerExplicit } = signatureAlgorithm;
    assert.deepEqual([hash, mgfHash, saltLength], ["SHA-384", "SHA-384", 48]);
    if (row.pssTrailerExplicit !== undefined) {
      assert.equal(trailerExplicit, row.pssTrailerExplicit);
    }
    const { spl, hwId, cspId, structVersion, productName, unknown } =
      readVekExtensions(certificate);
    assert.deepEqual(unknown, []);
    // In one of them hwID is wrapped, 66 bytes in all.
    const raw = certificate.extensions.find(({ oid }) => oid === "1.3.6.1.4.1.3704.1.4")?.value;
    assert.equal(raw?.length ?? null, row.hwidExtLen ?? null);
    assert.equal(hwId?.length, raw && (structVersion === 1 ? 8 : 64));
    assert.equal(structVersion, row.structVersion ?? structVersion);
    assert.equal(productName, row.productName ?? productName);
    if (row.cspId !== undefined) assert.equal(cspId ?? null, row.cspId);
    if (row.tcb !== undefined) {
      const { bl, tee, snp, ucode, fmc } = spl;
      assert.deepEqual({ ...(fmc === undefined ? {} : { fmc }), bl, tee, snp, ucode }, row.tcb);
    }
    if (row.notBefore !== undefined) {
      assert.equal(certificate.notBefore, Date.parse(row.notBefore));
      assert.equal(certificate.notAfter, Date.parse(row.notAfter!));
    }
    const signer = signerOf(row.product, row.kind === "vlek" ? "asvk" : "ask");
    const { tbs, signature } = certificate;
    const isSigned = await verified(signer.spki, "RSA-PSS-SHA384", tbs, signature);
    assert.equal(isSigned, row.chainValid ?? true);
    const byNode = new X509Certificate(certificate.der);
    assert.equal(byNode.verify(new X509Certificate(signer.der).publicKey), isSigned);
    for (let length = 0; length < certificate.der.length; length++) {
      const cut = certificate.der.subarray(0, length);
      assert.throws(() => parseCertificate(cut), LayoutError);
    }
  });
}

for (const row of ofKind("crl")) {
  test(row.file, async () => {
    const list = parseRevocationList(read(row));
    assert.equal(list.issuer.commonName, row.issuer);
    // Some dates of the index are without time.
    const day = (time: number) => new Date(time).toISOString();
    assert.ok(day(list.thisUpdate).startsWith(row.thisUpdate!.replace("Z", "")));
    assert.ok(day(list.nextUpdate!).startsWith(row.nextUpdate!.replace("Z", "")));
    assert.deepEqual(
      list.revoked.map(({ serial }) => serial),
      row.revokedSerials!.map(serialOf),
    );
    assert.ok(list.crlNumber !== undefined && list.crlNumber > 0n);
    const { ark, ask } = rootOf(row.product);
    assert.deepEqual(list.issuer.raw, ark.subject.raw);
    assert.deepEqual(list.authorityKeyId, ark.subjectKeyId);
    const { tbs, signature } = list;
    assert.equal(await verified(ark.spki, "RSA-PSS-SHA384", tbs, signature), true);
    assert.equal(await verified(ask!.spki, "RSA-PSS-SHA384", tbs, signature), false);
    for (let length = 0; length < list.der.length; length++) {
      assert.throws(() => parseRevocationList(list.der.subarray(0, length)), LayoutError);
    }
  });
}

for (const row of ofKind("kds-cert_chain")) {
  test(row.file, () => {
    const blocks = pemDecode(new TextDecoder().decode(read(row)));
    const roles = blocks.map(({ bytes }) => identifyCertificate(parseCertificate(bytes))?.role);
    assert.deepEqual(roles, [row.file.includes("vlek") ? "ASVK" : "ASK", "ARK"]);
  });
}

for (const row of ofKind("report")) {
  const { pairedVek } = row;
  if (pairedVek === undefined || pairedVek === null) continue;
  test(`${row.file}: the signature`, async () => {
    const report = read(row);
    const vek = parseCertificate(readVector(`snp/${pairedVek}`));
    const part = (offset: number) => report.slice(offset, offset + 48).toReversed();
    const signature = Uint8Array.from([...part(0x2a0), ...part(0x2e8)]);
    const body = report.subarray(0, 0x2a0);
    const isSigned = await verified(vek.spki, "ECDSA-P384-SHA384", body, signature);
    assert.equal(isSigned, row.verifiedByUs?.signatureValid);
  });
}
