// SPDX-License-Identifier: Apache-2.0
// The README's first screen is true: what it says one then sees is what one sees.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../lib/process.ts";

test("npm start shows what the README says, line for line", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  // With the software guest, which is there everywhere; real guests say the same.
  const words = [join(root, "demo/run.ts"), "--software"];
  const seen = execFileSync(process.execPath, words, { encoding: "utf8" }).split("\n");
  const block = /You then see [^]*?:\n\n((?: {4}.*\n|\n)+)/.exec(readme)?.[1] ?? "";
  const promised = block
    .split("\n")
    .map((line) => line.slice(4))
    .filter((line) => line !== "" && line.trim() !== "...");
  assert.ok(promised.length > 5, "the README shows output");
  for (const line of promised) assert.ok(seen.includes(line), `npm start does not show: ${line}`);
});
