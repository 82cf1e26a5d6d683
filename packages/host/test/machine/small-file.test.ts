// SPDX-License-Identifier: Apache-2.0
// Files that a stranger's command line names.

import assert from "node:assert/strict";
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readSmallFile } from "@greenlight/host/machine";
import { makeFifo } from "../support/fifo.ts";
import { testFolder } from "../support/qemu.ts";

test("regular files are read, from their beginning and not for ever", async (t) => {
  const folder = await testFolder(t);
  const path = join(folder, "session");
  writeFileSync(path, "AAAA");
  assert.deepEqual(readSmallFile(path), new TextEncoder().encode("AAAA"));
  truncateSync(path, 2 ** 33);
  assert.equal(readSmallFile(path)?.length, 64 * 1024);
});

test("nothing else is", async (t) => {
  const folder = await testFolder(t);
  const fifo = makeFifo(join(folder, "fifo"));
  for (const path of [fifo, folder, "/dev/zero", join(folder, "nothing"), "a\0b"]) {
    assert.equal(readSmallFile(path), undefined, path);
  }
});
