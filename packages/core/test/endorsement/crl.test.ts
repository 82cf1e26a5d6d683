// SPDX-License-Identifier: Apache-2.0
// Revocation lists.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { LayoutError } from "../../src/bytes/index.ts";
import { REVOCATION_LIST_LIMIT, parseRevocationList } from "../../src/endorsement/index.ts";
import {
  buildList,
  extension,
  generalizedTime,
  integer,
  octets,
  pss,
  revoked,
  sequence,
  tlv,
} from "../support/der-builder.ts";
import type { ListParts } from "../support/der-builder.ts";

const parse = (parts: ListParts) => parseRevocationList(buildList(parts));
const refused = (parts: ListParts, code: string) =>
  assert.throws(() => parse(parts), { name: "LayoutError", code });

test("window, number, issuer and entries", () => {
  const reason = (code: number) => extension("2.5.29.21", tlv(0x0a, [code]));
  const list = parse({
    revoked: [
      revoked(integer(2, 0, 1)),
      revoked(integer(5), reason(1)),
      revoked(integer(6), extension("2.5.29.24", [0]), reason(4)),
      revoked(integer(7), reason(7)),
    ],
    extensions: [
      extension("2.5.29.20", integer(0, 0xff)),
      extension("2.5.29.35", sequence(tlv(0x80, [1, 2]))),
    ],
  });
  assert.equal(list.issuer.commonName, "issuer");
  assert.equal(list.thisUpdate, Date.parse("2026-08-01T00:00:00Z"));
  assert.equal(list.nextUpdate, Date.parse("2026-09-01T00:00:00Z"));
  assert.equal(list.crlNumber, 255n);
  assert.deepEqual(list.authorityKeyId, Uint8Array.of(1, 2));
  const date = Date.parse("2025-06-01T12:00:00Z");
  assert.deepEqual(list.revoked, [
    { serial: 0x02_0001n, date },
    { serial: 5n, date, reason: "keyCompromise" },
    { serial: 6n, date, reason: "superseded" },
    { serial: 7n, date, reason: "reason 7" },
  ]);
  assert.ok(list.signatureAlgorithm.kind === "RSASSA-PSS");
  assert.equal(list.signature.length, 512);
});

test("what may be absent is absent", () => {
  const list = parse({ nextUpdate: undefined });
  assert.ok(!("nextUpdate" in list));
  assert.ok(!("crlNumber" in list));
  assert.ok(!("authorityKeyId" in list));
  assert.deepEqual(list.revoked, []);
  assert.deepEqual(list.extensions, []);
  const late = parse({ nextUpdate: generalizedTime("20600101000000Z") });
  assert.equal(late.nextUpdate, Date.parse("2060-01-01T00:00:00Z"));
});

test("unknown critical extensions of the list are kept; of an entry, they are refused", () => {
  const { extensions } = parse({ extensions: [extension("2.5.29.28", [1], true)] });
  assert.deepEqual(extensions, [{ oid: "2.5.29.28", critical: true, value: Uint8Array.of(1) }]);
  refused({ revoked: [revoked(integer(1), extension("2.5.29.29", [1], true))] }, "unknown-value");
});

test("other versions, broken reasons, numbers and serials are refused", () => {
  refused({ version: undefined }, "unsupported-version");
  refused({ version: integer(0) }, "unsupported-version");
  refused({ version: integer(2) }, "unsupported-version");
  refused({ outerAlgorithm: pss(tlv(0xa2, integer(1))) }, "constant-mismatch");
  const reason = (value: Uint8Array) => ({
    revoked: [revoked(integer(1), extension("2.5.29.21", value))],
  });
  refused(reason(tlv(0x0a, [11])), "out-of-range");
  refused(reason(integer(1)), "bad-der");
  refused({ revoked: [revoked(integer(0x80))] }, "out-of-range");
  refused({ revoked: [revoked(integer(1, ...Array(20).fill(0)))] }, "out-of-range");
  refused({ extensions: [extension("2.5.29.20", integer(0x80))] }, "out-of-range");
  refused({ extensions: [extension("2.5.29.20", octets([1]))] }, "bad-der");
  refused({ revoked: [integer(1)] }, "bad-der");
});

test("cut off anywhere, or with a byte after it, it is refused", () => {
  const der = buildList({ revoked: [revoked(integer(9))] });
  for (let length = 0; length < der.length; length++) {
    assert.throws(() => parseRevocationList(der.subarray(0, length)), { name: "LayoutError" });
  }
  const longer = new Uint8Array(der.length + 1);
  longer.set(der);
  assert.throws(() => parseRevocationList(longer), { code: "trailing-bytes" });
});

test("long lists are read quickly, too long ones not at all", () => {
  const entry = revoked(integer(1, 2, 3));
  const all = new Uint8Array(entry.length * 50_000);
  for (let i = 0; i < 50_000; i++) all.set(entry, i * entry.length);
  const start = performance.now();
  const der = buildList({ revoked: [all] });
  assert.equal(parseRevocationList(der).revoked.length, 50_000);
  assert.ok(performance.now() - start < 5000);
  const huge = new Uint8Array(REVOCATION_LIST_LIMIT + 1);
  assert.throws(() => parseRevocationList(huge), { code: "bad-length" });
});

test("damaged lists throw nothing but LayoutError", () => {
  const der = buildList({
    revoked: [revoked(integer(9), extension("2.5.29.21", tlv(0x0a, [1])))],
    extensions: [extension("2.5.29.20", integer(1))],
  });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat({ max: der.length - 1 }), fc.nat({ max: 255 })), { maxLength: 5 }),
      (changes) => {
        const copy = Uint8Array.from(der);
        for (const [at, value] of changes) copy[at] = value;
        try {
          parseRevocationList(copy);
        } catch (error) {
          assert.ok(error instanceof LayoutError, String(error));
        }
      },
    ),
    { numRuns: 500 },
  );
});
