// SPDX-License-Identifier: Apache-2.0
// `greenlight inspect` and `diff` of what belongs to a SEV launch: everything is named, and no secret
// is shown.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { AMD_SEV_ROOTS } from "@greenlight/core/sev-endorsement";
import { fixtureSev } from "../../../../fixtures/load.ts";
import { secretTable, sevReport } from "../support/artefacts.ts";
import { greenlight } from "../support/capture.ts";
import { enterTemporaryFolder } from "../support/temporary.ts";

let leave: () => void;
before(() => {
  leave = enterTemporaryFolder();
  for (const role of ["pdh", "pek", "oca", "cek"]) {
    writeFileSync(`${role}.cert`, fixtureSev(`rome.${role}.cert`));
    writeFileSync("chain.bin", fixtureSev(`rome.${role}.cert`), { flag: "a" });
  }
});
after(() => leave());

async function run(code: number, ...argv: readonly string[]): Promise<string> {
  const result = await greenlight(...argv);
  assert.equal(result.code, code, result.err);
  return result.out;
}

async function json(...argv: readonly string[]): Promise<Record<string, unknown>> {
  return JSON.parse(await run(0, "inspect", ...argv, "--json")) as Record<string, unknown>;
}

test("a chain: every certificate with who signed it", async () => {
  const out = await run(0, "inspect", "chain.bin");
  assert.match(out, /^chain\.bin: SEV certificates, PDH, PEK, OCA, CEK$/m);
  assert.match(out, /^2\. PEK\n {2}kind .*\n {2}made by firmware +0\.22$/m);
  assert.match(out, /^ {2}signature 1 +OCA, ECDSA-SHA256\n {2}signature 2 +CEK, ECDSA-SHA256$/m);
  assert.match(out, /^ {2}signature 1 +ASK, RSA-SHA384\n {2}signature 2 +none$/m);
  const { certificates } = (await json("chain.bin")) as {
    certificates: readonly { readonly usage: string; readonly offset: number }[];
  };
  assert.deepEqual(
    certificates.map(({ usage, offset }) => [usage, offset]),
    [
      ["PDH", 0],
      ["PEK", 2084],
      ["OCA", 4168],
      ["CEK", 6252],
    ],
  );
});

test("AMD's keys: whether they are the pinned ones", async () => {
  const { ark, ask } = AMD_SEV_ROOTS[2]!;
  writeFileSync("ask_ark.cert", Buffer.concat([ask!.bytes, ark.bytes]));
  const out = await run(0, "inspect", "ask_ark.cert", "--hex");
  assert.match(out, /pinned +yes, it is AMD's ASK of Milan/);
  assert.match(out, /signed by key id +itself/);
  assert.match(out, /ARK at offset 0x640/);
  const changed = Uint8Array.from(ark.bytes);
  changed[100]! ^= 1;
  writeFileSync("other.cert", changed);
  assert.match(await run(0, "inspect", "other.cert"), /pinned +no$/m);
  writeFileSync("unsigned.cert", fixtureSev("naples.ark-unsigned.cert"));
  assert.match(await run(0, "inspect", "unsigned.cert"), /signature +not in the file/);
});

test("odd usages, algorithms and curves are shown as they are", async () => {
  const odd = Uint8Array.from(fixtureSev("rome.pek.cert"));
  odd[0x10] = 1;
  odd[0x414] = 0x77;
  writeFileSync("odd.cert", odd);
  const out = await run(0, "inspect", "odd.cert");
  assert.match(out, /key +EC on curve 0x1$/m);
  assert.match(out, /signature 1 +0x1077, ECDSA-SHA256$/m);
  odd[0x0c] = 9;
  writeFileSync("odd.cert", odd);
  assert.match(
    await run(0, "inspect", "odd.cert"),
    /algorithm +0x9\n {2}key +of an algorithm that/,
  );
});

test("reports, sessions, headers and measurements in words", async () => {
  writeFileSync("report.bin", sevReport());
  const out = await run(0, "inspect", "report.bin");
  assert.match(out, /^report\.bin: legacy SEV attestation report$/m);
  assert.match(out, /guest policy +0x37010007 \(API 1\.55 or newer, NODBG, NOKS, ES\)/);
  writeFileSync(
    "measure.bin",
    Uint8Array.from({ length: 48 }, (_, i) => i),
  );
  const named = await run(0, "inspect", "measure.bin", "--as", "sev-measurement");
  assert.match(named, /mnonce +202122232425262728292a2b2c2d2e2f/);
  assert.equal((await greenlight("inspect", "measure.bin")).code, 2);
  writeFileSync("header.bin", Uint8Array.of(1, ...new Uint8Array(51).fill(7)).fill(0, 1, 4));
  assert.match(await run(0, "inspect", "header.bin"), /flags +COMPRESSED/);
});

test("of a table of secrets no secret is shown, whatever is asked for", async () => {
  const passphrase = "correct horse battery staple";
  const hex = Buffer.from(passphrase).toString("hex");
  writeFileSync("a.bin", secretTable(passphrase));
  writeFileSync("b.bin", secretTable("incorrect donkey battery!!!!"));
  writeFileSync("c.bin", secretTable("short"));
  const outputs = await Promise.all([
    run(0, "inspect", "a.bin", "-v"),
    run(0, "inspect", "a.bin", "--json"),
    run(1, "diff", "a.bin", "b.bin", "-v"),
    run(1, "diff", "a.bin", "b.bin", "--json"),
    run(1, "diff", "a.bin", "c.bin"),
    run(0, "diff", "a.bin", "a.bin", "-v"),
  ]);
  for (const out of outputs) {
    for (const word of [passphrase, hex, hex.slice(0, 12), "horse", "donkey"]) {
      assert.ok(!out.includes(word), out);
    }
  }
  assert.match(outputs[0], /736869e5-84f0-4973-92ec-06879ce3da0b {2}28 bytes, passphrase/);
  assert.match(outputs[2], /28 bytes {2}28 bytes, other content/);
  assert.match(outputs[4], /28 bytes {2}5 bytes/);
  const { code, err } = await greenlight("inspect", "a.bin", "--hex");
  assert.equal(code, 2);
  assert.match(err, /its bytes are the secrets/);
  assert.ok(!err.includes("horse"));
});

test("diff: certificates by what they say, structures by their fields", async () => {
  const other = fixtureSev("naples.pdh.cert");
  writeFileSync("other.cert", other);
  const out = await run(1, "diff", "pdh.cert", "other.cert");
  assert.match(out, /^Different \(SEV certificates\): 3 of 8 properties$/m);
  assert.match(out, /made by firmware +0\.22 +0\.16/);
  const report = sevReport();
  writeFileSync("one.bin", report);
  report[0x30] = 3;
  writeFileSync("two.bin", report);
  const changed = await run(1, "diff", "one.bin", "two.bin");
  assert.match(changed, /1 of 10 fields, 1 of 208 bytes/);
  assert.match(changed, /030 +policy +0x37010007 +0x37010003/);
  assert.equal((await greenlight("diff", "pdh.cert", "one.bin")).code, 2);
});
