// SPDX-License-Identifier: Apache-2.0
// The portable checks of core in a real browser: the digest cases, and every SEV-SNP vector with the
// browser's own cryptography.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { fixtureFirmware, fixtureRows } from "../../../fixtures/load.ts";
import { bundleForBrowser } from "../../core/test/support/browser-bundle.ts";
import { madeFile } from "../../core/test/support/made-files.ts";
import { snpVectors } from "../../core/test/support/snp-vectors.ts";
import { missingVectors } from "../../core/test/support/vectors.ts";
import { missingChromium, startChromium } from "./support/chromium.ts";

const CORE_TESTS = new URL("../../core/test/", import.meta.url);
const folder = mkdtempSync(join(tmpdir(), "greenlight-portable-"));
let browser: Promise<Browser> | undefined;
after(async () => {
  await (await browser)?.close();
  rmSync(folder, { recursive: true });
});

/** A page from a file with a bundle of core in it: as secure a context as the explorer has. */
async function pageWith(module: string): Promise<Page> {
  const url = new URL(`portable/${module}.ts`, CORE_TESTS);
  const { code } = await bundleForBrowser(url, { global: "portable" });
  const path = join(folder, `${module}.html`);
  writeFileSync(path, "<!doctype html><title>portable checks</title>");
  browser ??= startChromium();
  const page = await (await browser).newPage();
  await page.goto(pathToFileURL(path).href);
  await page.addScriptTag({ content: code });
  return page;
}

/** Runs a suite with its files in the page; what is wrong, by the name of the check. */
async function runInPage(
  page: Page,
  entry: string,
  text: string,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<readonly { readonly name: string; readonly wrong: string | null }[]> {
  const carried = Object.entries(files).map(([name, bytes]) => ({
    name,
    base64: Buffer.from(bytes).toString("base64"),
  }));
  return page.evaluate(
    async ({ entry: name, text: cases, carried: all }) => {
      interface Check {
        readonly name: string;
        readonly run: () => string | null | Promise<string | null>;
      }
      type Suite = (cases: string, files: Readonly<Record<string, Uint8Array>>) => readonly Check[];
      const { portable } = globalThis as unknown as { readonly portable: Record<string, Suite> };
      const bytesOf = (base64: string) =>
        Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const given = Object.fromEntries(all.map((file) => [file.name, bytesOf(file.base64)]));
      const results = [];
      for (const check of portable[name]!(cases, given)) {
        results.push({ name: check.name, wrong: await check.run() });
      }
      return results;
    },
    { entry, text, carried },
  );
}

test("the digest cases, in Chromium", { skip: missingChromium() }, async (t) => {
  const files: Record<string, Uint8Array> = {};
  for (const { name } of fixtureRows) files[name] = fixtureFirmware(name);
  for (const name of ["empty.bin", "kernel-small.bin", "initrd-small.bin"]) {
    files[name] = madeFile(name)!;
  }
  const cases = readFileSync(new URL("launch/expected-digests.json", CORE_TESTS), "utf8");
  const page = await pageWith("suite");
  const results = await runInPage(page, "portableChecks", cases, files);
  assert.ok(results.length > 50);
  for (const { name, wrong } of results) {
    await t.test(name, () => assert.equal(wrong, null));
  }
});

const skip = missingChromium() || missingVectors("snp/index.json");
test("every SEV-SNP vector, in Chromium", { skip }, async (t) => {
  const { index, files } = snpVectors();
  const page = await pageWith("snp-verdicts");
  const results = await runInPage(page, "verdictChecks", index, files);
  assert.ok(results.length >= 120, `${results.length} checks`);
  for (const { name, wrong } of results) {
    await t.test(name, () => assert.equal(wrong, null));
  }
});
