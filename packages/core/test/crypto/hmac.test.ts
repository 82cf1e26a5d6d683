// SPDX-License-Identifier: Apache-2.0
// HMAC-SHA256 against the cases of RFC 4231 and node:crypto.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import { hexDecode, hexEncode } from "../../src/bytes/index.ts";
import { hmacSha256 } from "../../src/crypto/hmac.ts";

test("RFC 4231 sections 4.2, 4.3 and 4.7 (a key longer than a block)", () => {
  const ascii = (text: string) => new TextEncoder().encode(text);
  const cases = [
    [
      new Uint8Array(20).fill(0x0b),
      ascii("Hi There"),
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    ],
    [
      ascii("Jefe"),
      ascii("what do ya want for nothing?"),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ],
    [
      new Uint8Array(131).fill(0xaa),
      ascii("Test Using Larger Than Block-Size Key - Hash Key First"),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ],
  ] as const;
  for (const [key, message, expected] of cases) {
    assert.equal(hexEncode(hmacSha256(key, message)), expected);
  }
});

test("any key and message give what node:crypto gives", () => {
  const bytes = fc.uint8Array({ maxLength: 200 });
  fc.assert(
    fc.property(bytes, bytes, (key, message) => {
      const expected = createHmac("sha256", key).update(message).digest("hex");
      assert.deepEqual(hmacSha256(key, message), hexDecode(expected));
    }),
  );
});
