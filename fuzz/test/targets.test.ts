// SPDX-License-Identifier: Apache-2.0
// The targets themselves: names, and seeds that are what they should be.

import assert from "node:assert/strict";
import { test } from "node:test";
import { subjects } from "../targets/index.ts";

const loaded = await Promise.all(
  Object.values(subjects).map(async (load) => (await load()).targets),
);
const targets = loaded.flat();

test("every target has a name of its own", () => {
  assert.equal(new Set(targets.map(({ name }) => name)).size, targets.length);
  for (const { name } of targets) assert.match(name, /^[a-z][a-z0-9-]*$/);
});

for (const target of targets) {
  test(`${target.name}: seeds are accepted, or refused as declared; at least one is accepted`, () => {
    let accepted = 0;
    for (const seed of target.seeds()) {
      assert.ok(seed.length <= (target.maxLength ?? 8192), "a seed is longer than maxLength");
      try {
        target.run(seed);
        accepted++;
      } catch (error) {
        if (!target.expected(error)) throw error;
      }
    }
    assert.ok(accepted > 0);
  });
}
