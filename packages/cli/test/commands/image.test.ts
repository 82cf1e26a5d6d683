// SPDX-License-Identifier: Apache-2.0
// `greenlight image`: making and checking disks from the command line.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { encryptedDisk } from "../../../core/test/support/disk-builder.ts";
import { missingTools } from "../../../host/test/support/tools.ts";
import { parseSize, showSize } from "../../src/commands/image/size.ts";
import { greenlight } from "../support/capture.ts";
import { enterExampleFolder } from "../support/folder.ts";
import type { ExampleFolder } from "../support/folder.ts";

const MIB = 1024 * 1024;
const skip = missingTools("cryptsetup", "mcopy", "mkfs.vfat", "mke2fs", "qemu-img", "sfdisk");
const skipOpening = missingTools("cryptsetup");

const MAKE: readonly string[] = (
  "image make --size 48M --passphrase-file passphrase --root rootfs --esp-size 4M " +
  "--kdf argon2id --kdf-memory 32M"
).split(" ");

let folder: ExampleFolder;
before(async () => {
  folder = await enterExampleFolder();
});
after(() => folder.remove());

interface Checked {
  readonly verdict: string;
  readonly findings: readonly { readonly id: string; readonly outcome: string }[];
  readonly encrypted: { readonly headerDigest: string };
  readonly survey: { readonly clear: readonly { readonly content: string }[] };
}

test("a disk is made and checked, in text and in JSON", { skip }, async () => {
  const made = await greenlight(...MAKE, "made.qcow2");
  assert.equal(made.code, 0, made.err);
  assert.match(made.out, /^made\.qcow2 made\n {2}format +qcow2\n {2}disk +48 MiB\n/);
  const digest = /[0-9a-f]{64}/.exec(made.out)![0];
  const options = ["--passphrase-file", "passphrase", "--header-digest", digest];
  const checked = await greenlight("image", "check", "made.qcow2", ...options);
  assert.equal(checked.code, 0, checked.out + checked.err);
  assert.match(checked.out, /^made\.qcow2 accepted: 1 warn, [0-9]+ pass\n/);
  assert.match(checked.out, /0x100000 +4194304 +EFI system partition 1\n/);
  const json = await greenlight("image", "check", "made.qcow2", ...options, "--json");
  const value = JSON.parse(json.out) as Checked & { readonly schema: string };
  assert.equal(value.schema, "greenlight/image-check/v1");
  assert.equal(value.verdict, "accepted");
  assert.equal(value.encrypted.headerDigest, digest);
  for (const output of [made, checked, json]) {
    assert.ok(!(output.out + output.err).includes("correct horse"));
  }
  const again = await greenlight(...MAKE, "made.qcow2", "--json");
  assert.equal(again.code, 2);
  assert.match(again.out, /"file-exists"/);
  const forced = await greenlight(...MAKE, "made.qcow2", "--json", "--force");
  assert.equal(forced.code, 0, forced.err);
  const result = JSON.parse(forced.out) as { readonly headerDigest: string };
  assert.notEqual(result.headerDigest, digest);
  const replaced = await greenlight("image", "check", "made.qcow2", ...options);
  assert.equal(replaced.code, 1);
  assert.match(replaced.out, /x fail +The LUKS2 header is not the one expected/);
});

test("a raw image is nobody else's to read, and a tar can be its content", { skip }, async () => {
  assert.equal(spawnSync("tar", ["-cf", "root.tar", "-C", "rootfs", "."]).status, 0);
  const words = MAKE.map((word) => (word === "rootfs" ? "root.tar" : word));
  const made = await greenlight(...words, "made.raw", "--format", "raw");
  assert.equal(made.code, 0, made.err);
  assert.equal(statSync("made.raw").mode & 0o077, 0);
  const checked = await greenlight("image", "check", "made.raw", "--passphrase-file", "passphrase");
  assert.equal(checked.code, 0, checked.out);
});

test("what is in clear is listed with its place, and rejected", async () => {
  const disk = encryptedDisk();
  disk.set(new TextEncoder().encode("in clear ".repeat(2000)), 5 * MIB);
  writeFileSync("leaky.img", disk);
  const { code, out } = await greenlight("image", "check", "leaky.img");
  assert.equal(code, 1);
  assert.match(out, /^leaky\.img rejected: 1 fail, 1 warn, /);
  assert.match(out, /\n +0x500000 +20480 +encrypted data of partition 2 +text\n/);
});

