// SPDX-License-Identifier: Apache-2.0
// ELF files: what programs need, read from files made here and from those of this machine.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { LayoutError } from "@greenlight/core/bytes";
import { readElfNeeds } from "../../src/guest/index.ts";

const BASE = 0x40_0000;

interface Made {
  readonly interpreter?: string;
  readonly libraries?: readonly string[];
}

/** A file with one loaded segment, everything in it. */
function elf({ interpreter, libraries = [] }: Made): Buffer {
  const strings = Buffer.from(`\0${libraries.map((name) => `${name}\0`).join("")}`);
  const dynamic = Buffer.alloc((libraries.length + 3) * 16);
  const headers = 64 + 3 * 56;
  const interp = Buffer.from(`${interpreter ?? ""}\0`);
  const dynamicAt = headers + interp.length;
  const stringsAt = dynamicAt + dynamic.length;
  let name = 1;
  const rows: (readonly [number, number])[] = [];
  for (const library of libraries) {
    rows.push([1, name]);
    name += library.length + 1;
  }
  rows.push([5, BASE + stringsAt], [10, strings.length], [0, 0]);
  rows.forEach(([tag, value], i) => {
    dynamic.writeBigUInt64LE(BigInt(tag), i * 16);
    dynamic.writeBigUInt64LE(BigInt(value), i * 16 + 8);
  });
  const file = Buffer.alloc(stringsAt + strings.length);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.writeUInt16LE(62, 18);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(interpreter === undefined ? 2 : 3, 56);
  const segments: (readonly [type: number, offset: number, size: number])[] = [
    [1, 0, file.length],
    [2, dynamicAt, dynamic.length],
    [3, headers, interp.length],
  ];
  segments.forEach(([type, offset, size], i) => {
    const at = 64 + i * 56;
    file.writeUInt32LE(type, at);
    file.writeBigUInt64LE(BigInt(offset), at + 8);
    file.writeBigUInt64LE(BigInt(BASE + offset), at + 16);
    file.writeBigUInt64LE(BigInt(size), at + 32);
  });
  file.set(interp, headers);
  file.set(dynamic, dynamicAt);
  file.set(strings, stringsAt);
  return file;
}

test("interpreter and libraries are read in their order", () => {
  const needs = { interpreter: "/lib64/ld.so", libraries: ["libb.so.1", "liba.so.2"] };
  assert.deepEqual(readElfNeeds(elf(needs)), needs);
  assert.deepEqual(readElfNeeds(elf({})), { interpreter: undefined, libraries: [] });
});

test("a program of this machine needs an interpreter and a C library", () => {
  const { interpreter, libraries } = readElfNeeds(readFileSync("/bin/sh"));
  assert.match(interpreter!, /^\/lib64\/ld-linux-x86-64\.so\.2$/);
  assert.ok(libraries.includes("libc.so.6"));
});

test("files of other machines and kinds are refused", () => {
  assert.throws(() => readElfNeeds(Buffer.from("#!/bin/sh\n")), /not a 64-bit little-endian ELF/);
  assert.throws(() => readElfNeeds(new Uint8Array()), LayoutError);
  const arm = elf({});
  arm.writeUInt16LE(183, 18);
  assert.throws(() => readElfNeeds(arm), /is for machine 183/);
});

test("a file that is cut short or changed is read or refused, nothing else", () => {
  const whole = elf({ interpreter: "/lib64/ld.so", libraries: ["libc.so.6"] });
  fc.assert(
    fc.property(
      fc.nat(whole.length),
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 }),
      (length, changes) => {
        const file = Buffer.from(whole.subarray(0, length));
        for (const [at, value] of changes) if (at < length) file[at] = value;
        try {
          readElfNeeds(file);
        } catch (error) {
          assert.ok(error instanceof LayoutError, String(error));
        }
      },
    ),
    { numRuns: 2000 },
  );
});
