// SPDX-License-Identifier: Apache-2.0
// What blocks look like: ciphertext is noise, nearly everything else is not.

import assert from "node:assert/strict";
import { createCipheriv } from "node:crypto";
import { test } from "node:test";
import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { BLOCK_SIZE, describeContent, fileSystemName, lookOf } from "../../src/disk/blocks.ts";
import { crc32 } from "../../src/disk/crc32.ts";
import { noise } from "../support/disk-builder.ts";

test("ciphertext is noise, whatever was encrypted", () => {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, 7), Buffer.alloc(16));
  const looks = new Set<string>();
  for (let i = 0; i < 4000; i++) looks.add(lookOf(cipher.update(Buffer.alloc(BLOCK_SIZE))));
  assert.deepEqual([...looks], ["noise"]);
});

test("zeros, text, tables and repeated bytes are not noise", () => {
  assert.equal(lookOf(new Uint8Array(BLOCK_SIZE)), "zero");
  const clear: readonly Uint8Array[] = [
    Buffer.alloc(BLOCK_SIZE, "The quick brown fox jumps over the lazy dog. "),
    Buffer.alloc(BLOCK_SIZE, 0xff),
    Uint8Array.from({ length: BLOCK_SIZE }, (_, i) => i & 0xff),
    Buffer.concat([noise(2048), Buffer.alloc(2048)]),
  ];
  for (const block of clear) assert.equal(lookOf(block), "clear");
});

test("a mark tells what noise alone would hide", () => {
  const squashfs = Buffer.concat([Buffer.from("hsqs"), noise(BLOCK_SIZE - 4)]);
  assert.equal(lookOf(squashfs), "clear");
  assert.equal(describeContent(squashfs), "squashfs file system");
});

test("decrypted beginnings are recognised", () => {
  const ext = new Uint8Array(128 * 1024);
  assert.equal(fileSystemName(ext), undefined);
  ext.set([0x53, 0xef, 1, 0], 1024 + 56);
  assert.equal(fileSystemName(ext), "ext file system");
  const lvm = new Uint8Array(128 * 1024);
  lvm.set(Buffer.from("LABELONE"), 512);
  assert.equal(fileSystemName(lvm), "LVM physical volume");
  const btrfs = new Uint8Array(128 * 1024);
  btrfs.set(Buffer.from("_BHRfS_M"), 0x1_0040);
  assert.equal(fileSystemName(btrfs), "btrfs file system");
  const program = new Uint8Array(128 * 1024);
  program.set([0x7f, 0x45, 0x4c, 0x46]);
  assert.equal(fileSystemName(program), undefined);
});

test("the checksum of GPT is that of zlib", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
      assert.equal(crc32(bytes), zlibCrc32(bytes));
    }),
  );
});
