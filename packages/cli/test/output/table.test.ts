// SPDX-License-Identifier: Apache-2.0
// Tables, lists of label and value, and broken lines.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hang } from "../../src/output/style.ts";
import { pairs, table } from "../../src/output/table.ts";

test("columns are as wide as their widest cell, numbers stand to the right", () => {
  const columns = [
    { title: "name" },
    { title: "pages", align: "right" },
    { title: "type" },
  ] as const;
  assert.equal(
    table(columns, [
      ["firmware", "1024", "NORMAL"],
      ["cpuid", "1", ""],
    ]),
    "  name      pages  type\n  firmware   1024  NORMAL\n  cpuid         1",
  );
  assert.equal(table(columns, []), "  name  pages  type");
});

test("values stand beside their labels, sentences are wrapped, digests keep whole", () => {
  const digest = "0".repeat(96);
  assert.equal(
    pairs([
      ["size", "4 MiB"],
      ["digest", digest],
      ["profile", `${"word ".repeat(16)}end`, "second"],
    ]),
    [
      "  size     4 MiB",
      "  digest",
      `    ${digest}`,
      `  profile  ${"word ".repeat(13)}word`,
      "           word word end",
      "           second",
    ].join("\n"),
  );
});

test("hang() loses no word and breaks no word", () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,100}$/), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(words, fc.integer({ min: 0, max: 30 }), (list, indent) => {
      const lines = hang(" ".repeat(indent), list.join(" ")).split("\n");
      assert.deepEqual(
        lines.flatMap((line) => line.trim().split(" ")),
        list,
      );
      for (const line of lines) {
        assert.ok(line.startsWith(" ".repeat(indent)));
        assert.ok(line.length <= 80 || !line.trim().includes(" "), line);
      }
    }),
  );
});
