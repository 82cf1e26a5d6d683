// SPDX-License-Identifier: Apache-2.0
// `greenlight kds`: from a server into the cache, into a folder, and into another cache.

import assert from "node:assert/strict";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { hexEncode } from "@greenlight/core/bytes";
import { kdsPath } from "@greenlight/core/endorsement";
import type { KdsAddress } from "@greenlight/core/endorsement";
import { chipId } from "@greenlight/psp/hierarchy";
import { answerOf, hierarchyOf, pem } from "../support/fake-kds.ts";
import type { FakeKds } from "../support/fake-kds.ts";
import { greenlight } from "../support/capture.ts";
import { enterTemporaryFolder } from "../support/temporary.ts";
import { enterKdsExamples, setVariable } from "../support/kds-examples.ts";

let kds: FakeKds;
let leave: () => void;
beforeEach(async () => {
  const out = enterTemporaryFolder();
  const examples = await enterKdsExamples();
  kds = examples.kds;
  leave = () => {
    examples.leave();
    out();
  };
});
afterEach(() => leave());

interface FetchJson {
  readonly schema: string;
  readonly reports: number;
  readonly items: readonly {
    readonly kind: string;
    readonly path: string;
    readonly reports: number;
    readonly outcome: string;
    readonly note?: string;
    readonly error?: { readonly code: string; readonly hint?: string };
  }[];
  readonly without: readonly { readonly name: string; readonly reason: string }[];
}

async function fetchJson(...argv: readonly string[]): Promise<{ code: number; json: FetchJson }> {
  const { code, out, err } = await greenlight("kds", "fetch", "--json", "--pace", "0", ...argv);
  assert.equal(err.replaceAll(/^greenlight: .*\n/gm, ""), "");
  return { code, json: JSON.parse(out) as FetchJson };
}

test("fetches what a report needs, and nothing twice", async () => {
  const first = await fetchJson("report.bin", "--crl");
  assert.equal(first.code, 0);
  assert.equal(first.json.schema, "greenlight/kds-fetch/v1");
  assert.deepEqual(
    first.json.items.map(({ kind, outcome }) => [kind, outcome]),
    [
      ["VCEK", "fetched"],
      ["CRL", "fetched"],
    ],
  );
  const asked = kds.requests.length;
  const second = await fetchJson("report.bin", "--crl");
  assert.deepEqual(
    second.json.items.map(({ outcome }) => outcome),
    ["at-hand", "at-hand"],
  );
  assert.equal(kds.requests.length, asked);
  const again = await fetchJson("report.bin", "--refresh");
  assert.equal(again.json.items[0]?.outcome, "fetched");
});

test("many reports of one chip are one request, a folder's other files are passed over", async () => {
  mkdirSync("reports");
  const milan = hierarchyOf("Milan");
  const turin = hierarchyOf("Turin");
  for (let i = 0; i < 5; i++) {
    writeFileSync(`reports/a${i}.bin`, milan.vcek().report(3, { guestSvn: i }));
    writeFileSync(`reports/t${i}.bin`, turin.vcek().report());
  }
  writeFileSync("reports/vlek.bin", milan.vlek().report());
  writeFileSync("reports/notes.txt", "nothing of interest");
  const { code, json } = await fetchJson("reports");
  assert.equal(code, 0);
  assert.equal(json.reports, 11);
  assert.deepEqual(
    json.items.filter(({ kind }) => kind === "VCEK").map(({ reports }) => reports),
    [5, 5],
  );
  assert.deepEqual(
    json.without.map(({ name }) => name.replace("reports/", "")),
    ["notes.txt", "vlek.bin"],
  );
  assert.match(json.without[1]?.reason ?? "", /signed with a VLEK/);
});

