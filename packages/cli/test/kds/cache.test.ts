// SPDX-License-Identifier: Apache-2.0
// The cache on disk: what is damaged, who else may write, and two processes at a time.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { promisify } from "node:util";
import type { KdsAddress } from "@greenlight/core/endorsement";
import { storePath } from "@greenlight/core/endorsement";
import { DiskCache } from "../../src/kds/cache.ts";
import { listFiles } from "../../src/kds/files.ts";
import { readContent } from "../../src/kds/material.ts";
import { answerOf } from "../support/fake-kds.ts";
import { CHAIN, CRL, VCEK, temporaryFolder } from "./support.ts";

function openCache(t: TestContext): { cache: DiskCache; said: string[] } {
  const said: string[] = [];
  const folder = join(temporaryFolder(t), "greenlight", "kds");
  const cache = DiskCache.open(folder, (message) => said.push(message), "own");
  assert.ok(cache !== undefined, said.join());
  return { cache, said };
}

const put = (cache: DiskCache, address: KdsAddress, fetched = 1000): void => {
  cache.put(address, { content: readContent(address, answerOf(address)), fetched, from: "a test" });
};

test("what is kept comes back, with when and where from", (t) => {
  const { cache, said } = openCache(t);
  for (const address of [VCEK, CRL, CHAIN]) {
    assert.equal(cache.get(address), undefined);
    put(cache, address);
    const cached = cache.get(address);
    assert.ok(cached !== undefined);
    const { bytes, nextUpdate } = readContent(address, answerOf(address));
    assert.equal(Buffer.compare(cached.content.bytes, bytes), 0);
    assert.equal(cached.content.nextUpdate, nextUpdate);
    assert.deepEqual([cached.fetched, cached.from], [1000, "a test"]);
  }
  assert.equal([...cache.entries()].length, 3);
  cache.delete(CRL);
  assert.equal(cache.get(CRL), undefined);
  assert.deepEqual(said, []);
});

test("the same chip at another TCB is another thing, fmc included", (t) => {
  const { cache } = openCache(t);
  const turin = {
    kind: "VCEK",
    line: "Turin",
    hwId: new Uint8Array(8).fill(7),
    tcb: { fmc: 1, bootloader: 1, tee: 1, snp: 4, microcode: 81 },
  } as const;
  put(cache, turin);
  assert.ok(cache.get(turin) !== undefined);
  assert.equal(cache.get({ ...turin, tcb: { ...turin.tcb, fmc: 2 } }), undefined);
});

test("folders and files are this user's alone", (t) => {
  const { cache } = openCache(t);
  put(cache, VCEK);
  assert.equal(statSync(cache.folder).mode & 0o777, 0o700);
  for (const name of listFiles(cache.folder)) {
    assert.equal(statSync(join(cache.folder, name)).mode & 0o077, 0);
  }
});

test("a cache that others can write to is not used, and said so", (t) => {
  const said: string[] = [];
  const folder = join(temporaryFolder(t), "greenlight", "kds");
  mkdirSync(folder, { recursive: true });
  chmodSync(join(folder, ".."), 0o777);
  const say = (message: string): void => void said.push(message);
  assert.equal(DiskCache.open(folder, say, "own"), undefined);
  assert.match(said.join(), /only you can write to/);
  assert.ok(DiskCache.open(folder, say, "named") !== undefined);
  chmodSync(folder, 0o777);
  assert.equal(DiskCache.open(folder, say, "named"), undefined);
});

const DAMAGES: readonly (readonly [what: string, file: "entry" | "object", content: string])[] = [
  ["content of another length", "object", "short"],
  ["content that is empty", "object", ""],
  ["an entry that is no JSON", "entry", "{"],
  ["an entry without members", "entry", "{}"],
  ["an entry that is a list", "entry", "[]"],
  ["an entry that leads out of the folder", "entry", '"sha256":"../../../etc/passwd"'],
  ["an empty entry", "entry", ""],
];
for (const [what, file, content] of DAMAGES) {
  test(`found out and left out: ${what}`, (t) => {
    const { cache, said } = openCache(t);
    put(cache, VCEK);
    const entry = join(cache.folder, "index", `${storePath(VCEK)}.json`);
    const { sha256 } = JSON.parse(readFileSync(entry, "utf8")) as { sha256: string };
    const object = join(cache.folder, "objects", sha256.slice(0, 2), sha256);
    const damaged = content.startsWith('"')
      ? readFileSync(entry, "utf8").replace(/"sha256":"[^"]*"/, content)
      : content;
    writeFileSync(file === "entry" ? entry : object, damaged);
    assert.equal(cache.get(VCEK), undefined);
    assert.match(said.join(), /damaged/);
    assert.equal([...cache.entries()].length, 0);
    put(cache, VCEK);
    assert.ok(cache.get(VCEK) !== undefined, "and mended by the next time it is fetched");
  });
}

test("whole content of something else is left out", (t) => {
  const { cache, said } = openCache(t);
  put(cache, VCEK);
  put(cache, CRL);
  const path = (address: KdsAddress) => join(cache.folder, "index", `${storePath(address)}.json`);
  const entry = readFileSync(path(CRL), "utf8").replace(
    /"path":"[^"]*"/,
    /"path":"[^"]*"/.exec(readFileSync(path(VCEK), "utf8"))![0],
  );
  writeFileSync(path(VCEK), entry);
  assert.equal(cache.get(VCEK), undefined);
  assert.match(said.join(), /are a CRL/);
});

test("a list that is replaced leaves nothing behind", (t) => {
  const { cache } = openCache(t);
  put(cache, CRL);
  const later = readContent(CRL, answerOf({ ...CRL, line: "Milan" }));
  const other = { ...later, bytes: Buffer.concat([later.bytes, Buffer.of(0)]) };
  cache.put(CRL, { content: other, fetched: 2000, from: "a test" });
  const objects = listFiles(join(cache.folder, "objects"));
  assert.equal(objects.length, 1);
});

test("a disk that cannot be written to is said once and costs nothing else", (t) => {
  const { cache, said } = openCache(t);
  // A file where a folder has to be: root may write anywhere.
  mkdirSync(cache.folder, { recursive: true });
  writeFileSync(join(cache.folder, "objects"), "");
  put(cache, VCEK);
  put(cache, CRL);
  assert.equal(said.length, 1);
  assert.match(said.join(), /not written to/);
  assert.equal(cache.get(VCEK), undefined);
});

test("two processes that write and read one cache never see a half", async (t) => {
  const { cache } = openCache(t);
  const worker = new URL("cache-worker.ts", import.meta.url).pathname;
  const run = promisify(execFile);
  const runs = [1, 2].map((seed) => run(process.execPath, [worker, cache.folder, String(seed)]));
  for (const { stdout } of await Promise.all(runs)) assert.equal(stdout, "300 rounds\n");
  assert.equal([...cache.entries()].length, 3);
  const leftovers = readdirSync(cache.folder, { recursive: true }).filter((name) =>
    String(name).endsWith(".tmp"),
  );
  assert.deepEqual(leftovers, []);
});
