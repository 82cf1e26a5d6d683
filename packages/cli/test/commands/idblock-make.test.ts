// SPDX-License-Identifier: Apache-2.0
// `greenlight idblock make` as a person or a script runs it, with the arguments of both peers.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createPublicKey, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { pemOf } from "../support/artefacts.ts";
import {
  DIGEST,
  DIGEST_BASE64,
  MAKE,
  done,
  idblock,
  make,
  refusal,
  words,
  writeKeys,
} from "../support/idblock.ts";
import type { Made } from "../support/idblock.ts";
import { enterExampleFolder } from "../support/folder.ts";
import type { ExampleFolder } from "../support/folder.ts";
import { assertTidy } from "../support/lines.ts";

let folder: ExampleFolder;
let idKey: KeyObject;
let authorKey: KeyObject;
before(async () => {
  folder = await enterExampleFolder();
  ({ idKey, authorKey } = writeKeys());
});
after(() => folder.remove());

/** Checks both signatures with node:crypto alone. */
function assertSigned(idBlock: Buffer, idAuth: Buffer): void {
  const signature = (offset: number): Buffer =>
    Buffer.concat([
      idAuth.subarray(offset, offset + 48).toReversed(),
      idAuth.subarray(offset + 72, offset + 120).toReversed(),
    ]);
  const check = (data: Buffer, key: KeyObject, offset: number): boolean =>
    verify("sha384", data, { key, dsaEncoding: "ieee-p1363" }, signature(offset));
  assert.ok(check(idBlock, createPublicKey(idKey), 0x40), "the ID block's signature");
  const signedKey = idAuth.subarray(0x240, 0x644);
  assert.ok(check(signedKey, createPublicKey(authorKey), 0x680), "the ID key's signature");
}

test("make: fields, signatures and QEMU's properties", async () => {
  const ids = ["--family-id", "0f".repeat(16), "--image-id", "A5".repeat(16)];
  const made = await make(...ids, "--svn", "0x11", "--policy", "0x1b0000");
  const idBlock = Buffer.from(made.idBlock, "base64");
  const idAuth = Buffer.from(made.idAuth, "base64");
  assert.equal(
    idBlock.toString("hex"),
    `${DIGEST}${"0f".repeat(16)}${"a5".repeat(16)}010000001100000000001b0000000000`,
  );
  assert.equal(idAuth.length, 4096);
  assertSigned(idBlock, idAuth);
  assert.equal(
    made.qemu,
    `policy=0x1b0000,id-block=${made.idBlock},id-auth=${made.idAuth},author-key-enabled=on`,
  );
});

test("make: readable output", async () => {
  const out = await done(...MAKE);
  assertTidy(out);
  assert.match(out, new RegExp(`^ {2}launch digest\\n {4}${DIGEST}$`, "m"));
  assert.match(out, /^ {2}guest policy {7}0x30000 \(SMT\)$/m);
  assert.match(
    out,
    /\npolicy=0x30000,id-block=[^,]{128},id-auth=[^,]{5464},author-key-enabled=on\n$/,
  );
});

test("make: without author key there is a hint, and no author-key-enabled", async () => {
  const { code, out, err } = await idblock("make", "--id-key", "id.pem", "--launch-digest", DIGEST);
  assert.equal(code, 0);
  assert.match(err, /^hint: .*--author-key/);
  assert.doesNotMatch(out, /author-key-enabled/);
  assert.match(out, /author key digest {2}no author key/);
});

test("make: snp-create-id-block's arguments give its output", async () => {
  const out = await done(
    ...words(`make --measurement ${DIGEST_BASE64} --idkey id.pem --authorkey author.pem`),
  );
  const digest = async (key: string): Promise<string> =>
    Buffer.from((await done("key-digest", key)).trim().slice(2), "hex").toString("base64");
  const [first = "", ...rest] = out.split("\n");
  assert.match(first, /^id-block=[A-Za-z0-9+/]{128},id-auth=[A-Za-z0-9+/]{5462}==$/);
  assert.deepEqual(rest, [
    `id_key_hash: ${await digest("id.pem")}`,
    `author_key: ${await digest("author.pem")}`,
    "",
  ]);
});

test("make: snpguest's arguments give its output", async () => {
  for (const digest of [`0x${DIGEST}`, DIGEST_BASE64, DIGEST]) {
    const out = await done("make", "id.pem", "author.pem", digest, "-s", "7", "-p", "196608");
    const lines = out.split("\n");
    assert.equal(lines[0], "ID-BLOCK:");
    assert.equal(lines[2], "AUTH-BLOCK:");
    assert.deepEqual(lines.slice(4), [""]);
    const idBlock = Buffer.from(lines[1]!, "base64");
    assert.equal(idBlock.subarray(0, 48).toString("hex"), DIGEST);
    assert.equal(idBlock.readUInt32LE(0x54), 7);
    assertSigned(idBlock, Buffer.from(lines[3]!, "base64"));
  }
});

test("make: snpguest's base64, which is of the hexadecimal text, is understood", async () => {
  const text = Buffer.from(DIGEST).toString("base64");
  const { idBlock } = JSON.parse(
    await done("make", "id.pem", "author.pem", text, "--json"),
  ) as Made;
  assert.equal(Buffer.from(idBlock, "base64").subarray(0, 48).toString("hex"), DIGEST);
});

