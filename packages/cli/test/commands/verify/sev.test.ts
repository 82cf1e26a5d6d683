// SPDX-License-Identifier: Apache-2.0
// `greenlight verify sev` as a person or a script runs it, on the certificates of real machines.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { AMD_SEV_ROOTS } from "@greenlight/core/sev-endorsement";
import { fixtureSev } from "../../../../../fixtures/load.ts";
import { missingVectors, readVector } from "../../../../core/test/support/vectors.ts";
import { greenlight } from "../../support/capture.ts";
import { assertTidy } from "../../support/lines.ts";
import { enterTemporaryFolder } from "../../support/temporary.ts";

const CHIP = Buffer.from(Array.from({ length: 64 }, (_, i) => i));
const ROLES = ["pdh", "pek", "oca", "cek"] as const;

let leave: () => void;
before(() => {
  leave = enterTemporaryFolder();
  for (const line of ["naples", "rome"]) {
    for (const role of ROLES) {
      const bytes = fixtureSev(`${line}.${role}.cert`);
      writeFileSync(`${line}.${role}`, bytes);
      writeFileSync(`${line}.bin`, bytes, { flag: "a" });
    }
  }
  const [naples, rome] = AMD_SEV_ROOTS;
  writeFileSync("naples.ask_ark", Buffer.concat([naples!.ask!.bytes, naples!.ark.bytes]));
  writeFileSync("rome.ask_ark", Buffer.concat([rome!.ask!.bytes, rome!.ark.bytes]));
  writeFileSync("capabilities.json", JSON.stringify({ return: hostStatement() }));
  mkdirSync("cache", { mode: 0o700 });
});
after(() => leave());

/** What QEMU says of a Rome machine: the CEK is not signed. */
function hostStatement() {
  const cek = Buffer.from(fixtureSev("rome.cek.cert"));
  cek.fill(0, 0x414);
  cek[0x415] = 0x10;
  const chain = [fixtureSev("rome.pek.cert"), fixtureSev("rome.oca.cert"), cek];
  return {
    pdh: Buffer.from(fixtureSev("rome.pdh.cert")).toString("base64"),
    "cert-chain": Buffer.concat(chain).toString("base64"),
    "cpu0-id": CHIP.toString("base64"),
    cbitpos: 47,
    "reduced-phys-bits": 1,
  };
}

interface ResultJson {
  readonly schema: string;
  readonly verdict: string;
  readonly productLine: string | null;
  readonly chainDigest: string;
  readonly owner: string | null;
  readonly cekUrl: string | null;
  readonly notes: readonly string[];
  readonly report: Readonly<Record<string, unknown>> | null;
  readonly findings: readonly { readonly id: string; readonly outcome: string }[];
}

const OFFLINE = ["--offline", "--kds-cache", "cache"] as const;

async function verify(code: number, ...argv: readonly string[]): Promise<string> {
  const result = await greenlight("verify", "sev", ...argv);
  assert.equal(result.code, code, result.err + result.out);
  assert.doesNotMatch(result.err, /internal error|\n +at /);
  if (!argv.includes("--json") && !argv.includes("-q")) assertTidy(result.out);
  return result.out;
}

async function verifyJson(code: number, ...argv: readonly string[]): Promise<ResultJson> {
  return JSON.parse(await verify(code, ...argv, "--json")) as ResultJson;
}

const outcome = ({ findings }: ResultJson, id: string): string | undefined =>
  findings.find((finding) => finding.id === id)?.outcome;

