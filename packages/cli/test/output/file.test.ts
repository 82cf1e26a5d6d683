// SPDX-License-Identifier: Apache-2.0
// Result files are not written over others by accident.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { writeFiles } from "../../src/output/file.ts";

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "greenlight-output-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

test("when one file exists none is written; force writes all", () => {
  const [free, taken] = [join(folder, "free"), join(folder, "taken")];
  writeFileSync(taken, "before");
  const files = [
    { path: free, content: "text" },
    { path: taken, content: Uint8Array.of(1, 2) },
  ];
  assert.throws(() => writeFiles(files, false), { name: "UsageError", code: "file-exists" });
  assert.equal(existsSync(free), false);
  assert.equal(readFileSync(taken, "utf8"), "before");
  writeFiles(files, true);
  assert.equal(readFileSync(free, "utf8"), "text");
  assert.deepEqual([...readFileSync(taken)], [1, 2]);
});

test("a file that cannot be written is named", () => {
  const path = join(folder, "absent", "file");
  assert.throws(() => writeFiles([{ path, content: "" }], false), {
    code: "unwritable-file",
    message: `cannot write ${JSON.stringify(path)}: there is no such folder`,
  });
  assert.throws(() => writeFiles([{ path: folder, content: "" }], true), {
    code: "unwritable-file",
  });
});
