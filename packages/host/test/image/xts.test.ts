// SPDX-License-Identifier: Apache-2.0
// XTS out of the block cipher is OpenSSL's, sector by sector.

import assert from "node:assert/strict";
import { createCipheriv, createDecipheriv } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { xtsOfBlocks } from "../../src/image/xts.ts";

test("sectors of any content, key and number", () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  const keys = fc.constantFrom(32, 64).chain(bytes);
  // OpenSSL refuses two keys that are the same.
  const usable = keys.filter(
    (key) => Buffer.compare(key.subarray(0, key.length / 2), key.subarray(key.length / 2)) !== 0,
  );
  fc.assert(
    fc.property(
      usable,
      bytes(16),
      fc.constantFrom(16, 512, 4096).chain(bytes),
      (key, tweak, sector) => {
        const name = `aes-${key.length * 4}-xts`;
        const encrypted = createCipheriv(name, key, tweak).update(sector);
        assert.deepEqual(Buffer.from(xtsOfBlocks(key, "encrypt")(sector, tweak)), encrypted);
        const decrypted = createDecipheriv(name, key, tweak).update(sector);
        assert.deepEqual(Buffer.from(xtsOfBlocks(key, "decrypt")(sector, tweak)), decrypted);
      },
    ),
    { numRuns: 200 },
  );
});
