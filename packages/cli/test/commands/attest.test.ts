// SPDX-License-Identifier: Apache-2.0
// `greenlight attest` over an imitation of the kernel's folder, with reports signed by a hierarchy of
// our own.

import assert from "node:assert/strict";
import { createHash, generateKeyPairSync } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { decodeEvidenceBundle } from "@greenlight/core/evidence";
import { certificateTable, createHierarchy } from "@greenlight/psp/hierarchy";
import { guest } from "../../../host/test/support/guest.ts";
import type { SevGuestOptions } from "../../../host/test/support/sev-guest.ts";
import { parse } from "../../src/command/parse.ts";
import { command } from "../../src/commands/attest/command.ts";
import { OPTIONS } from "../../src/commands/attest/options.ts";
import type { AttestOptions } from "../../src/commands/attest/options.ts";
import { attest } from "../../src/commands/attest/run.ts";
import { reportFailure } from "../../src/output/failure.ts";
import type { Io } from "../../src/output/io.ts";
import { greenlight } from "../support/capture.ts";
import type { Captured } from "../support/capture.ts";
import { shellWords } from "../support/folder.ts";
import { assertTidy } from "../support/lines.ts";

const hierarchy = createHierarchy({ line: "Milan" });
const vcek = hierarchy.vcek();

/** A guest whose reports are signed, and whose host gives the certificate. */
const SIGNED: SevGuestOptions = {
  report: ({ reportData, vmpl }) => vcek.report(3, { reportData, vmpl }),
  certificates: () =>
    certificateTable([
      { guid: "VCEK", bytes: vcek.der },
      { guid: "ASK", bytes: hierarchy.ask.der },
      { guid: "ARK", bytes: hierarchy.ark.der },
    ]),
};

let folder: string;
let nextFile = 0;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "greenlight-attest-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const file = (): string => join(folder, `evidence-${nextFile++}`);

/** Runs the command in a guest. */
async function inGuest(sev: SevGuestOptions, ...argv: readonly string[]): Promise<Captured> {
  let out = "";
  let err = "";
  const io: Io = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    colour: false,
    liveProgress: false,
  };
  const options = parse(command, argv).values;
  assert.ok(isAttestOptions(options));
  const { kernel } = guest(sev);
  let code: number;
  try {
    code = await attest(options, io, kernel);
  } catch (error) {
    code = await reportFailure(error, "attest", options.json, io);
  }
  assert.deepEqual(kernel.entries(), [], "no entry is left");
  return { code, out, err };
}

function isAttestOptions(values: object): values is AttestOptions {
  return Object.keys(OPTIONS).every((name) => name in values);
}

test("without --out the bundle is on standard output, and the talk says how to verify it", async () => {
  const { code, out, err } = await inGuest(SIGNED, "--report-data", "aabb");
  assert.equal(code, 0);
  const bundle = decodeEvidenceBundle(out);
  const expected = Buffer.alloc(64);
  expected.set([0xaa, 0xbb]);
  assert.deepEqual(Buffer.from(bundle.report.subarray(0x50, 0x90)), expected);
  assert.deepEqual(Buffer.from(bundle.reportData ?? []), expected);
  assert.equal(err, `next: greenlight verify - --report-data ${expected.toString("hex")}\n`);
});

test("with --out the forms are files, and what was written is told", async () => {
  const sizes = { report: 1184, extended: 1184 + (SIGNED.certificates?.(anyRequest).length ?? 0) };
  for (const form of ["report", "extended"] as const) {
    const path = file();
    const { code, out, err } = await inGuest(SIGNED, "--random", "--out", path, "--form", form);
    assert.equal(code, 0, err);
    const content = readFileSync(path);
    assert.equal(content.length, sizes[form]);
    const reportData = content.subarray(0x50, 0x90).toString("hex");
    assert.match(out, new RegExp(`^    ${reportData}$`, "m"), "random data is told");
    assert.ok(err.includes(`verify ${path} --report-data ${reportData}`));
    assertTidy(out);
  }
});

const anyRequest = { reportData: new Uint8Array(64), vmpl: 0, serial: 0 };

test("nonce and key are hashed as verify hashes them, and private keys are refused", async () => {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const path = file();
  writeFileSync(path, publicKey.export({ type: "spki", format: "pem" }));
  const { code, out, err } = await inGuest(SIGNED, "--nonce", "0x0102", "--key", path);
  assert.equal(code, 0, err);
  const expected = createHash("sha512")
    .update(Uint8Array.of(1, 2))
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest();
  assert.deepEqual(Buffer.from(decodeEvidenceBundle(out).reportData ?? []), expected);
  assert.equal(err, `next: greenlight verify - --nonce 0102 --key ${path}\n`);

  const secret = file();
  const pem = privateKey.export({ type: "pkcs8", format: "pem" });
  writeFileSync(secret, pem);
  const refused = await inGuest(SIGNED, "--nonce", "0102", "--key", secret);
  assert.equal(refused.code, 2);
  assert.match(refused.err, /is a private key\n {2}hint: .*-pubout/);
  assert.ok(!refused.err.includes(pem.split("\n")[1] ?? ""));
});

