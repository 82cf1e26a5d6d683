// SPDX-License-Identifier: Apache-2.0
// The bundle as it is published: it computes what the sources compute, and the compiled code it keeps
// in the user's cache changes nothing but the time.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fixtureFirmware } from "../../fixtures/load.ts";
import { bundle } from "../lib/bundle.ts";
import { root } from "../lib/process.ts";

const folder = mkdtempSync(join(tmpdir(), "greenlight-bundle-"));
after(() => rmSync(folder, { recursive: true }));
const dist = join(folder, "dist");
await bundle(dist);
const firmware = join(folder, "OVMF.fd");
writeFileSync(firmware, fixtureFirmware("OVMF.amdsev-2026.08.fd"));
const measure = ["measure", "--ovmf", firmware, "--vcpus", "2", "--vcpu-type", "EPYC-v4"];

function run(script: string, args: readonly string[], home: string | undefined): string {
  const env = { PATH: process.env["PATH"], ...(home === undefined ? {} : { HOME: home }) };
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, ...args], {
    encoding: "utf8",
    env,
  });
  return `${status} ${stdout}${stderr}`;
}

const published = join(dist, "greenlight.js");
const expected = run(join(root, "packages/cli/bin/greenlight.js"), measure, folder);

const cacheOf = (home: string): string =>
  join(home, ".cache", "greenlight", `node-${process.version}-${process.arch}`);

/** A home of its own for each test. */
const makeHome = (): string => mkdtempSync(join(folder, "home-"));

test("the bundle prints what the sources print, with and without a place for its cache", () => {
  assert.match(expected, /^0 [0-9a-f]{96}\n$/);
  assert.equal(run(published, measure, makeHome()), expected);
  assert.equal(run(published, measure, undefined), expected);
});

test("compiled code is kept for the user alone, and used as it is from then on", () => {
  const home = makeHome();
  run(published, measure, home);
  const cache = cacheOf(home);
  assert.equal(statSync(cache).mode & 0o777, 0o700);
  const names = readdirSync(cache);
  assert.deepEqual(names.map((name) => name.replace(/-.*/, "")).toSorted(), ["main", "measure"]);
  const changed = names.map((name) => statSync(join(cache, name)).mtimeMs);
  assert.equal(run(published, measure, home), expected);
  assert.deepEqual(readdirSync(cache), names);
  assert.deepEqual(
    names.map((name) => statSync(join(cache, name)).mtimeMs),
    changed,
  );
});

test("compiled code that is damaged or of something else is replaced", () => {
  const home = makeHome();
  run(published, measure, home);
  const cache = cacheOf(home);
  const files = readdirSync(cache).map((name) => join(cache, name));
  const whole = files.map((file) => readFileSync(file));
  const wrongs = [
    (bytes: Uint8Array) => bytes.subarray(0, bytes.length >> 1),
    () => new Uint8Array(0),
    () => new Uint8Array(5000).fill(0x41),
    (_: Uint8Array, i: number) => whole[(i + 1) % whole.length]!,
  ];
  for (const wrong of wrongs) {
    files.forEach((file, i) => writeFileSync(file, wrong(whole[i]!, i)));
    assert.equal(run(published, measure, home), expected);
    assert.ok(files.every((file) => readFileSync(file).length > 10_000));
  }
});

test("a cache that others could write to or replace is not touched", () => {
  const aboveCache = (home: string): string => join(home, ".cache");
  for (const folderOf of [cacheOf, (home: string) => dirname(cacheOf(home)), aboveCache]) {
    const home = makeHome();
    run(published, measure, home);
    const cache = cacheOf(home);
    const files = readdirSync(cache).map((name) => join(cache, name));
    assert.ok(files.length > 0);
    for (const file of files) writeFileSync(file, "x");
    chmodSync(folderOf(home), 0o722);
    assert.equal(run(published, measure, home), expected);
    for (const file of files) assert.equal(readFileSync(file, "utf8"), "x");
  }
});

test("a command that fails keeps nothing", () => {
  const home = makeHome();
  assert.match(run(published, ["measure", "--ovmf", folder], home), /^2 greenlight measure: error/);
  assert.equal(existsSync(cacheOf(home)), false);
});
