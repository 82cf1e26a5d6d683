// SPDX-License-Identifier: Apache-2.0
// What files hold, and whether an answer is what was asked for.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LayoutError } from "@greenlight/core/bytes";
import type { KdsAddress } from "@greenlight/core/endorsement";
import { readContent, readMaterial } from "../../src/kds/material.ts";
import { missingVectors, readVector } from "../../../core/test/support/vectors.ts";
import { answerOf, hierarchyOf, pem } from "../support/fake-kds.ts";
import { CHAIN, CRL, VCEK } from "./support.ts";

const refuses = (address: KdsAddress, bytes: Uint8Array, reason: RegExp): void => {
  assert.throws(
    () => readContent(address, bytes),
    (error) => error instanceof LayoutError && reason.test(error.message),
  );
};

test("every kind of certificate and list is told from the others", () => {
  const milan = hierarchyOf("Milan");
  const kinds = (bytes: Uint8Array) => readMaterial(bytes).map(({ kind }) => kind);
  assert.deepEqual(kinds(milan.vcek().der), ["VCEK"]);
  assert.deepEqual(kinds(milan.vlek().der), ["VLEK"]);
  assert.deepEqual(kinds(milan.ark.der), ["ARK"]);
  assert.deepEqual(kinds(milan.crl()), ["CRL"]);
  const bundle = pem(milan.asvk.der) + pem(milan.ask.der) + pem(milan.crl(), "X509 CRL");
  const [asvk, ask, list] = readMaterial(Buffer.from(bundle.replaceAll("\n", "\r\n")));
  assert.ok(asvk?.kind === "intermediate" && asvk.endorser === "vlek" && asvk.line === "Milan");
  assert.ok(ask?.kind === "intermediate" && ask.endorser === "vcek");
  assert.ok(list?.kind === "CRL" && list.line === "Milan" && list.nextUpdate !== undefined);
});

test("DER is kept as it came, PEM of a VCEK becomes DER, a chain becomes PEM with LF", () => {
  const vcek = answerOf(VCEK);
  assert.deepEqual(Buffer.from(readContent(VCEK, vcek).bytes), Buffer.from(vcek));
  const asPem = Buffer.from(pem(vcek));
  assert.deepEqual(Buffer.from(readContent(VCEK, asPem).bytes), Buffer.from(vcek));
  const crlf = Buffer.from(
    Buffer.from(answerOf(CHAIN)).toString("latin1").replaceAll("\n", "\r\n"),
  );
  const chain = readContent(CHAIN, crlf);
  assert.equal(Buffer.from(chain.bytes).toString(), Buffer.from(answerOf(CHAIN)).toString());
  assert.equal(chain.parts.length, 2);
  assert.equal(typeof readContent(CRL, answerOf(CRL)).nextUpdate, "number");
});

test("an answer that is something else is refused", () => {
  refuses(VCEK, answerOf({ ...VCEK, tcb: { ...VCEK.tcb, snp: 9 } }), /another chip or TCB/);
  refuses(VCEK, answerOf({ ...VCEK, hwId: new Uint8Array(64) }), /another chip or TCB/);
  refuses(VCEK, answerOf({ ...VCEK, line: "Genoa" }), /another chip or TCB/);
  refuses(VCEK, answerOf(CRL), /are a CRL/);
  refuses(VCEK, hierarchyOf("Milan").vlek().der, /are a VLEK/);
  refuses(VCEK, answerOf(CHAIN), /2 pieces/);
  refuses(CRL, answerOf(VCEK), /are a VCEK/);
  refuses(CRL, answerOf({ ...CRL, line: "Genoa" }), /the list of Genoa/);
  refuses(CHAIN, answerOf({ ...CHAIN, endorser: "vcek" }), /hold no ASVK/);
  refuses(CHAIN, answerOf({ ...CHAIN, line: "Turin" }), /are of Turin/);
  refuses(CHAIN, answerOf(VCEK), /hold a VCEK/);
  refuses(VCEK, Buffer.from("<html>log in</html>"), /neither DER nor PEM/);
  refuses(VCEK, new Uint8Array(), /neither DER nor PEM/);
  refuses(VCEK, Buffer.from([0x30, 0x80, 0x00]), /./);
  refuses(VCEK, Buffer.concat([answerOf(VCEK), Buffer.of(0)]), /./);
  refuses(CRL, Buffer.from(pem(answerOf(CRL), "X509 CRL").repeat(40)), /too many/);
});

const REAL: readonly (readonly [file: string, kinds: readonly string[]])[] = [
  ["crl/kds-vcek-genoa-2026-08-19.crl", ["CRL"]],
  ["crl/kds-vcek-turin-2026-08-19.crl", ["CRL"]],
  ["roots/cert_chain-milan-vcek.pem", ["intermediate", "ARK"]],
  ["roots/cert_chain-turin-vlek.pem", ["intermediate", "ARK"]],
  ["veks/milan-v3-vlek-aws.der", ["VLEK"]],
  ["veks/siena-v5-attestationrs.der", ["VCEK"]],
  ["veks/turin-v5-aci.der", ["VCEK"]],
];
for (const [file, kinds] of REAL) {
  test(`AMD's own ${file} is recognised`, { skip: missingVectors(`snp/${file}`) }, () => {
    const material = readMaterial(readVector(`snp/${file}`));
    assert.deepEqual(
      material.map(({ kind }) => kind),
      kinds,
    );
    for (const part of material) {
      const line = part.kind === "VCEK" ? part.facts.line : "line" in part ? part.line : "Milan";
      assert.ok(
        file
          .toLowerCase()
          .includes(line === "Genoa" && /siena/.test(file) ? "siena" : line!.toLowerCase()),
      );
    }
  });
}