test("services: the bundle has the manifest, and other forms are refused", async () => {
  const manifest = Buffer.from("public area");
  const svsm = { "c476f1eb-0123-45a5-9641-b4e7dde5bfe3": manifest };
  const services = ["--service-provider", "svsm"];
  const nonce = "5a".repeat(64);
  const { code, out, err } = await inGuest(
    { ...SIGNED, vmpl: 2, svsm },
    ...services,
    "--nonce",
    nonce,
    "--service-guid",
    "c476f1eb-0123-45a5-9641-b4e7dde5bfe3",
  );
  assert.equal(code, 0, err);
  const bundle = decodeEvidenceBundle(out);
  assert.deepEqual(Buffer.from(bundle.manifest ?? []), manifest);
  assert.equal(bundle.serviceProvider, "svsm");
  assert.equal(err, `next: greenlight verify - --svsm --nonce ${nonce}\n`);
  for (const argv of [
    [...services, "--random", "--form", "report", "--out", file()],
    [...services, "--report-data", "00"],
    [...services, "--nonce", "00"],
    [...services, "--nonce", nonce, "--random"],
    services,
  ]) {
    assert.equal((await inGuest({ vmpl: 2, svsm }, ...argv)).code, 2, argv.join(" "));
  }
});

test("a level above 0 is told to the verifier", async () => {
  const { out, err } = await inGuest({ ...SIGNED, vmpl: 1 }, "--random");
  assert.equal(decodeEvidenceBundle(out).privilegeLevel, 1);
  assert.match(err, / --vmpl 1\n$/);
  const asked = await inGuest(SIGNED, "--random", "--privlevel", "3", "--out", file(), "--json");
  const json: unknown = JSON.parse(asked.out);
  assert.ok(typeof json === "object" && json !== null);
  assert.equal("privilegeLevel" in json && json.privilegeLevel, 3);
  assert.equal("schema" in json && json.schema, "greenlight/attest/v1");
  assert.equal(asked.err, "");
});

test("wrong usage is refused before the kernel is asked", async () => {
  const taken = file();
  writeFileSync(taken, "before");
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /give --report-data, or --random, or --nonce with --key/],
    [["--random", "--report-data", "00"], /--report-data and --random are both given/],
    [["--nonce", "00"], /--nonce alone/],
    [["--key", taken], /--key needs a nonce/],
    [["--report-data", "00".repeat(65)], /not 1 to 64 bytes/],
    [["--report-data", "0"], /not 1 to 64 bytes/],
    [["--random", "--form", "report"], /is not text\n {2}hint: add --out/],
    [["--random", "--out", taken], /exists\n {2}hint: .*--force/],
    [["--random", "--privlevel", "4"], /--privlevel is "4"/],
    [["--random", "--attempts", "0"], /--attempts is 0/],
    [["--random", "--service-guid", "x"], /no service provider/],
  ];
  for (const [argv, message] of wrong) {
    const sev = { report: () => assert.fail("a report was asked for") };
    const { code, out, err } = await inGuest(sev, ...argv);
    assert.equal(code, 2, argv.join(" "));
    assert.equal(out, "");
    assert.match(err, message);
  }
  assert.equal(readFileSync(taken, "utf8"), "before");
});

test("a level below the kernel's is wrong usage; a machine without evidence is exit code 3", async () => {
  const below = await inGuest({ vmpl: 2 }, "--random", "--privlevel", "1");
  assert.equal(below.code, 2);
  assert.match(below.err, /1 is below 2, the lowest this kernel may ask for/);
  const path = file();
  const busy = await inGuest({ answers: ["ETIMEDOUT"] }, "--random", "--json", "--out", path);
  assert.equal(busy.code, 3);
  assert.match(busy.out, /"code": "host-busy"/);
  assert.match(busy.err, /VMPCK.*restarts/);
  assert.equal(existsSync(path), false);
});

test("the system's own files: a folder that is no configfs", async () => {
  const { code, err } = await greenlight("attest", "--random", "--tsm", join(folder, "a", "b"));
  assert.equal(code, 3);
  assert.ok(err.includes(`configfs is not mounted at ${folder}`), err);
  const absent = await greenlight("attest", "--random", "--tsm", join(folder, "a", "b", "c"));
  assert.ok(absent.err.includes(`there is no ${join(folder, "a")}`), absent.err);
});

test("what it says to do next works: the verifier accepts the evidence, and nothing else", async () => {
  const root = file();
  writeFileSync(root, hierarchy.ark.der);
  const path = file();
  const { err } = await inGuest(SIGNED, "--random", "--out", path);
  const line = /^next: greenlight (.*)$/m.exec(err)?.[1] ?? "";
  const lab = ["--offline", "--simulator-root", root, "--at", "2026-08-01"];
  const accepted = await greenlight(...shellWords(line), ...lab);
  assert.equal(accepted.code, 0, `${accepted.out}${accepted.err}`);
  const other = await greenlight("verify", path, "--report-data", "00", ...lab);
  assert.equal(other.code, 1);
});