test("a report of version 2 is asked for under Milan and then Genoa", async () => {
  writeFileSync("v2.bin", hierarchyOf("Genoa").vcek().report(2));
  kds.misbehave.push({ status: 404 });
  const { code, json } = await fetchJson("v2.bin");
  assert.equal(code, 0);
  assert.match(json.items[0]?.path ?? "", /^\/vcek\/v1\/Genoa\//);
  assert.deepEqual(
    kds.requests.map((path) => path.split("/")[3]),
    ["Milan", "Genoa"],
  );
  const given = await fetchJson("v2.bin", "--line", "Bergamo");
  assert.equal(given.json.items[0]?.outcome, "at-hand");
});

test("a chip can be named, and a URL given as other tools print it", async () => {
  const chip = hexEncode(chipId("Turin", "7"));
  const tcb = "fmc=1,bl=1,tee=1,snp=4,ucode=81";
  const named = await fetchJson("--line", "turin", "--chip", chip, "--tcb", tcb);
  assert.equal(named.code, 0);
  const digits = await fetchJson(
    "--line",
    "Turin",
    "--chip",
    chip.slice(0, 16),
    "--tcb",
    "0101010400000051",
  );
  assert.equal(digits.json.items[0]?.path, named.json.items[0]?.path);
  const url = `https://kdsintf.amd.com${named.json.items[0]?.path}`;
  const byUrl = await fetchJson(url.replace("fmcSPL=1", "fmcSPL=01"));
  assert.equal(byUrl.json.items[0]?.outcome, "at-hand");
});

test("what is missing is told with a hint, exit code 3, and the rest is there", async () => {
  kds.misbehave.push({ status: 404 });
  const { code, json } = await fetchJson("report.bin", "--crl");
  assert.equal(code, 3);
  assert.equal(json.items[0]?.error?.code, "not-found");
  assert.equal(json.items[1]?.outcome, "fetched");
  kds.misbehave.push({ status: 404 });
  const text = await greenlight("kds", "fetch", "report.bin");
  assert.match(text.out, /missing +the VCEK of Milan[^]*hint: it knows no such chip/);
});

test("when the server refuses, the rest is not asked for, and the next run goes on", async () => {
  mkdirSync("reports");
  for (let i = 0; i < 4; i++) {
    const vcek = hierarchyOf("Milan").vcek({ chipId: chipId("Milan", String(i)) });
    writeFileSync(`reports/${i}.bin`, vcek.report());
  }
  await fetchJson("reports/0.bin");
  kds.misbehave.push({ status: 429, headers: { "retry-after": "3600" } });
  const { code, json } = await fetchJson("reports", "--kds-timeout", "5");
  assert.equal(code, 3);
  assert.deepEqual(
    json.items.map(({ outcome, error }) => error?.code ?? outcome),
    ["at-hand", "throttled", "throttled", "throttled"],
  );
  assert.equal(kds.requests.length, 2);
  assert.equal((await fetchJson("reports")).code, 0);
  assert.equal(kds.requests.length, 5);
});

test("an unreachable server is told as that", async () => {
  kds.stop();
  const { code, json } = await fetchJson("report.bin", "--kds-timeout", "1");
  assert.equal(code, 3);
  assert.ok(["unreachable", "deadline"].includes(json.items[0]?.error?.code ?? ""));
});

test("from the cache into a folder, and from there into another cache without network", async () => {
  await fetchJson("report.bin", "--crl");
  await fetchJson("--line", "Genoa", "--crl");
  const exported = await greenlight("kds", "export", "out");
  assert.equal(exported.code, 0);
  assert.match(exported.out, /3 written, 0 there already\n$/);
  const again = await greenlight("kds", "export", "out");
  assert.match(again.out, /0 written, 3 there already\n$/);
  const milanOnly = await greenlight("kds", "export", "milan", "--line", "Milan", "--json");
  const { files } = JSON.parse(milanOnly.out) as { files: readonly { file: string }[] };
  assert.equal(files.length, 2);
  const asked = kds.requests.length;
  const imported = await greenlight("kds", "import", "out", "--kds-cache", "other");
  assert.equal(imported.code, 0, imported.err);
  assert.match(imported.out, /3 kept, 0 there already, 0 not needed, 0 refused\n$/);
  const there = await fetchJson("report.bin", "--crl", "--kds-cache", "other");
  assert.deepEqual(
    there.json.items.map(({ outcome }) => outcome),
    ["at-hand", "at-hand"],
  );
  assert.equal(kds.requests.length, asked);
});

test("fetch --out fills a folder as it goes, and goes on where it ended", async () => {
  kds.misbehave.push({ status: 404 });
  const { code } = await fetchJson("report.bin", "--crl", "--out", "out");
  assert.equal(code, 3);
  const manifest = (): readonly { file: string; sha256: string }[] =>
    (JSON.parse(readFileSync("out/manifest.json", "utf8")) as { files: [] }).files;
  assert.deepEqual(
    manifest().map(({ file }) => file),
    ["crl/Milan-vcek.crl"],
  );
  assert.equal((await fetchJson("report.bin", "--crl", "--out", "out")).code, 0);
  assert.equal(manifest().length, 2);
  for (const { file } of manifest()) assert.ok(existsSync(join("out", file)));
});

test("an export does not write over what it did not write", async () => {
  await fetchJson("report.bin", "--out", "out");
  const { file } = (
    JSON.parse(readFileSync("out/manifest.json", "utf8")) as { files: [{ file: string }] }
  ).files[0];
  writeFileSync(join("out", file), "something else");
  const refused = await greenlight("kds", "export", "out");
  assert.equal(refused.code, 2);
  assert.match(refused.err, /holds something else/);
  assert.equal((await greenlight("kds", "export", "out", "--force")).code, 0);
  writeFileSync("out/manifest.json", "{}");
  assert.equal((await greenlight("kds", "export", "out")).code, 2);
});

test("an import compares files with the manifest, and says which are not right", async () => {
  await fetchJson("report.bin", "--crl", "--out", "out");
  cpSync("out", "bad", { recursive: true });
  writeFileSync("bad/crl/Milan-vcek.crl", hierarchyOf("Milan").crl({ number: 99n }));
  writeFileSync("bad/extra.der", hierarchyOf("Milan").vcek().der);
  const { code, out } = await greenlight("kds", "import", "bad", "--kds-cache", "other");
  assert.equal(code, 1);
  assert.match(out, /refused +bad\/crl\/Milan-vcek.crl[^]*SHA-256 is not the one/);
  assert.match(out, /refused +bad\/extra.der[^]*does not list it/);
  assert.match(out, /1 kept, 0 there already, 0 not needed, 2 refused\n$/);
  rmSync("out/crl", { recursive: true });
  const missing = await greenlight("kds", "import", "out", "--kds-cache", "other");
  assert.equal(missing.code, 1);
  assert.match(missing.out, /lists it and it is not\s+there/);
});

test("an import reads Trustee's store, and finds a VCEK under the name of another TCB", async () => {
  const good = await greenlight("kds", "import", "kds-store", "--json");
  assert.equal(good.code, 0);
  const { files } = JSON.parse(good.out) as { files: readonly { outcome: string; path: string }[] };
  assert.deepEqual(
    files.map(({ outcome }) => outcome),
    ["kept", "kept"],
  );
  const vcek = hierarchyOf("Milan").vcek();
  const folder = join("kds-store", "vcek", hexEncode(vcek.chipId));
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  writeFileSync(join(folder, "vcek.der"), vcek.der);
  assert.match((await greenlight("kds", "import", "kds-store")).out, /2 there already/);
  renameSync(join(folder, "vcek.der"), join(folder, "bl01_tee00_snp01_ucode01_vcek.der"));
  const wrong = await greenlight("kds", "import", "kds-store");
  assert.equal(wrong.code, 1);
  assert.match(wrong.out, /of another TCB than its name says/);
});

test("an import says what each loose file is", async () => {
  const milan = hierarchyOf("Milan");
  mkdirSync("loose");
  writeFileSync("loose/1-ark.der", milan.ark.der);
  writeFileSync("loose/2-ask.pem", pem(milan.ask.der));
  writeFileSync("loose/3-vlek.der", milan.vlek().der);
  writeFileSync("loose/4-old.crl", milan.crl({ thisUpdate: 1e12, nextUpdate: 1.1e12 }));
  writeFileSync("loose/5-broken.der", "x");
  const { code, out } = await greenlight("kds", "import", "loose/4-old.crl", "loose");
  assert.equal(code, 1);
  assert.match(out, /unused +loose\/1-ark.der: ARK of Milan, which is pinned/);
  assert.match(out, /kept +loose\/2-ask.pem: VCEK chain of Milan/);
  assert.match(out, /unused +loose\/3-vlek.der: VLEK of "CN=cc-simulator[^]*--certs/);
  assert.match(out, /kept +loose\/4-old.crl: VCEK revocation list of Milan/);
  assert.match(out, /refused +loose\/5-broken.der/);
  const named = await greenlight("kds", "import", "loose/5-broken.der");
  assert.equal(named.code, 2);
  const list: KdsAddress = { kind: "CRL", line: "Milan", endorser: "vcek" };
  writeFileSync("new.crl", answerOf(list));
  await greenlight("kds", "import", "new.crl");
  const older = await greenlight("kds", "import", "loose/4-old.crl");
  assert.match(older.out, /older +loose\/4-old.crl[^]*a later one is kept/);
});

test("an old list that was imported is fetched again when there is a network", async () => {
  const day = 86_400_000;
  const thisUpdate = Math.floor(Date.now() / 1000) * 1000 - 5 * day;
  const crl = hierarchyOf("Milan").crl({ thisUpdate, nextUpdate: thisUpdate + 40 * day });
  writeFileSync("list.crl", crl);
  await greenlight("kds", "import", "list.crl");
  const { json } = await fetchJson("--line", "Milan", "--crl");
  assert.equal(json.items[0]?.outcome, "fetched");
});

const WRONG: readonly (readonly [what: string, argv: readonly string[], message: RegExp])[] = [
  ["nothing to fetch", ["fetch"], /nothing to fetch/],
  ["a line that needs nothing", ["fetch", "--line", "Milan"], /certificates are carried/],
  ["an unknown line", ["fetch", "--line", "Rome", "--crl"], /Bergamo and Siena are Genoa/],
  ["a chip without TCB", ["fetch", "--line", "Milan", "--chip", "00"], /belong together/],
  [
    "a short chip id",
    ["fetch", "--line", "Milan", "--chip", "00", "--tcb", "0000000000000000"],
    /--chip/,
  ],
  [
    "a TCB of another line",
    ["fetch", "--line", "Milan", "--chip", "00".repeat(64), "--tcb", "fmc=1"],
    /fmc does not exist/,
  ],
  [
    "half a TCB",
    ["fetch", "--line", "Milan", "--chip", "00".repeat(64), "--tcb", "bl=1"],
    /is missing/,
  ],
  [
    "reserved bytes",
    ["fetch", "--line", "Milan", "--chip", "00".repeat(64), "--tcb", "0101010400000051"],
    /reserved/,
  ],
  ["a URL of something else", ["fetch", "https://example.com/"], /no address of the KDS/],
  ["a file that is no report", ["fetch", "vcek.der"], /vcek.der/],
  ["a file that is not there", ["fetch", "missing.bin"], /no such file/],
  [
    "a mirror without encryption",
    ["fetch", "report.bin", "--kds", "http://kds.example"],
    /not encrypted/,
  ],
  ["no time", ["fetch", "report.bin", "--kds-timeout", "0"], /--kds-timeout/],
  ["an empty cache", ["export", "out"], /has nothing/],
  ["an unknown line to export", ["export", "out", "--line", "Rome"], /--line/],
  ["nothing to import", ["import", "missing"], /no such file/],
];
for (const [what, argv, message] of WRONG) {
  test(`wrong usage: ${what}`, async () => {
    const { code, err, out } = await greenlight("kds", ...argv);
    assert.equal(code, 2, out);
    assert.match(err, message);
    assert.doesNotMatch(err, /internal error/);
  });
}

test("a server in the environment has to be one, too", async () => {
  const undo = setVariable("GREENLIGHT_KDS", "not a url");
  const { code, err } = await greenlight("kds", "fetch", "report.bin");
  undo();
  assert.equal(code, 2);
  assert.match(err, /GREENLIGHT_KDS/);
});

test("addresses asked for are those of the KDS", async () => {
  await fetchJson("report.bin");
  const { chipId: id, tcb } = hierarchyOf("Milan").vcek();
  assert.deepEqual(kds.requests, [kdsPath({ kind: "VCEK", line: "Milan", hwId: id, tcb })]);
});
