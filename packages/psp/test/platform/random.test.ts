// SPDX-License-Identifier: Apache-2.0
// The seeded source is HMAC_DRBG; the system's is not predictable.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { seededRandom, systemRandom } from "@greenlight/psp/platform";
import { resumedRandom } from "../../src/platform/random.ts";

test("seeded: NIST CAVP, HMAC_DRBG without reseeding, SHA-256, first case", () => {
  const entropy = "ca851911349384bffe89de1cbdc46e6831e44d34a4fb935ee285dd14b71a7488";
  const nonce = "659ba96c601dc69fc902940805ec0ca8";
  const random = seededRandom(Buffer.from(entropy + nonce, "hex"));
  random.bytes(128);
  assert.equal(
    Buffer.from(random.bytes(128)).toString("hex"),
    "e528e9abf2dece54d47c7e75e5fe302149f817ea9fb4bee6f4199697d04d5b89" +
      "d54fbb978a15b5c443c9ec21036d2460b6f73ebad0dc2aba6e624abf07745bc1" +
      "07694bb7547bb0995f70de25d6b29e2d3011bb19d27676c07162c8b5ccde0668" +
      "961df86803482cb37ed6d5c0bb8d50cf1f50d476aa0458bdaba806f48be9dcb8",
  );
});

test("seeded: the same seed gives the same bytes, and goes on where it was stored", () => {
  const sizes = fc.array(fc.nat({ max: 100 }), { maxLength: 8 });
  fc.assert(
    fc.property(fc.string(), sizes, sizes, (seed, before, after) => {
      const [one, two] = [seededRandom(seed), seededRandom(seed)];
      for (const size of before) assert.deepEqual(one.bytes(size), two.bytes(size));
      const state = two.state();
      assert.ok(state !== undefined);
      const resumed = resumedRandom(state);
      for (const size of after) assert.deepEqual(resumed.bytes(size), one.bytes(size));
    }),
    { numRuns: 50 },
  );
});

test("system: no state to store, no bytes twice", () => {
  assert.equal(systemRandom.state(), undefined);
  assert.notDeepEqual(systemRandom.bytes(32), systemRandom.bytes(32));
});
