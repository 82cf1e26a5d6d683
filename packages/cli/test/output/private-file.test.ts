// SPDX-License-Identifier: Apache-2.0
// Files with secrets: all of them or none, never through a link, never readable by others.

import assert from "node:assert/strict";
import {
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { afterEach, beforeEach, test } from "node:test";
import { writePrivateFiles } from "../../src/output/private-file.ts";
import { enterTemporaryFolder } from "../support/temporary.ts";

let leave: () => void;
beforeEach(() => {
  leave = enterTemporaryFolder();
});
afterEach(() => leave());

const FILES = [
  { path: "host", content: "for the host", secret: false },
  { path: "key", content: "secret", secret: true },
] as const;

test("secrets are for their owner only, whatever the umask and the file before allow", () => {
  const before = process.umask(0);
  try {
    writePrivateFiles(FILES, false);
    assert.equal(statSync("key").mode & 0o777, 0o600);
    rmSync("key");
    writeFileSync("key", "old", { mode: 0o666 });
    writePrivateFiles(FILES, true);
    assert.equal(statSync("key").mode & 0o777, 0o600);
    assert.equal(readFileSync("key", "utf8"), "secret");
    assert.deepEqual(readdirSync("."), ["host", "key"]);
  } finally {
    process.umask(before);
  }
});

test("an existing file is refused, and a link is replaced and not followed", () => {
  writeFileSync("other", "of somebody else");
  symlinkSync("other", "key");
  assert.throws(() => writePrivateFiles(FILES, false), { code: "file-exists" });
  writePrivateFiles(FILES, true);
  assert.equal(readFileSync("other", "utf8"), "of somebody else");
  assert.equal(readFileSync("key", "utf8"), "secret");
});

test("where one cannot be written none is", () => {
  // A link to nothing does not count as a file that exists, and is not written through.
  symlinkSync("nothing", "key");
  assert.throws(() => writePrivateFiles(FILES, false), {
    code: "unwritable-file",
    message: 'cannot write "key": something of that name is there already',
  });
  assert.deepEqual(readdirSync("."), ["key"]);
  const missing = [FILES[0], { ...FILES[1], path: "none/key" }];
  writeFileSync("host", "old");
  assert.throws(() => writePrivateFiles(missing, true), {
    code: "unwritable-file",
    message: 'cannot write "none/key": there is no such folder',
  });
  assert.equal(readFileSync("host", "utf8"), "old");
  assert.deepEqual(readdirSync("."), ["host", "key"]);
  rmSync("key");
  mkdirSync("key");
  assert.throws(() => writePrivateFiles(FILES, true), { code: "unwritable-file" });
  assert.deepEqual(readdirSync("."), ["host", "key"]);
});
