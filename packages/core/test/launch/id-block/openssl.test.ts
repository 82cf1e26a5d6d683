// SPDX-License-Identifier: Apache-2.0
// Keys that the openssl command writes, in all its ways, and signatures that it checks. Skipped by
// name where the command is missing.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  importPublicKey,
  importSigningKey,
  makeIdBlock,
  signIdBlock,
  signatureFromAmd,
} from "../../../src/launch/id-block/index.ts";
import { DIGEST } from "./support.ts";

const missing = spawnSync("openssl", ["version"]).error !== undefined;

describe("openssl", { skip: missing ? "the openssl command is not installed" : false }, () => {
  let folder = "";
  const file = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]): string =>
    execFileSync("openssl", args, { cwd: folder, encoding: "utf8", stdio: "pipe" });
  const load = (name: string) => importSigningKey(readFileSync(file(name)));

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "greenlight-openssl-"));
    openssl("ecparam", "-name", "secp384r1", "-genkey", "-out", "params.pem");
    openssl("ec", "-in", "params.pem", "-pubout", "-out", "public.pem");
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test("private keys of every form are the same key", async () => {
    const forms: readonly (readonly [string, ...(readonly string[])])[] = [
      ["sec1.pem", "ec", "-in", "params.pem"],
      ["sec1.der", "ec", "-in", "params.pem", "-outform", "DER"],
      ["no-public.pem", "ec", "-in", "params.pem", "-no_public"],
      ["pkcs8.pem", "pkcs8", "-topk8", "-nocrypt", "-in", "params.pem"],
      ["pkcs8.der", "pkcs8", "-topk8", "-nocrypt", "-in", "params.pem", "-outform", "DER"],
      ["pkey.pem", "pkey", "-in", "params.pem"],
    ];
    assert.match(readFileSync(file("params.pem"), "utf8"), /^-----BEGIN EC PARAMETERS-----/);
    const { publicKey } = await load("params.pem");
    assert.deepEqual(await importPublicKey(readFileSync(file("public.pem"))), publicKey);
    for (const [name, ...args] of forms) {
      openssl(...args, "-out", name);
      assert.deepEqual((await load(name)).publicKey, publicKey, name);
    }
  });

  test("forms that are not accepted are refused by name", async () => {
    const encrypt = ["-in", "params.pem", "-passout", "pass:secret"];
    openssl("ec", ...encrypt, "-aes256", "-out", "encrypted-sec1.pem");
    openssl("pkcs8", "-topk8", ...encrypt, "-out", "encrypted-pkcs8.pem");
    openssl("ec", "-in", "params.pem", "-param_enc", "explicit", "-out", "explicit.pem");
    openssl("ec", "-in", "params.pem", "-conv_form", "compressed", "-out", "compressed.pem");
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-out", "p256.pem");
    openssl("genpkey", "-algorithm", "ED25519", "-out", "ed25519.pem");
    await assert.rejects(load("encrypted-sec1.pem"), { code: "encrypted-key" });
    await assert.rejects(load("encrypted-pkcs8.pem"), { code: "encrypted-key" });
    await assert.rejects(load("explicit.pem"), { code: "wrong-curve", message: /explicit/ });
    await assert.rejects(load("compressed.pem"), { code: "bad-point", message: /compressed/ });
    await assert.rejects(load("p256.pem"), { code: "wrong-curve", message: /P-256/ });
    await assert.rejects(load("ed25519.pem"), { code: "wrong-key-type", message: /Ed25519/ });
  });

  test("the hints of the refusals lead to accepted keys", async () => {
    const { publicKey } = await load("params.pem");
    openssl("ec", "-in", "params.pem", "-aes256", "-passout", "pass:secret", "-out", "a.pem");
    openssl("pkey", "-in", "a.pem", "-passin", "pass:secret", "-out", "a-plain.pem");
    openssl("ec", "-in", "params.pem", "-param_enc", "explicit", "-out", "b.pem");
    openssl("ec", "-in", "b.pem", "-param_enc", "named_curve", "-out", "b-named.pem");
    openssl("ec", "-in", "params.pem", "-conv_form", "compressed", "-out", "c.pem");
    openssl("ec", "-in", "c.pem", "-conv_form", "uncompressed", "-out", "c-full.pem");
    openssl("ecparam", "-name", "secp384r1", "-genkey", "-noout", "-out", "d.pem");
    for (const name of ["a-plain.pem", "b-named.pem", "c-full.pem"]) {
      assert.deepEqual((await load(name)).publicKey, publicKey, name);
    }
    assert.equal((await load("d.pem")).publicKey.length, 1028);
  });

  test("openssl accepts the signature of an ID block", async () => {
    const key = await load("params.pem");
    const idBlock = makeIdBlock({ launchDigest: DIGEST });
    const idAuth = await signIdBlock(idBlock, key);
    writeFileSync(file("block.bin"), idBlock);
    writeFileSync(file("block.sig"), derSignature(signatureFromAmd(idAuth.subarray(0x40, 0x240))));
    const verify = ["dgst", "-sha384", "-verify", "public.pem", "-signature", "block.sig"];
    assert.match(openssl(...verify, "block.bin"), /Verified OK/);
  });
});

/** ECDSA-Sig-Value (RFC 3279 section 2.2.3) of R and S. */
function derSignature(raw: Uint8Array): Uint8Array {
  const integer = (value: Uint8Array): Buffer => {
    const start = value.findIndex((byte) => byte !== 0);
    const short = value.subarray(start < 0 ? value.length - 1 : start);
    const padded = short[0]! >= 0x80 ? [0, ...short] : [...short];
    return Buffer.from([0x02, padded.length, ...padded]);
  };
  const body = Buffer.concat([integer(raw.subarray(0, 48)), integer(raw.subarray(48))]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}