test("real machines are accepted, in whatever files they come", async () => {
  assert.match(await verify(0, "rome.bin"), /A genuine platform of AMD's \(Rome\)\./);
  const naples = await verify(0, ...ROLES.map((role) => `naples.${role}`), "naples.ask_ark", "-v");
  assert.match(naples, /\(Naples\)\. 1 thing is worth a look\./);
  assert.match(naples, /\[sev\.platform\.weak-key-agreement\]/);
  const one = await verifyJson(0, "rome.bin");
  const other = await verifyJson(0, ...ROLES.map((role) => `rome.${role}`), "rome.ask_ark");
  assert.equal(one.schema, "greenlight/verify-sev/v1");
  assert.equal(one.chainDigest, other.chainDigest);
  assert.equal(one.productLine, "Rome");
  assert.equal(await verify(0, "rome.bin", "-q"), "");
});

test("the other line's ASK, and a root that is nobody's, are refused", async () => {
  const out = await verify(1, "naples.bin", "rome.ask_ark");
  assert.match(out, /hint: AMD's ASK of Naples did sign it/);
  const forged = Uint8Array.from(AMD_SEV_ROOTS[1]!.ark.bytes);
  forged[700]! ^= 1;
  writeFileSync("forged.ark", forged);
  const result = await verifyJson(1, "rome.bin", "forged.ark");
  assert.equal(outcome(result, "sev.ark.not-pinned"), "fail");
  assert.equal(result.productLine, null);
});

test("AMD's first ARK of Naples, without its signature, is taken byte for byte only", async () => {
  const unsigned = fixtureSev("naples.ark-unsigned.cert");
  writeFileSync("unsigned.ark", unsigned);
  const out = await verify(0, "naples.bin", "unsigned.ark");
  assert.match(out, /"unsigned\.ark" holds the ARK of Naples without its signature/);
  unsigned[400]! ^= 1;
  writeFileSync("unsigned.ark", unsigned);
  const { code, err } = await greenlight("verify", "sev", "naples.bin", "unsigned.ark");
  assert.equal(code, 2);
  assert.match(err, /has 576 bytes, must have 832 or 1600/);
});

test("what is demanded: firmware, product line, owner", async () => {
  const { owner } = await verifyJson(0, "rome.bin");
  const rows: readonly (readonly [number, readonly string[]])[] = [
    [0, ["--minimum-api", "0.22"]],
    [0, ["--minimum-api", "0.17.22"]],
    [1, ["--minimum-api", "0.23"]],
    [3, ["--minimum-api", "0.22.5"]],
    [0, ["--minimum-api", "0.22.5", "--build", "5"]],
    [1, ["--minimum-api", "0.22.5", "--build", "4"]],
    [0, ["--product", "Rome", "--product", "Milan"]],
    [1, ["--product", "Milan"]],
    [0, ["--owner", owner ?? ""]],
    [0, ["--owner", "rome.oca"]],
    [1, ["--owner", "naples.oca"]],
    [0, ["--owner", "naples.oca", "--owner", "rome.bin"]],
  ];
  for (const [code, argv] of rows) await verify(code, "rome.bin", ...argv);
});

test("a host's own statement: the signed CEK is missing, and it is said where it is", async () => {
  const out = await verify(3, "capabilities.json", ...OFFLINE);
  assert.match(out, /https:\/\/kdsintf\.amd\.com\/cek\/id\/00010203/);
  await verify(0, "capabilities.json", ...OFFLINE, "--cek", "rome.cek");
  await verify(0, "capabilities.json", "rome.cek", ...OFFLINE);
  await verify(1, "capabilities.json", ...OFFLINE, "--cek", "naples.cek");
  const virsh = Object.entries(hostStatement()).map(([name, value]) => `${name} : ${value}\n`);
  writeFileSync("nodesevinfo.txt", virsh.join(""));
  const result = await verifyJson(3, "nodesevinfo.txt", ...OFFLINE);
  assert.match(result.cekUrl ?? "", /\/cek\/id\/0001/);
});

test("the signed CEK is fetched, once", async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.end(fixtureSev("rome.cek.cert"));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  try {
    const kds = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const where = ["--kds", kds, "--kds-cache", "cache"];
    const result = await verifyJson(0, "capabilities.json", ...where);
    assert.equal(outcome(result, "sev.platform.cek-mismatch"), "pass");
    await verify(0, "capabilities.json", ...where);
    await verify(0, "rome.bin", ...where);
    assert.deepEqual(asked, [`/cek/id/${CHIP.toString("hex")}`]);
    await verify(0, "capabilities.json", ...OFFLINE);
    // A chip that is named has to be the one, whether its CEK is signed or not.
    const named = ["--chip-id", CHIP.toString("hex"), ...OFFLINE];
    await verify(0, "rome.bin", ...named);
    const other = await verifyJson(1, "naples.bin", ...named);
    assert.equal(outcome(other, "sev.platform.cek-mismatch"), "fail");
    const unknown = await verifyJson(3, "rome.bin", "--chip-id", "11".repeat(64), ...OFFLINE);
    assert.equal(outcome(unknown, "sev.platform.cek-mismatch"), "unknown");
    assert.match(unknown.cekUrl ?? "", /\/cek\/id\/1111/);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test("unusable files and options are errors with a name", async () => {
  writeFileSync("other.bin", Buffer.alloc(100, 0x91));
  writeFileSync("cut.bin", fixtureSev("rome.pdh.cert").subarray(0, 2000));
  writeFileSync("bad.json", JSON.stringify({ pdh: "not base64!" }));
  writeFileSync("large.bin", Buffer.alloc(100_000, 1));
  writeFileSync(
    "two.bin",
    Buffer.concat([fixtureSev("rome.cek.cert"), fixtureSev("naples.cek.cert")]),
  );
  const rows: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /no certificates are given/],
    [["absent.bin"], /there is no such file/],
    [["other.bin"], /no certificate of SEV .*\(in "other\.bin"\)/],
    [["cut.bin"], /needs 2084 bytes, 2000 are there \(in "cut\.bin"\)/],
    [["bad.json"], /pdh of bad\.json: has/],
    [["large.bin"], /large\.bin/],
    [["-", "-"], /standard input is one file/],
    [["rome.bin", "--minimum-api", "1"], /MAJOR\.MINOR/],
    [["rome.bin", "--minimum-api", "1.256"], /MAJOR\.MINOR/],
    [["rome.bin", "--minimum-api", "1.2.3.4"], /MAJOR\.MINOR/],
    [["rome.bin", "--product", "Venice"], /choose one of: Naples, Rome/],
    [["rome.bin", "--owner", "rome.pdh"], /holds no OCA/],
    [["rome.bin", "--cek", "rome.pdh"], /holds no CEK/],
    [["rome.bin", "--cek", "two.bin"], /--cek: "two\.bin" holds another CEK/],
    [["rome.bin", "--simulator-root", "two.bin"], /holds another CEK/],
    [["rome.bin", "--chip-id", "00"], /--chip-id is not 64 bytes/],
    [["rome.bin", "--simulator-root", "rome.ask_ark"], /is AMD's own root/],
    [["rome.bin", "--simulator-root", "rome.pdh"], /has no ARK/],
    [["rome.bin", "--mnonce", "00"], /add --report FILE/],
    [["rome.bin", "--report", "rome.pdh"], /rome\.pdh: SEV_ATTESTATION_REPORT/],
    [["rome.bin", "--json", "-q"], /cannot be given together/],
    [["rome.bin", "--offline", "--kds", "https://a.example"], /cannot be given together/],
    [["rome.bin", "--kds", "http://a.example"], /not encrypted/],
  ];
  for (const [argv, message] of rows) {
    const { code, out, err } = await greenlight("verify", "sev", ...argv);
    assert.equal(code, 2, argv.join(" "));
    if (!argv.includes("--json")) assert.equal(out, "");
    assert.match(err, message);
    assert.match(err, /^greenlight verify sev: error: /);
  }
});

test("evidence that is a platform's certificate is sent here", async () => {
  const { code, out } = await greenlight("verify", "rome.bin", "--offline");
  assert.equal(code, 2);
  assert.match(out, /hint: these are certificates of SEV; see greenlight verify sev --help/);
});

test("a file that is called sev is evidence when it is written as a path", async () => {
  writeFileSync("sev", "nothing");
  const evidence = await greenlight("verify", "./sev", "--offline");
  assert.equal(evidence.code, 2);
  assert.match(evidence.out, /^\.\/sev: unreadable$/m);
  const { out } = await greenlight("help", "verify", "sev");
  assert.match(out, /^Usage: greenlight verify sev /);
});

test(
  "a simulator's platform and its report, only when its root is named",
  { skip: missingVectors("sev/sim/chain_full.bin") },
  async () => {
    writeFileSync("sim.bin", readVector("sev/sim/chain_full.bin"));
    writeFileSync("sim.report", readVector("sev/sim/attestation_report.bin"));
    const b64 = Buffer.from(readVector("sev/sim/attestation_report.bin")).toString("base64");
    writeFileSync("sim.b64", `${b64}\n`);
    assert.match(await verify(1, "sim.bin"), /AMD's of Milan, and another key/);
    const named = ["sim.bin", "--simulator-root", "sim.bin"];
    assert.match(await verify(0, ...named), /A simulator's platform, which proves nothing\./);
    await verify(1, ...named, "--product", "Milan");
    const digest = "70bab5e5b1d9ebd62172e69d79140398d0306824f301e913cea8cb6308846fe8";
    for (const report of ["sim.report", "sim.b64"]) {
      const expected = ["--measurement", digest, "--policy", "0x18000003"];
      const result = await verifyJson(0, ...named, "--report", report, ...expected);
      assert.equal(outcome(result, "sev.report.signature"), "pass");
      assert.equal(outcome(result, "sev.report.mnonce-mismatch"), "warn");
      assert.equal(result.report?.["launchDigest"], digest);
    }
    const mnonce = ["--mnonce", "00".repeat(16)];
    assert.match(await verify(1, ...named, "--report", "sim.report", ...mnonce), /mnonce-mismatch/);
    await verify(1, ...named, "--report", "sim.report", "--policy", "NODBG");
    const other = ["rome.bin", "--report", "sim.report"];
    assert.equal(outcome(await verifyJson(1, ...other), "sev.report.signature"), "fail");
  },
);
