// SPDX-License-Identifier: Apache-2.0
// Folders in place of the KDS: Trustee's offline store, and loose files.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { hexEncode } from "@greenlight/core/bytes";
import { storePath } from "@greenlight/core/endorsement";
import type { KdsAddress } from "@greenlight/core/endorsement";
import { UsageError } from "../../src/command/usage-error.ts";
import { KdsClient } from "../../src/kds/client.ts";
import { OfflineFolder } from "../../src/kds/folder.ts";
import { answerOf, hierarchyOf, pem } from "../support/fake-kds.ts";
import { CHAIN, CRL, ManualClock, VCEK, temporaryFolder } from "./support.ts";

function write(folder: string, name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

function open(folder: string): { folder: OfflineFolder; said: string[] } {
  const said: string[] = [];
  return { folder: new OfflineFolder(folder, (message) => said.push(message)), said };
}

const chip = hexEncode(VCEK.hwId);
const otherTcb: KdsAddress = { ...VCEK, tcb: { ...VCEK.tcb, snp: 9 } };

test("finds what an export has, under the names it has there", (t) => {
  const path = temporaryFolder(t);
  for (const address of [VCEK, CRL, CHAIN]) write(path, storePath(address), answerOf(address));
  const { folder, said } = open(path);
  for (const address of [VCEK, CRL, CHAIN]) {
    assert.equal(folder.find(address)?.from, join(path, storePath(address)));
  }
  assert.equal(folder.find(otherTcb), undefined);
  assert.equal(folder.find({ ...CRL, line: "Genoa" }), undefined);
  assert.deepEqual(said, []);
});

test("reads Trustee's store, given as a whole or as its folder vcek", (t) => {
  const path = temporaryFolder(t);
  const file = write(path, `vcek/${chip}/bl03_tee00_snp08_ucode115_vcek.der`, answerOf(VCEK));
  assert.equal(open(path).folder.find(VCEK)?.from, file);
  assert.equal(open(join(path, "vcek")).folder.find(VCEK)?.from, file);
});

test("reads a store with one vcek.der a chip, which may be the one of another TCB", (t) => {
  const path = temporaryFolder(t);
  const file = write(path, `vcek/${chip}/vcek.der`, answerOf(VCEK));
  const { folder, said } = open(path);
  assert.equal(folder.find(VCEK)?.from, file);
  assert.equal(folder.find(otherTcb), undefined);
  assert.deepEqual(said, []);
});

test("a file that is not what its name says is left out, and said so", (t) => {
  const path = temporaryFolder(t);
  write(path, storePath(VCEK), answerOf(otherTcb));
  write(path, storePath(CRL), "no list");
  const { folder, said } = open(path);
  assert.equal(folder.find(VCEK), undefined);
  assert.equal(folder.find(CRL), undefined);
  assert.match(said.join("\n"), /another chip or TCB[^]*neither DER nor PEM/);
});

test("finds loose files by what they hold", (t) => {
  const path = temporaryFolder(t);
  const milan = hierarchyOf("Milan");
  write(path, "a.der", answerOf(VCEK));
  write(path, "b.PEM", pem(answerOf(otherTcb)));
  write(path, "old.crl", milan.crl({ thisUpdate: 1e12, nextUpdate: 1.1e12 }));
  const later = write(path, "new.crl", milan.crl({ thisUpdate: 1.5e12, nextUpdate: 1.6e12 }));
  write(path, "milan-vlek.crl", milan.crl());
  write(path, "ark.crt", milan.ark.der);
  write(path, "asvk.cer", pem(milan.asvk.der));
  write(path, "broken.der", "x");
  write(path, "big.pem", Buffer.alloc(70_000));
  write(path, "notes.txt", "nothing");
  const { folder, said } = open(path);
  assert.equal(folder.find(VCEK)?.from, join(path, "a.der"));
  assert.equal(folder.find(otherTcb)?.from, join(path, "b.PEM"));
  assert.equal(folder.find(CRL)?.from, later);
  assert.equal(folder.find({ ...CRL, endorser: "vlek" })?.from, join(path, "milan-vlek.crl"));
  assert.equal(folder.find(CHAIN)?.content.parts.length, 2);
  assert.equal(folder.find({ ...CHAIN, endorser: "vcek" }), undefined);
  assert.match(said.join("\n"), /big.pem is left out: it is larger[^]*broken.der is left out/);
  assert.equal(said.length, 2);
});

test("a folder that is not there is refused at once", (t) => {
  const path = temporaryFolder(t);
  assert.throws(() => open(join(path, "missing")), UsageError);
  assert.throws(() => open(write(path, "file", "")), UsageError);
});

test("the client looks into folders first, and past a list whose successor is due", async (t) => {
  const path = temporaryFolder(t);
  const clock = new ManualClock();
  const day = 86_400_000;
  const lists = hierarchyOf("Milan");
  write(path, storePath(VCEK), answerOf(VCEK));
  write(
    path,
    storePath(CRL),
    lists.crl({ thisUpdate: clock.time - 9 * day, nextUpdate: clock.time - day }),
  );
  const current = lists.crl({ thisUpdate: clock.time - day, nextUpdate: clock.time + day });
  const transport = () => Promise.resolve({ status: 200, body: current });
  const online = new KdsClient({ offlineFolders: [path], clock, transport });
  assert.equal((await online.get(VCEK)).origin, "folder");
  assert.equal((await online.get(CRL)).origin, "network");
  const offline = new KdsClient({ offlineFolders: [path], clock, offline: true });
  const { origin, note } = await offline.get(CRL);
  assert.equal(origin, "folder");
  assert.match(note ?? "", /successor was due on 2026-05-31/);
});
