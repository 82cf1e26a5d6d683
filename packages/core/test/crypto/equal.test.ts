// SPDX-License-Identifier: Apache-2.0
// Comparison of byte strings.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { equalBytes } from "../../src/crypto/equal.ts";

test("equal bytes are equal, one changed bit or another length is not", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), fc.nat(7), (bytes, at, bit) => {
      const copy = Uint8Array.from(bytes);
      assert.equal(equalBytes(bytes, copy), true);
      copy[at % copy.length]! ^= 1 << bit;
      assert.equal(equalBytes(bytes, copy), false);
      assert.equal(equalBytes(bytes, bytes.subarray(1)), false);
      assert.equal(equalBytes(bytes.subarray(1), bytes), false);
    }),
  );
  assert.equal(equalBytes(new Uint8Array(0), new Uint8Array(0)), true);
});
