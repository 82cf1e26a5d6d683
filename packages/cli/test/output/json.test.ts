// SPDX-License-Identifier: Apache-2.0
// JSON of values that JSON does not know.

import assert from "node:assert/strict";
import { test } from "node:test";
import { toJson } from "../../src/output/json.ts";

test("bigints and bytes are hexadecimal text, at every depth", () => {
  const value = {
    policy: 0x30000n,
    list: [Uint8Array.of(0, 255), null],
    deep: { n: 1, no: undefined },
  };
  assert.deepEqual(JSON.parse(toJson(value)), {
    policy: "0x30000",
    list: ["00ff", null],
    deep: { n: 1 },
  });
  assert.deepEqual(JSON.parse(toJson(Buffer.from("ab"))), "6162");
  assert.ok(toJson({}).endsWith("\n"));
});
