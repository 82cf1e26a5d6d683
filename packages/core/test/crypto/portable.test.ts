// SPDX-License-Identifier: Apache-2.0
// `#crypto` outside Node, and that it agrees with the one in Node on any input.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import * as node from "../../src/crypto/node.ts";
import * as portable from "../../src/crypto/portable.ts";
import { hashCases } from "./hash-cases.ts";

hashCases("portable", portable);

test("both export the same names", () => {
  assert.deepEqual(Object.keys(portable).toSorted(), Object.keys(node).toSorted());
});

test("both agree on random input, in one piece and in several", () => {
  const data = fc.uint8Array({ maxLength: 600 });
  fc.assert(
    fc.property(data, fc.array(fc.nat(600), { maxLength: 4 }), (bytes, cuts) => {
      assert.deepEqual(portable.sha256(bytes), node.sha256(bytes));
      assert.deepEqual(portable.sha384(bytes), node.sha384(bytes));
      const streams = [portable.sha256Stream(), node.sha256Stream()] as const;
      const ends = [...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length];
      let start = 0;
      for (const end of ends.toSorted((a, b) => a - b)) {
        for (const stream of streams) stream.update(bytes.subarray(start, end));
        start = end;
      }
      const [a, b] = streams.map((stream) => stream.digest());
      assert.deepEqual(a, b);
      assert.deepEqual(a, node.sha256(bytes));
    }),
  );
});

test("both agree on every length around the borders of blocks, and on long messages", () => {
  const long = Uint8Array.from({ length: 3 * 2 ** 20 + 17 }, (_, i) => (i * i) >> 7);
  const lengths = Array.from({ length: 3 * 128 + 2 }, (_, i) => i);
  for (const length of [...lengths, 4096, 2 ** 20 - 1, long.length]) {
    const data = long.subarray(0, length);
    assert.deepEqual(portable.sha256(data), node.sha256(data), `SHA-256 of ${length} bytes`);
    assert.deepEqual(portable.sha384(data), node.sha384(data), `SHA-384 of ${length} bytes`);
  }
});

test("a fork and what it comes from go on without each other, wherever a block ends", () => {
  const data = Uint8Array.from({ length: 200 }, (_, i) => i);
  for (let at = 0; at <= 130; at++) {
    const stream = portable.sha256Stream();
    stream.update(data.subarray(0, at));
    const fork = stream.fork();
    stream.update(data.subarray(at));
    assert.deepEqual(fork.digest(), node.sha256(data.subarray(0, at)), `fork at ${at}`);
    assert.deepEqual(stream.digest(), node.sha256(data), `stream forked at ${at}`);
  }
});

test("both write the same bytes into a target", () => {
  const data = fc.uint8Array({ minLength: 48, maxLength: 300 });
  fc.assert(
    fc.property(data, fc.nat(252), (bytes, at) => {
      const offset = Math.min(at, bytes.length - 48);
      const [a, b] = [Uint8Array.from(bytes), Uint8Array.from(bytes)];
      portable.sha384Into(bytes, a, offset);
      node.sha384Into(bytes, b, offset);
      assert.deepEqual(a, b);
    }),
  );
});

test("both compare ranges alike", () => {
  const few = fc.array(fc.nat(1), { minLength: 8, maxLength: 40 });
  const index = fc.nat(40);
  fc.assert(
    fc.property(few, index, index, fc.nat(8), (values, a, b, length) => {
      const bytes = Uint8Array.from(values);
      const run = (crypto: typeof portable): boolean | "RangeError" => {
        try {
          return crypto.sameRange(bytes, a, b, length);
        } catch (error) {
          assert.ok(error instanceof RangeError);
          return "RangeError";
        }
      };
      assert.equal(run(portable), run(node));
    }),
  );
});
