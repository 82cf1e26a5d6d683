// SPDX-License-Identifier: Apache-2.0
// The built explorer, opened from a file in a Chromium. Every request and every error on the page is
// kept, because there must be none.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { buildPage } from "../../build/page.ts";
import { samples } from "../../build/samples.ts";
import { startChromium } from "./chromium.ts";

/** A file to give to the page. */
export interface TestFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The page in a browser. */
export interface Explorer {
  readonly page: Page;
  /** Gives files through the file chooser, and waits until they are read. */
  give(...files: readonly TestFile[]): Promise<void>;
  /** The verdict's first word, once verification is done. */
  verdict(): Promise<string>;
  /** Ends it; fails when anything was requested, logged or thrown. */
  close(): Promise<void>;
}

/** Builds the page once and starts one browser for all tests of a file, which go with it. */
export function explorerTests(): (options?: BrowserContextOptions) => Promise<Explorer> {
  const folder = mkdtempSync(join(tmpdir(), "greenlight-explorer-"));
  const path = join(folder, "explorer.html");
  let browser: Promise<Browser> | undefined;
  let built: Promise<void> | undefined;
  after(async () => {
    await (await browser)?.close();
    rmSync(folder, { recursive: true });
  });
  return async (options = {}) => {
    browser ??= startChromium();
    built ??= buildPage(samples()).then(({ html }) => writeFileSync(path, html));
    await built;
    return open(await browser, pathToFileURL(path).href, options);
  };
}

/** Opens a page; also for scripts that make pictures of it. */
export async function open(
  browser: Browser,
  url: string,
  options: BrowserContextOptions,
): Promise<Explorer> {
  const context = await browser.newContext({ viewport: { width: 1240, height: 900 }, ...options });
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on("request", (request) => {
    // The page itself, and what it makes itself.
    if (request.url() !== url && !/^(blob|data):/.test(request.url())) {
      troubles.push(`requested ${request.url()}`);
    }
  });
  page.on("console", (message) => troubles.push(`logged ${message.text()}`));
  page.on("pageerror", (error) => troubles.push(`threw ${error.message}`));
  await page.goto(url);
  return {
    page,
    async give(...files) {
      const before = await page.locator(".files > li").count();
      await page.setInputFiles(
        ".choose input",
        files.map(({ name, bytes }) => ({
          name,
          mimeType: "application/octet-stream",
          buffer: Buffer.from(bytes),
        })),
      );
      await page
        .locator(".files > li")
        .nth(before + files.length - 1)
        .waitFor();
    },
    async verdict() {
      const word = page.locator("#verdict b");
      await word.waitFor();
      return ((await word.textContent()) ?? "").replace(/\.$/, "");
    },
    async close() {
      await context.close();
      assert.deepEqual(troubles, []);
    },
  };
}
