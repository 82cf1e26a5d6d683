// SPDX-License-Identifier: Apache-2.0
// PEM: blocks, headers, and what is refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { LayoutError, base64Encode } from "../../src/bytes/index.ts";
import { pemDecode } from "../../src/crypto/pem.ts";

const block = (label: string, body: string) =>
  `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;

test("blocks come in order, with text around them ignored", () => {
  const text = `before\n${block("A", "AQI=")}between\n${block("EC PRIVATE KEY", "AwQF\nBg==")}after`;
  assert.deepEqual(pemDecode(text), [
    { label: "A", headers: [], bytes: Uint8Array.of(1, 2) },
    { label: "EC PRIVATE KEY", headers: [], bytes: Uint8Array.of(3, 4, 5, 6) },
  ]);
});

test("no block in a text is no error", () => {
  for (const text of [
    "",
    "\n",
    "hello",
    "-----BEGIN A----",
    "x -----BEGIN A-----",
    "-----BEGIN a-----",
  ]) {
    assert.deepEqual(pemDecode(text), []);
  }
});

test("all line ends, trailing blanks and a byte order mark are read", () => {
  for (const end of ["\n", "\r\n", "\r", " \t\n"]) {
    const text = `\uFEFF${block("A", "AQID\nBAUG").replaceAll("\n", end)}`;
    assert.deepEqual(pemDecode(text), [
      { label: "A", headers: [], bytes: Uint8Array.of(1, 2, 3, 4, 5, 6) },
    ]);
  }
});

test("headers are kept apart from the content", () => {
  const headers = ["Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-128-CBC,00"];
  assert.deepEqual(pemDecode(block("K", `${headers.join("\n")}\n\nAQI=`)), [
    { label: "K", headers, bytes: Uint8Array.of(1, 2) },
  ]);
});

test("blocks that are not closed by their own END are refused", () => {
  for (const [text, reason] of [
    ["-----BEGIN A-----\nAQI=\n", "begins on line 1 and has no END line"],
    ["-----BEGIN A-----\nAQI=\n-----END B-----", 'has "-----END B-----" on line 3 before its END'],
    ["\n-----BEGIN A-----\n-----BEGIN A-----", 'has "-----BEGIN A-----" on line 3 before its END'],
    [block("A", "Proc-Type: 4,ENCRYPTED"), "has headers and nothing after them"],
  ] as const) {
    assert.throws(() => pemDecode(text), { name: "LayoutError", code: "bad-pem", reason });
  }
});

test("content that is not base64 is refused", () => {
  for (const body of ["AQI", "AQI=\n=", "A*==", "AQ I=", "AQJ="]) {
    assert.throws(() => pemDecode(block("A", body)), {
      code: "bad-base64",
      structure: "PEM block A",
    });
  }
});

test("any bytes in any line length come back", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 80 }), (bytes, width) => {
      const lines = base64Encode(bytes).replaceAll(new RegExp(`.{${width}}`, "g"), "$&\n");
      assert.deepEqual(pemDecode(block("DATA", lines))[0]?.bytes, bytes);
    }),
  );
});

test("random text throws nothing but LayoutError", () => {
  const line = fc.oneof(
    fc.constantFrom("-----BEGIN A-----", "-----END A-----", "-----", "AAAA", "a: b", ""),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      try {
        pemDecode(lines.join("\n"));
      } catch (error) {
        assert.ok(error instanceof LayoutError);
      }
    }),
  );
});
