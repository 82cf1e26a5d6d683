// SPDX-License-Identifier: Apache-2.0
// The kernel-hashes table: its bytes, its place in the page, and what is hashed into it.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import { hexDecode, hexEncode } from "../../src/bytes/index.ts";
import {
  KERNEL_HASHES_TABLE,
  cmdlineHash,
  kernelHashesPage,
  kernelHashesTable,
  noInitrdHash,
} from "../../src/launch/index.ts";
import type { KernelHashes } from "../../src/launch/index.ts";
import { missingVectors, readVector, readVectorJson } from "../support/vectors.ts";

const HASHES: KernelHashes = {
  kernel: new Uint8Array(32).fill(0xcc),
  initrd: new Uint8Array(32).fill(0xbb),
  cmdline: new Uint8Array(32).fill(0xaa),
};

const hash = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

test("the table: header, command line, initrd, kernel, and zeros up to 176 bytes", () => {
  const expected = [
    ["06d63894224fc94cb479a793d411fd21", "a800"],
    ["d82dd09720bd944caa78e7714d36ab2a", "3200", "aa".repeat(32)],
    ["31f7ba442f3ad74b9af141e29169781d", "3200", "bb".repeat(32)],
    ["3794e74dd2ab7f42b835d5b172d2045b", "3200", "cc".repeat(32)],
    ["00".repeat(8)],
  ];
  assert.equal(hexEncode(kernelHashesTable(HASHES)), expected.flat().join(""));
});

test("the table decodes to what was put in, and only exactly so", () => {
  const table = kernelHashesTable(HASHES);
  assert.deepEqual(KERNEL_HASHES_TABLE.decode(table), HASHES);
  for (const [offset, code] of [
    [0x00, "constant-mismatch"],
    [0x10, "constant-mismatch"],
    [0x12, "constant-mismatch"],
    [0x86, "constant-mismatch"],
    [0xa8, "must-be-zero"],
    [0xaf, "must-be-zero"],
  ] as const) {
    const changed = table.slice();
    changed[offset]! ^= 1;
    assert.throws(() => KERNEL_HASHES_TABLE.decode(changed), { code }, String(offset));
  }
  assert.throws(() => KERNEL_HASHES_TABLE.decode(table.subarray(1)), { code: "truncated" });
});

test("a hash of another length is refused by the field's name", () => {
  for (const name of ["kernel", "initrd", "cmdline"] as const) {
    const wrong = { ...HASHES, [name]: new Uint8Array(31) };
    assert.throws(() => kernelHashesTable(wrong), { code: "bad-length", field: name });
  }
});

test("the table stands in its page at the low 12 bits of its address, zeros around it", () => {
  const table = kernelHashesTable(HASHES);
  fc.assert(
    fc.property(fc.nat(0xf_ffff), fc.nat(4096 - 176), (page, offset) => {
      const bytes = kernelHashesPage(HASHES, page * 4096 + offset);
      assert.equal(bytes.length, 4096);
      assert.deepEqual(bytes.slice(offset, offset + 176), table);
      bytes.fill(0, offset, offset + 176);
      assert.ok(bytes.every((byte) => byte === 0));
    }),
  );
});

test("a table that would cross the end of its page is refused", () => {
  for (const base of [0x81_0f51, 0x81_0fff, 0xffff_ffff]) {
    assert.throws(() => kernelHashesPage(HASHES, base), {
      name: "LayoutError",
      code: "out-of-range",
    });
  }
});

test("a command line is hashed with exactly one NUL, and nothing is trimmed", () => {
  const empty = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
  assert.equal(hexEncode(cmdlineHash("")), empty);
  assert.equal(hexEncode(cmdlineHash(new Uint8Array(0))), empty);
  const lines = ["quiet", "quiet ", " quiet", "quiet\n", "a=żółć", "\u{1f600}"];
  assert.equal(new Set(lines.map((line) => hexEncode(cmdlineHash(line)))).size, lines.length);
  for (const line of lines) {
    assert.equal(hexEncode(cmdlineHash(line)), hash(`${line}\0`));
    assert.equal(hexEncode(cmdlineHash(new TextEncoder().encode(line))), hash(`${line}\0`));
  }
  assert.equal(
    hexEncode(cmdlineHash(new Uint8Array([0xff, 0xfe]))),
    hash(new Uint8Array([0xff, 0xfe, 0])),
  );
});

test("a command line that contains a NUL is refused: it would end there", () => {
  for (const line of ["\0", "quiet\0", "a\0b", new Uint8Array([65, 0])]) {
    assert.throws(() => cmdlineHash(line), { name: "LaunchError", code: "cmdline-contains-nul" });
  }
});

test("no initrd is hashed as no bytes", () => {
  assert.equal(hexEncode(noInitrdHash()), hash(""));
});

const CASES = "sev/cases.json";

/** A table that booted. */
interface BootedTable {
  readonly name: string;
  readonly file: string;
  readonly cmdline: string;
  readonly initrd?: string;
}

test("tables that OVMF accepted at boot", { skip: missingVectors(CASES) }, () => {
  const { hash_table: cases } = readVectorJson(CASES) as {
    readonly hash_table: readonly BootedTable[];
  };
  assert.equal(cases.length, 2);
  for (const { name, file, cmdline } of cases) {
    const booted = readVector(`sev/${file}`);
    const { kernel } = KERNEL_HASHES_TABLE.decode(booted);
    const initrd = hexDecode(hash(readVector("sev/boot/initrd.bin")));
    const made = kernelHashesTable({ kernel, initrd, cmdline: cmdlineHash(cmdline) });
    assert.deepEqual(made, booted, name);
  }
});