test(
  "a wrong passphrase is told, and what is likely to be a mistake in its file",
  { skip: skipOpening },
  async () => {
    writeFileSync("careless", "correct horse battery\n");
    chmodSync("careless", 0o644);
    const words = "image check disk.img --passphrase-file careless --json";
    const { code, out, err } = await greenlight(...words.split(" "));
    assert.equal(code, 1);
    assert.match(err, /ends with a newline/);
    assert.match(err, /other users of this machine may read "careless"/);
    const { findings } = JSON.parse(out) as Checked;
    const wrong = findings.find(({ id }) => id === "disk.passphrase.wrong")!;
    assert.equal(wrong.outcome, "fail");
  },
);

test("what cannot be read or made is said, with exit code 2", async () => {
  writeFileSync(
    "broken.qcow2",
    Buffer.concat([Buffer.from("QFI\xfb", "latin1"), Buffer.alloc(200)]),
  );
  const cases: readonly (readonly [RegExp, readonly string[]])[] = [
    [/cannot read "nothing\.img": there is no such file/, ["check", "nothing.img"]],
    [/qcow2 header\.version/, ["check", "broken.qcow2"]],
    [/is no file/, ["check", "."]],
    [/--header-digest is not 64/, ["check", "disk.img", "--header-digest", "00"]],
    [/too few|missing/, ["make", "--size", "1G", "--passphrase-file", "passphrase"]],
    [/--size is missing/, ["make", "x", "--passphrase-file", "passphrase"]],
    [/--passphrase-file is missing/, ["make", "x", "--size", "1G"]],
    [/--size is "1"/, [...MAKE.slice(1), "x", "--size", "1"]],
    [/has no room/, [...MAKE.slice(1), "x", "--size", "20M"]],
    [/no such file/, [...MAKE.slice(1), "x", "--root", "nothing"]],
    [/is no folder/, [...MAKE.slice(1), "x", "--esp", "passphrase"]],
    [/--esp-size is 0/, [...MAKE.slice(1), "x", "--esp", "rootfs", "--esp-size", "0"]],
    [/"disk\.img" exists/, [...MAKE.slice(1), "disk.img"]],
    [
      /needs its memory/,
      ["make", "x", "--size", "1G", "--passphrase-file", "passphrase", "--kdf", "argon2id"],
    ],
    [
      /no --kdf/,
      ["make", "x", "--size", "1G", "--passphrase-file", "passphrase", "--kdf-iterations", "5"],
    ],
    [/has no --kdf-memory/, [...MAKE.slice(1), "x", "--kdf", "pbkdf2"]],
    [/cannot write "nowhere\/x": there is no such folder/, [...MAKE.slice(1), "nowhere/x"]],
  ];
  for (const [expected, words] of cases) {
    const { code, out, err } = await greenlight("image", ...words);
    assert.equal(code, 2, `${words.join(" ")}: ${out}`);
    assert.match(err, expected);
    assert.ok(!err.includes("internal error"), err);
  }
  assert.ok(!existsSync("x"));
});

test("checking writes nothing to the image", async () => {
  const content = readFileSync("disk.img");
  const { code } = await greenlight("image", "check", "disk.img");
  assert.equal(code, 0);
  assert.ok(content.equals(readFileSync("disk.img")));
});

test("sizes are read and shown", () => {
  assert.equal(parseSize("512M", "--size"), 512 * MIB);
  assert.equal(parseSize("8GiB", "--size"), 8192 * MIB);
  assert.equal(parseSize("1tb", "--size"), 1024 * 1024 * MIB);
  assert.equal(parseSize("0", "--size"), 0);
  for (const text of ["", "M", "-1M", "1.5G", "12", "1K", "9999999999M"]) {
    assert.throws(() => parseSize(text, "--size"), /--size is/, text);
  }
  assert.deepEqual([8192 * MIB, 48 * MIB, 512, MIB * 1.5].map(showSize), [
    "8 GiB",
    "48 MiB",
    "512 bytes",
    "1.5 MiB",
  ]);
});
