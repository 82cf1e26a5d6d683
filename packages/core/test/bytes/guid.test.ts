// SPDX-License-Identifier: Apache-2.0
// GUIDs as text and in both stored orders.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  LayoutError,
  guidDecode,
  guidEncode,
  hexDecode,
  hexEncode,
} from "../../src/bytes/index.ts";

/** GUIDs of OVMF's footer table as text and as they stand in the firmware file. */
const KNOWN = [
  ["96b582de-1fb2-45f7-baea-a366c55a082d", "de82b596b21ff745baeaa366c55a082d"],
  ["00f771de-1a7e-4fcb-890e-68c77e2fb44e", "de71f7007e1acb4f890e68c77e2fb44e"],
  ["4c2eb361-7d9b-4cc3-8081-127c90d3d294", "61b32e4c9b7dc34c8081127c90d3d294"],
  ["7255371f-3a3b-4b04-927b-1da6efa8d454", "1f3755723b3a044b927b1da6efa8d454"],
  ["dc886566-984a-4798-a75e-5585a7bf67cc", "666588dc4a989847a75e5585a7bf67cc"],
  ["9438d606-4f22-4cc9-b479-a793d411fd21", "06d63894224fc94cb479a793d411fd21"],
] as const;

test("known GUIDs in EFI order and in RFC 9562's", () => {
  for (const [text, stored] of KNOWN) {
    assert.equal(hexEncode(guidEncode(text)), stored);
    assert.equal(guidDecode(hexDecode(stored)), text);
    assert.equal(hexEncode(guidEncode(text, "rfc")), text.replaceAll("-", ""));
    assert.equal(guidDecode(hexDecode(text.replaceAll("-", "")), "rfc"), text);
    assert.deepEqual(guidEncode(text.toUpperCase()), guidEncode(text));
  }
});

test("any 16 bytes are a GUID in both orders, at any offset", () => {
  const stored = fc.uint8Array({ minLength: 16, maxLength: 16 });
  fc.assert(
    fc.property(stored, fc.constantFrom("efi", "rfc"), fc.nat(5), (bytes, order, lead) => {
      const text = guidDecode(bytes, order);
      assert.match(text, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      assert.deepEqual(guidEncode(text, order), bytes);
      const larger = new Uint8Array(lead + 16);
      larger.set(bytes, lead);
      assert.equal(guidDecode(larger, order, lead), text);
    }),
  );
});

test("too few bytes and impossible offsets are refused", () => {
  const bytes = new Uint8Array(20);
  assert.equal(guidDecode(bytes, "efi", 4), "00000000-0000-0000-0000-000000000000");
  for (const offset of [5, 20, -1, 0.5, Number.NaN, 1e9]) {
    assert.throws(() => guidDecode(bytes, "efi", offset), { code: "truncated" });
  }
  assert.throws(() => guidDecode(new Uint8Array(15)), { message: /needs 16 bytes, 15 are there/ });
});

test("text that is not a GUID is refused", () => {
  for (const text of [
    "",
    "96b582de-1fb2-45f7-baea-a366c55a082",
    "96b582de-1fb2-45f7-baea-a366c55a082d0",
    "{96b582de-1fb2-45f7-baea-a366c55a082d}",
    "96b582de1fb245f7baeaa366c55a082d",
    "96b582de-1fb2-45f7-baea-a366c55a082g",
    "96b582de-1fb2-45f7-baea_a366c55a082d",
    "96b582de-1fb2-45f7-baea-a366c55a082d\n",
    "x".repeat(100_000),
  ]) {
    assert.throws(
      () => guidEncode(text),
      (error: unknown) => {
        assert.ok(error instanceof LayoutError);
        return error.code === "bad-guid" && error.message.length < 200;
      },
    );
  }
});
