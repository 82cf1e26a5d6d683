// SPDX-License-Identifier: Apache-2.0
// Files of certificates: any order, any grouping; what does not fit together is named.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LayoutError, base64Encode } from "../../../src/bytes/index.ts";
import {
  SEV_CHAIN_FILE_LIMIT,
  SEV_USAGE,
  readSevChain,
  sevCertificateSize,
} from "../../../src/endorsement/sev/index.ts";
import { certificate, makePlatform } from "./support.ts";

const { chain, keys } = makePlatform();
const ROLES = ["pdh", "pek", "oca", "cek", "ask", "ark"] as const;
const joined = (roles: readonly (typeof ROLES)[number][]): Uint8Array =>
  Uint8Array.from(roles.flatMap((role) => [...chain[role].bytes]));

test("any order and grouping of the six gives the same chain", () => {
  const groups = fc
    .shuffledSubarray([...ROLES], { minLength: 6 })
    .chain((order) => fc.tuple(fc.constant(order), fc.nat(6), fc.boolean()));
  fc.assert(
    fc.property(groups, ([order, cut, isText]) => {
      const parts = [order.slice(0, cut), order.slice(cut)].filter(({ length }) => length > 0);
      const files = parts.map((part, i) => {
        const bytes = joined(part);
        const text = new TextEncoder().encode(base64Encode(bytes));
        return { name: `file ${i}`, bytes: isText ? text : bytes };
      });
      const { notes, contradictions, ...read } = readSevChain(files);
      assert.deepEqual([notes, contradictions], [[], []]);
      for (const role of ROLES) assert.deepEqual(read[role]?.bytes, chain[role].bytes);
    }),
    { numRuns: 50 },
  );
});

test("the same certificate twice is no contradiction, two for one key are", () => {
  const again = makePlatform().chain;
  for (const role of ROLES) {
    const bytes = chain[role].bytes;
    const same = readSevChain([
      { name: "a", bytes },
      { name: "b", bytes },
    ]);
    assert.deepEqual(same.contradictions, []);
    const other = readSevChain([
      { name: "a", bytes },
      { name: "b", bytes: again[role].bytes },
    ]);
    assert.deepEqual(other.contradictions, [
      `"b" holds another ${role.toUpperCase()} than the files before it`,
    ]);
    assert.deepEqual(other[role]?.bytes, bytes);
  }
});

test("of two certificates of one CEK, the signed one is taken, whichever comes first", () => {
  const unsigned = certificate(SEV_USAGE.CEK, keys.cek.publicKey, []);
  const files = [unsigned, chain.cek].map(({ bytes }, i) => ({ name: `${i}`, bytes }));
  for (const order of [files, files.toReversed()]) {
    const { cek, notes, contradictions } = readSevChain(order);
    assert.deepEqual(cek?.bytes, chain.cek.bytes);
    assert.deepEqual(contradictions, []);
    assert.match(notes[0] ?? "", /another certificate of the same CEK/);
  }
});

test("a certificate for no key of a platform is named", () => {
  const stray = certificate(SEV_USAGE.INVALID, keys.pek.publicKey, []);
  const { contradictions } = readSevChain([{ name: "stray", bytes: stray.bytes }]);
  assert.deepEqual(contradictions, ['"stray" holds a certificate for no key of a platform']);
});

test("anything else in a file is refused, with its place and the file", () => {
  const rows: readonly (readonly [Uint8Array, RegExp])[] = [
    [new Uint8Array(0), /is empty/],
    [new TextEncoder().encode("-----BEGIN CERTIFICATE-----\nAAAA\n"), /is PEM/],
    [new Uint8Array(2084), /no certificate of SEV/],
    [joined(["pdh", "pek"]).subarray(0, -1), /needs 2084 bytes/],
    [Uint8Array.of(...joined(["pdh"]), 1), /offset 0x824: .*no certificate of SEV/],
    [joined(["ask"]).subarray(0, 700), /has 700 bytes/],
    [new TextEncoder().encode("not base64!"), /base64/],
    [new Uint8Array(SEV_CHAIN_FILE_LIMIT + 1), /at most/],
  ];
  for (const [bytes, message] of rows) {
    assert.throws(
      () => readSevChain([{ name: "some.bin", bytes }]),
      (error: unknown) => {
        assert.ok(error instanceof LayoutError);
        assert.match(error.message, message);
        assert.match(error.message, /in "some\.bin"/);
        return true;
      },
    );
  }
});

test("what begins somewhere is told without reading it", () => {
  assert.equal(sevCertificateSize(chain.pdh.bytes), 2084);
  assert.equal(sevCertificateSize(chain.ark.bytes), 832);
  assert.equal(sevCertificateSize(joined(["pdh", "ask"]), 2084), 832);
  assert.equal(sevCertificateSize(new Uint8Array(63)), undefined);
});
