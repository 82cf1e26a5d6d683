// SPDX-License-Identifier: Apache-2.0
// Lines out of a stream, in whatever pieces it comes.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MessageLines } from "../../src/qmp/lines.ts";

test("messages are the same in whatever pieces they come", () => {
  const messages = fc.array(fc.dictionary(fc.string(), fc.string()), { maxLength: 8 });
  const cuts = fc.array(fc.nat(400), { maxLength: 12 });
  fc.assert(
    fc.property(messages, cuts, (sent, places) => {
      const bytes = Buffer.from(sent.map((each) => `${JSON.stringify(each)}\n`).join(""));
      const ends = [...places, bytes.length].toSorted((a, b) => a - b);
      const lines = new MessageLines();
      const got: unknown[] = [];
      let from = 0;
      for (const end of ends) {
        // The same memory for each piece, as sockets may do it.
        const piece = Uint8Array.from(bytes.subarray(from, Math.max(from, end)));
        got.push(...lines.take(piece));
        piece.fill(0x7d);
        from = Math.max(from, end);
      }
      assert.deepEqual(
        got.map((each) => ({ ...(each as object) })),
        sent.map((each) => ({ ...each })),
      );
    }),
  );
});

test("a line that comes byte by byte takes no more memory than its length", () => {
  const lines = new MessageLines();
  const blank = Uint8Array.of(0x20);
  const before = process.memoryUsage.rss();
  for (let i = 0; i < 2_000_000; i++) assert.equal(lines.take(blank).next().done, true);
  const grown = process.memoryUsage.rss() - before;
  assert.ok(grown < 200 * 1024 * 1024, `${grown} bytes`);
  assert.throws(() => [...new MessageLines(9).take(Buffer.from("0123456789"))], {
    code: "protocol",
  });
});
