// SPDX-License-Identifier: Apache-2.0
// The EFI application of the shim attack, and secrets sealed to a guest's key.

import assert from "node:assert/strict";
import { constants, generateKeyPairSync, privateDecrypt } from "node:crypto";
import { test } from "node:test";
import {
  GuestError,
  SHIM_LINES,
  assembleShim,
  sealForGuest,
  shimApplication,
} from "../../src/guest/index.ts";
import { assemble, row, rowTo } from "../../src/guest/efi/assemble.ts";

const refused = (error: unknown): boolean =>
  error instanceof GuestError && error.code === "bad-parameter";

test("the application is a PE file for EFI with its code where its headers say", () => {
  const file = Buffer.from(shimApplication({ secretArea: 0x81_0000 }));
  const pe = file.readUInt32LE(0x3c);
  assert.equal(file.toString("latin1", pe, pe + 4), "PE\0\0");
  assert.equal(file.readUInt16LE(pe + 4), 0x8664);
  assert.equal(file.readUInt16LE(pe + 24 + 68), 10);
  const entry = file.readUInt32LE(pe + 24 + 16);
  const section = pe + 24 + 240;
  assert.equal(entry, file.readUInt32LE(section + 12));
  const { code } = assembleShim({ secretArea: 0x81_0000 });
  const raw = file.readUInt32LE(section + 20);
  assert.ok(file.subarray(raw, raw + code.length).equals(code));
  assert.equal(file.length, raw + file.readUInt32LE(section + 16));
  assert.equal(file.length % 512, 0);
});

test("the address of the secret area is in the code, the lines are in it as text", () => {
  const { code, listing } = assembleShim({ secretArea: 0x80_c000 });
  assert.ok(Buffer.from(code).includes(Buffer.from("bf00c08000", "hex")));
  assert.match(listing, /^ {2}[0-9a-f]{4} {2}bf00c08000 +mov edi, 0x80c000$/m);
  for (const line of Object.values(SHIM_LINES)) assert.ok(Buffer.from(code).includes(line), line);
  for (const secretArea of [-1, 2 ** 32, 1.5]) {
    assert.throws(() => shimApplication({ secretArea }), refused);
  }
});

test("distances count from the end of the instruction, both ways", () => {
  const { code } = assemble([
    { label: "start" },
    rowTo("eb", "end", 1, "jmp end"),
    row("90", "nop"),
    rowTo("e8", "start", 4, "call start"),
    { label: "end" },
    row("c3", "ret"),
  ]);
  assert.equal(Buffer.from(code).toString("hex"), "eb0690e8f8ffffffc3");
  assert.throws(() => assemble([rowTo("eb", "nowhere", 1, "jmp")]), /no label nowhere/);
  assert.throws(() => assemble([{ label: "a" }, { label: "a" }]), /there twice/);
  const far = Array.from({ length: 200 }, () => row("90", "nop"));
  assert.throws(() => assemble([rowTo("eb", "end", 1, "jmp"), ...far, { label: "end" }]));
});

test("a secret opens with the key it is sealed to, and only RSA keys of some size are sealed to", () => {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const der = publicKey.export({ type: "spki", format: "der" });
  const secret = Buffer.from("correct horse");
  const opened = privateDecrypt(
    { key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" },
    sealForGuest(der, secret),
  );
  assert.ok(opened.equals(secret));
  assert.throws(() => sealForGuest(der, Buffer.alloc(191)), refused);
  assert.equal(sealForGuest(der, Buffer.alloc(190)).length, 256);
  const short = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey;
  const other = generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey;
  for (const key of [short, other]) {
    assert.throws(() => sealForGuest(key.export({ type: "spki", format: "der" }), secret), refused);
  }
  assert.throws(() => sealForGuest(Buffer.from("nonsense"), secret), refused);
});
