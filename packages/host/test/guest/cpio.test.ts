// SPDX-License-Identifier: Apache-2.0
// Archives: what they hold, that they are the same every time, and what cannot be in one.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { GuestError, writeCpio } from "../../src/guest/index.ts";
import type { CpioEntry } from "../../src/guest/index.ts";
import { GUEST_PROGRAMS, findProgram } from "../../src/guest/programs.ts";
import { missingTools } from "../support/tools.ts";

interface Member {
  readonly path: string;
  readonly mode: number;
  readonly fields: readonly number[];
  readonly content: Buffer;
}

/** Reads an archive back, field by field. */
function readCpio(archive: Uint8Array): readonly Member[] {
  const bytes = Buffer.from(archive);
  const members: Member[] = [];
  for (let at = 0; ;) {
    assert.equal(at % 4, 0);
    assert.equal(bytes.toString("latin1", at, at + 6), "070701");
    const fields = Array.from({ length: 13 }, (_, i) =>
      Number.parseInt(bytes.toString("latin1", at + 6 + i * 8, at + 14 + i * 8), 16),
    );
    const [, mode = 0, , , , , size = 0, , , , , nameSize = 0] = fields;
    const start = at + 110;
    const path = bytes.toString("utf8", start, start + nameSize - 1);
    assert.equal(bytes[start + nameSize - 1], 0);
    const from = (start + nameSize + 3) & ~3;
    if (path === "TRAILER!!!") {
      assert.equal(from, bytes.length);
      return members;
    }
    members.push({ path, mode, fields, content: bytes.subarray(from, from + size) });
    at = (from + size + 3) & ~3;
  }
}

const ENTRIES: readonly CpioEntry[] = [
  { kind: "file", path: "init", content: Buffer.from("#!/bin/sh\n"), executable: true },
  { kind: "symlink", path: "bin/sh", target: "busybox" },
  { kind: "file", path: "etc/a/b.conf", content: Buffer.from("x") },
  { kind: "character-device", path: "dev/console", major: 5, minor: 1 },
  { kind: "folder", path: "proc" },
];

test("entries come in order of path, below their folders, with modes and no traces of this machine", () => {
  const members = readCpio(writeCpio(ENTRIES));
  assert.deepEqual(
    members.map(({ path, mode }) => [path, mode.toString(8)]),
    [
      ["bin", "40755"],
      ["bin/sh", "120777"],
      ["dev", "40755"],
      ["dev/console", "20600"],
      ["etc", "40755"],
      ["etc/a", "40755"],
      ["etc/a/b.conf", "100644"],
      ["init", "100755"],
      ["proc", "40755"],
    ],
  );
  members.forEach(({ fields }, i) => {
    const [inode, , uid, gid, , mtime, , major, minor] = fields;
    assert.deepEqual([inode, uid, gid, mtime, major, minor], [i + 1, 0, 0, 0, 0, 0]);
  });
  assert.deepEqual(members[3]!.fields.slice(9, 11), [5, 1]);
  assert.equal(members[1]!.content.toString(), "busybox");
});

test("the order of the entries makes no difference", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([...ENTRIES], { minLength: ENTRIES.length }), (entries) => {
      assert.deepEqual(writeCpio(entries), writeCpio(ENTRIES));
    }),
    { numRuns: 20 },
  );
});

test("content of any length reads back", () => {
  const name = fc.stringMatching(/^[a-z]{1,20}$/);
  fc.assert(
    fc.property(fc.dictionary(name, fc.uint8Array({ maxLength: 40 })), (files) => {
      const entries = Object.entries(files).map(([path, content]) => ({
        kind: "file" as const,
        path,
        content,
      }));
      const read = readCpio(writeCpio(entries)).map(({ path, content }) => [path, [...content]]);
      const expected = Object.entries(files)
        .map(([path, content]) => [path, [...content]] as const)
        .toSorted(([a], [b]) => (a < b ? -1 : 1));
      assert.deepEqual(read, expected);
    }),
  );
});

test("cpio reads it", { skip: missingTools("busybox") }, () => {
  const { stdout, status } = spawnSync(findProgram(GUEST_PROGRAMS.busybox), ["cpio", "-t"], {
    input: writeCpio(ENTRIES),
  });
  assert.equal(status, 0);
  assert.equal(stdout.toString().trim().split("\n").length, 9);
});

test("paths that lead elsewhere, or stand there twice, are refused", () => {
  for (const path of ["", "/init", "a//b", "./a", "a/../b", "a/", "a\0b", "TRAILER!!!"]) {
    assert.throws(
      () => writeCpio([{ kind: "folder", path }]),
      (error) => error instanceof GuestError && error.code === "bad-entry",
      path,
    );
  }
  const twice = { kind: "folder", path: "a" } as const;
  assert.throws(() => writeCpio([twice, twice]), /stands there twice/);
  const file = { kind: "file", path: "a", content: new Uint8Array() } as const;
  assert.throws(
    () => writeCpio([file, { kind: "folder", path: "a/b" }]),
    /lies in a, which is no folder/,
  );
});