test("make: any output format with any arguments", async () => {
  assert.match(await done(...MAKE, "--output-format", "snpguest"), /^ID-BLOCK:\n/);
  const like = ["make", "id.pem", "author.pem", DIGEST, "--output-format"];
  assert.match(await done(...like, "snp-create-id-block"), /\nauthor_key: /);
  assert.match(await done(...like, "text"), /^ID block and ID authentication information\n/);
});

test("make: the digest comes from measure through a pipe", () => {
  const bin = new URL("../../bin/greenlight.js", import.meta.url).pathname;
  const run = (argv: readonly string[], input = ""): string => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [bin, ...argv], {
      input,
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
    return stdout;
  };
  const digest = run(["measure", "--ovmf", "OVMF.fd", "--vcpus", "1", "--vcpu-type", "EPYC-v4"]);
  const keys = ["--id-key", "id.pem", "--author-key", "author.pem"];
  const out = run(["idblock", "make", ...keys, "--launch-digest", "-", "--json"], digest);
  assert.equal((JSON.parse(out) as { launchDigest: string }).launchDigest, digest.trim());
});

test("make: files are base64 as snpguest writes them, or raw, and never overwritten", async () => {
  const files = ["-i", "block.b64", "-a", "auth.b64"];
  const { idBlock, idAuth } = await make(...files);
  assert.equal(readFileSync("block.b64", "utf8"), idBlock);
  assert.equal(readFileSync("auth.b64", "utf8"), idAuth);
  assert.match(await refusal(...MAKE, "-i", "other.b64", "-a", "auth.b64"), /"auth\.b64" exists/);
  assert.equal(existsSync("other.b64"), false);
  assert.equal(readFileSync("auth.b64", "utf8"), idAuth);
  assert.equal(await done(...MAKE, ...files, "--force", "--binary", "--quiet"), "");
  assert.equal(readFileSync("block.b64").length, 96);
  assert.equal(readFileSync("auth.b64").length, 4096);
});

test("make: wrong arguments are errors with a name", async () => {
  const key = ["make", "--id-key", "id.pem"];
  const full = [...key, "--launch-digest", DIGEST];
  const rows: readonly (readonly [argv: readonly string[], error: RegExp])[] = [
    [["make"], /a launch digest is missing/],
    [["make", "--launch-digest", DIGEST], /an ID key is missing/],
    [["make", "id.pem", "author.pem"], /the launch digest is missing/],
    [["make", "id.pem", "author.pem", DIGEST, "more"], /one argument too many/],
    [[...full, "--idkey", "id.pem"], /--id-key and --idkey are both given/],
    [[...full, "--measurement", DIGEST_BASE64], /--launch-digest and --measurement are both given/],
    [[...key, "--launch-digest", DIGEST.slice(2)], /not 48 bytes/],
    [[...full, "--family-id", "00"], /--family-id is "00"/],
    [[...full, "--image-id", "g".repeat(32)], /--image-id/],
    [[...full, "--svn", "0x100000000"], /--svn/],
    [[...full, "--svn", "-1"], /--svn/],
    [[...full, "--policy", "0x10000000000000000"], /--policy/],
    [[...full, "--policy", "0"], /bit 17/],
    [[...full, "--version", "2"], /1 is the only version/],
    [[...full, "--binary"], /--binary is given and no file/],
    [[...full, "--quiet"], /--quiet is given and no file/],
    [[...full, "-i", "x", "-a", "x"], /name the same file/],
    [[...full, "-i", "absent/x"], /cannot write "absent\/x": there is no such folder/],
    [[...full, "--output-format", "snp-create-id-block"], /names an author key/],
    [[...full, "--output-format", "xml"], /choose one of: text/],
    [["make", "--id-key", "absent.pem", "--launch-digest", DIGEST], /"absent\.pem": there is no/],
    [["make", "--id-key", "vmsa0.bin", "--launch-digest", DIGEST], /vmsa0\.bin: /],
  ];
  for (const [argv, error] of rows) assert.match(await refusal(...argv), error);
});

test("private values are never printed, whatever goes wrong", async () => {
  const secret = Buffer.from(idKey.export({ format: "jwk" }).d!, "base64url");
  const forms = (["hex", "base64", "base64url"] as const).map((form) => secret.toString(form));
  const pem = pemOf(idKey, "sec1");
  writeFileSync("cut.pem", `${pem.slice(0, 100)}\n-----END EC PRIVATE KEY-----\n`);
  writeFileSync("twice.pem", pem + pem);
  writeFileSync("public.pem", createPublicKey(idKey).export({ type: "spki", format: "pem" }));
  writeFileSync("noise.pem", pem.replaceAll("\n", "#\n"));
  for (const file of ["id.pem", "cut.pem", "twice.pem", "public.pem", "noise.pem"]) {
    for (const argv of [
      ["make", "--id-key", file, "--launch-digest", DIGEST],
      ["make", "--id-key", file, "--launch-digest", DIGEST, "--json"],
      ["key-digest", file],
      ["show", file],
    ]) {
      const { out, err } = await idblock(...argv);
      assert.doesNotMatch(err, /internal error/);
      for (const form of forms) assert.ok(!(out + err).includes(form.slice(0, 20)), argv.join(" "));
    }
  }
});
