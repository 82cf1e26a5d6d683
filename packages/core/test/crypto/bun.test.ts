// SPDX-License-Identifier: Apache-2.0
// `#crypto` in Bun, where there is one.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import * as bun from "../../src/crypto/bun.ts";
import * as node from "../../src/crypto/node.ts";

const command = process.env["GREENLIGHT_BUN"] ?? "bun";
const { error } = spawnSync(command, ["--version"]);
const skip = error === undefined ? false : `there is no ${command}, see GREENLIGHT_BUN`;

test("it exports the names of the one in Node", () => {
  assert.deepEqual(Object.keys(bun).toSorted(), Object.keys(node).toSorted());
});

test("it passes the cases of the others", { skip }, () => {
  const suite = fileURLToPath(new URL("bun-suite.ts", import.meta.url));
  const { status, stdout, stderr } = spawnSync(command, ["test", suite], { encoding: "utf8" });
  assert.equal(status, 0, stdout + stderr);
  assert.match(stderr, /^ *[1-9][0-9]* pass$/m);
});
