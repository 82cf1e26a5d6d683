// SPDX-License-Identifier: Apache-2.0
// Hexadecimal and base64: the same as Buffer on what is valid, and strict on what is not.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import {
  LayoutError,
  base64Decode,
  base64Encode,
  hexDecode,
  hexEncode,
  quote,
} from "../../src/bytes/index.ts";

/** Text made of the characters that matter to a decoder, and some that do not belong. */
const nearly = (alphabet: string) =>
  fc
    .array(fc.constantFrom(...Array.from(alphabet)), { maxLength: 24 })
    .map((found) => found.join(""));

describe("hexadecimal", () => {
  test("agrees with Buffer", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = Buffer.from(bytes).toString("hex");
        assert.equal(hexEncode(bytes), text);
        for (const form of [text, text.toUpperCase(), `0x${text}`, `0X${text}`]) {
          assert.deepEqual(hexDecode(form), bytes);
        }
      }),
    );
  });

  test("accepts exactly pairs of digits", () => {
    fc.assert(
      fc.property(nearly("0123456789abcdefABCDEFxX gz-:\n"), (text) => {
        const digits = text.replace(/^0x/i, "");
        if (/^(?:[0-9a-f]{2})*$/i.test(digits) && !digits.includes("\n")) {
          assert.deepEqual(hexDecode(text), new Uint8Array(Buffer.from(digits, "hex")));
        } else {
          assert.throws(() => hexDecode(text), { name: "LayoutError", code: "bad-hex" });
        }
      }),
    );
  });

  test("says what is wrong and where", () => {
    assert.throws(() => hexDecode("0x12g4", "digest"), {
      message: 'digest: has "g" where a hexadecimal digit must be (character 3)',
    });
    assert.throws(() => hexDecode("g0"), {
      message: 'hexadecimal text: has "g" where a hexadecimal digit must be (character 1)',
    });
    assert.throws(() => hexDecode("123"), {
      message: "hexadecimal text: has an odd number of hexadecimal digits (3)",
    });
    assert.deepEqual(hexDecode(""), new Uint8Array(0));
  });
});

describe("quoted text", () => {
  test("printable ASCII stays, everything else is escaped", () => {
    assert.equal(quote('a "b" \\ ~'), '"a \\"b\\" \\\\ ~"');
    assert.equal(quote("\n\u007f\u009b\u2028é"), '"\\n\\u007f\\u009b\\u2028\\u00e9"');
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        assert.match(quote(text), /^"[ -~]*"$/);
        assert.equal(JSON.parse(quote(text)), text);
      }),
    );
  });
});

describe("base64", () => {
  test("agrees with Buffer", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = Buffer.from(bytes).toString("base64");
        assert.equal(base64Encode(bytes), text);
        assert.deepEqual(base64Decode(text), bytes);
      }),
    );
  });

  test("accepts exactly the texts that Buffer would write", () => {
    let accepted = 0;
    fc.assert(
      fc.property(nearly("AQgwZz09+/=-_ \n"), (text) => {
        const bytes = Buffer.from(text, "base64");
        if (bytes.toString("base64") === text) {
          accepted += 1;
          assert.deepEqual(base64Decode(text), new Uint8Array(bytes));
        } else {
          assert.throws(() => base64Decode(text), { name: "LayoutError", code: "bad-base64" });
        }
      }),
      { numRuns: 1000 },
    );
    assert.ok(accepted > 10);
  });

  test("says what is wrong", () => {
    for (const [text, message] of [
      ["AAA", "key: has 3 characters, must be a multiple of 4"],
      ["AA*A", 'key: has "*" at character 3, which is not a base64 digit'],
      ["A===", 'key: has "=" at character 2, which is not a base64 digit'],
      ["AA==AAAA", 'key: has "=" at character 3, which is not a base64 digit'],
      ["AB==", "key: has bits set after its last byte"],
      ["AAB=", "key: has bits set after its last byte"],
      ["AA-_", 'key: has "-" at character 3, which is not a base64 digit'],
    ] as const) {
      assert.throws(() => base64Decode(text, "key"), { message });
    }
    assert.throws(() => base64Decode("===="), LayoutError);
    assert.deepEqual(base64Decode(""), new Uint8Array(0));
  });
});
