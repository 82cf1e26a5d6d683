// SPDX-License-Identifier: Apache-2.0
// The portable checks in a bare JavaScript realm: no process, no Buffer, no require, no `node:`. A
// browser drives the same script: it leaves `portable.portableChecks(cases, files)` behind.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Script, createContext } from "node:vm";
import { fixtureFirmware, fixtureRows } from "../../../../fixtures/load.ts";
import { bundleForBrowser } from "../support/browser-bundle.ts";
import { madeFile } from "../support/made-files.ts";
import type { portableChecks } from "./suite.ts";

const SUITE = new URL("suite.ts", import.meta.url);
const CASES = new URL("../launch/expected-digests.json", import.meta.url);

test("the digest cases on the browser build, in a realm without Node", async (t) => {
  const { code, imports } = await bundleForBrowser(SUITE, { global: "portable" });
  assert.deepEqual(imports, []);
  // Everything a realm of ECMAScript alone does not have and every browser does.
  const realm = createContext({ TextEncoder, TextDecoder });
  new Script(`${code}\nglobalThis.checks = portable.portableChecks;`).runInContext(realm);
  const {
    checks,
    process,
    Buffer: buffer,
  } = realm as {
    readonly checks: typeof portableChecks;
    readonly process?: unknown;
    readonly Buffer?: unknown;
  };
  assert.deepEqual([process, buffer], [undefined, undefined]);

  const files: Record<string, Uint8Array> = {};
  for (const { name } of fixtureRows) files[name] = fixtureFirmware(name);
  for (const name of ["empty.bin", "kernel-small.bin", "initrd-small.bin"]) {
    files[name] = madeFile(name)!;
  }
  const all = checks(readFileSync(CASES, "utf8"), files);
  assert.ok(all.length > 50);
  for (const { name, run } of all) await t.test(name, () => assert.equal(run(), null));
});
